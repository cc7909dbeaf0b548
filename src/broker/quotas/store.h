#pragma once
// The limits that are set, kept on disk.

#include <memory>
#include <mutex>
#include <vector>

#include "base/file.h"
#include "broker/quotas/table.h"

namespace takhin::broker::quotas {

/// Entities that may have limits.
inline constexpr std::size_t kEntitiesMax = 10'000;
/// Longest name of a user or client id that gets one.
inline constexpr std::size_t kNameBytesMax = 1'024;

struct Change {
  Entity entity;
  Quota quota = Quota::kProduce;
  std::optional<double> limit;  // nothing: it goes
};

/// Any thread.
class Store {
 public:
  /// kCorrupt with the line's number.
  static Result<std::unique_ptr<Store>> open(FileSystem& files, std::string path);
  std::shared_ptr<const Table> table() const;
  /// All or none; durable on return. kExhausted beyond kEntitiesMax. Limits are larger than 0.
  Result<> apply(const std::vector<Change>& changes);

 private:
  Store(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Result<> load();
  Result<> keep(const Table::Map& all) const;

  FileSystem& files_;
  const std::string path_;
  std::mutex change_mutex_;    // one writer of the file
  mutable std::mutex mutex_;   // guards the one below
  std::shared_ptr<const Table> table_ = std::make_shared<const Table>(Table::Map{});
};

}  // namespace takhin::broker::quotas
