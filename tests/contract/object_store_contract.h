#pragma once
// What every object store must do, as one suite of tests with the store as parameter.

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "object/store.h"

namespace takhin::contract {

/// A store and what it stands on, gone together.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual object::ObjectStore& store() = 0;
  virtual Clock& clock() = 0;
};

struct StoreCase {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> open;
  /// What the store leaves open; a test that needs more is skipped and says so.
  bool finds_uploads_by_prefix = true;  // MinIO lists the unfinished uploads of whole keys only
  bool reports_crc32c = true;
  bool dates_uploads = true;                  // moto says that all began in 2010
  bool takes_puts_of_one_key_at_once = true;  // moto answers 500 to some
};
inline void PrintTo(const StoreCase& store_case, std::ostream* out) { *out << store_case.name; }

class ObjectStoreContract : public ::testing::TestWithParam<StoreCase> {
 protected:
  void SetUp() override;
  void TearDown() override;

  object::ObjectStore& store() { return opened_->store(); }
  Deadline soon() { return Deadline::in(opened_->clock(), std::chrono::minutes(2)); }
  /// A key of this test's own.
  object::ObjectKey key(std::string_view name) const { return {prefix_ + std::string(name)}; }
  std::vector<std::string> listed(std::string_view prefix = "", std::string_view after = "");
  void put_text(std::string_view name, std::string_view text);
  Result<std::string> text_at(std::string_view name);

  std::unique_ptr<StoreUnderTest> opened_;
  std::string prefix_;
};

}  // namespace takhin::contract
