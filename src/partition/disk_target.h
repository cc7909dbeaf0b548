#pragma once
// How much of the log local disk should hold, and what leaves early when it holds more: a pure decision over all partitions.

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "partition/retention.h"

namespace takhin::partition {

struct DiskTarget {
  std::uint64_t log_bytes = 0;   // tier.local.disk.target.bytes: more than that is too much; 0 = no limit
  std::uint64_t free_bytes = 0;  // tier.local.disk.target.free.bytes: less than that is too little; 0 = no limit
  int low_percent = 90;          // tier.local.disk.target.low.percent: once it is too much, down to this share

  bool is_set() const { return log_bytes > 0 || free_bytes > 0; }
};

struct DiskUse {
  std::uint64_t log_bytes = 0;                // of all partitions, local
  std::optional<std::uint64_t> free_bytes{};  // of the data disk, when it could be asked
};

/// Log bytes that should leave: nothing below the high mark, but once above it everything down to the low one. `relieving`:
/// the last answer was more than nothing. The low mark of free space is as far above the target as that of log bytes is below.
std::uint64_t excess_of(const DiskTarget& target, const DiskUse& use, bool relieving);

/// Log bytes that may come back to local disk: up to the low mark, so that nothing has to leave again for them. `target` is set.
std::uint64_t room_of(const DiskTarget& target, const DiskUse& use);

/// The room that is left, shared by all passes. Any thread.
class DiskRoom {
 public:
  void set(std::uint64_t bytes) { left_ = bytes; }
  /// Takes `bytes` of it; false, and nothing taken, when there is less.
  bool take(std::uint64_t bytes) {
    std::uint64_t left = left_;
    while (left >= bytes) {
      if (left_.compare_exchange_weak(left, left - bytes)) return true;
    }
    return false;
  }

 private:
  std::atomic<std::uint64_t> left_{0};
};

/// What one partition has on local disk.
struct LocalUnits {
  std::vector<Unit> units;       // by offset: copies of archived segments, then the log's
  bool may_archive = false;      // what is not archived yet may go up early
};
/// What one partition should give: everything below `before`. kNoOffset: nothing.
struct Relief {
  Offset before = kNoOffset;
  std::uint64_t bytes = 0;            // of segments that are archived
  std::uint64_t bytes_to_archive = 0;  // of those that are not: they are archived, and go only then
};
/// Chooses sealed segments of at least `excess` bytes, the oldest of all partitions first, each partition's from its oldest on.
/// One Relief for each of `partitions`. Less than `excess` when there is no more to choose.
std::vector<Relief> plan_relief(std::span<const LocalUnits> partitions, std::uint64_t excess);

}  // namespace takhin::partition
