// Runs the object store contract on memory, on a local directory, and on the S3 stores that TAKHIN_TEST_S3 names:
//   NAME=http://ACCESS_KEY:SECRET_KEY@HOST:PORT/BUCKET,...   (or https, trusting the certificates in TAKHIN_TEST_S3_CA)
// tests/servers/with_s3.sh starts real ones and sets it.

#include <gtest/gtest.h>

#include <cstdio>

#include "object/local_dir.h"
#include "object/memory.h"
#include "object/metered.h"
#include "object/prefixed.h"
#include "object/retrying.h"
#include "object/s3.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "os/random.h"
#include "testing/temp_dir.h"
#include "tests/contract/object_store_contract.h"

namespace takhin::contract {
namespace {

using namespace takhin::object;

class OnMachine : public StoreUnderTest {
 public:
  Clock& clock() override { return clock_; }

 protected:
  os::SystemClock clock_;
  os::SystemRandom random_;
};

class Memory final : public OnMachine {
 public:
  ObjectStore& store() override { return store_; }

 private:
  MemoryStore store_{clock_};
};

class LocalDir final : public OnMachine {
 public:
  LocalDir() : store_(*LocalDirStore::open(files_, clock_, random_, directory_.path())) {}
  ObjectStore& store() override { return *store_; }

 private:
  testing::TempDir directory_;
  os::PosixFileSystem files_;
  const std::unique_ptr<LocalDirStore> store_;
};

/// The wrappers must keep the contract of what they wrap.
class Wrapped final : public OnMachine {
 public:
  ObjectStore& store() override { return prefixed_; }

 private:
  MemoryStore memory_{clock_};
  RequestMeter meter_;
  MeteredStore metered_{memory_, meter_, clock_};
  RetryingStore retrying_{metered_, RetryPolicy{}, clock_, random_};
  PrefixedStore prefixed_{retrying_, "some/prefix"};
};

class S3 final : public OnMachine {
 public:
  explicit S3(const S3Options& options)
      : credentials_(options.keys), store_(*open_s3(options, credentials_, clock_, random_, meter_)) {}
  ObjectStore& store() override { return *store_; }

 private:
  StaticCredentials credentials_;
  RequestMeter meter_;
  const std::unique_ptr<ObjectStore> store_;
};

StoreCase s3_case(std::string_view text) {
  const auto bad = [&] {
    std::fprintf(stderr, "TAKHIN_TEST_S3: not NAME=http://ACCESS_KEY:SECRET_KEY@HOST:PORT/BUCKET\n");
    std::exit(2);
  };
  const auto equals = text.find('=');
  const auto scheme = text.find("://");
  const auto at = text.rfind('@');
  const auto slash = text.rfind('/');
  if (equals > scheme || scheme > at || at > slash || slash == std::string_view::npos) bad();
  const std::string_view keys = text.substr(scheme + 3, at - scheme - 3);
  const auto colon = keys.find(':');
  if (colon == std::string_view::npos) bad();
  S3Options options;
  options.keys.access_key = keys.substr(0, colon);
  options.keys.secret_key = keys.substr(colon + 1);
  options.endpoint =
      std::string(text.substr(equals + 1, scheme + 3 - equals - 1)) + std::string(text.substr(at + 1, slash - at - 1));
  options.bucket = text.substr(slash + 1);
  options.part_bytes = kPartBytesMin;
  options.http.ca_file = os::environment()["TAKHIN_TEST_S3_CA"];
  StoreCase store_case{.name = std::string(text.substr(0, equals)),
                       .open = [options] { return std::make_unique<S3>(options); }};
  store_case.finds_uploads_by_prefix = store_case.name.find("minio") == std::string::npos;
  return store_case;
}

std::vector<StoreCase> make_cases(std::string_view s3) {
  std::vector<StoreCase> out = {
      {.name = "memory", .open = [] { return std::make_unique<Memory>(); }},
      {.name = "local_dir", .open = [] { return std::make_unique<LocalDir>(); }},
      {.name = "wrapped", .open = [] { return std::make_unique<Wrapped>(); }},
  };
  if (s3.empty()) std::puts("object_contract_test: no S3 store given (TAKHIN_TEST_S3 is empty), so none is tested");
  while (!s3.empty()) {
    const auto end = std::min(s3.find(','), s3.size());
    out.push_back(s3_case(s3.substr(0, end)));
    s3.remove_prefix(std::min(end + 1, s3.size()));
  }
  return out;
}

/// GoogleTest asks once for every test of the suite.
const std::vector<StoreCase>& cases() {
  static const std::vector<StoreCase> all = make_cases(os::environment()["TAKHIN_TEST_S3"]);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreContract, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace takhin::contract
