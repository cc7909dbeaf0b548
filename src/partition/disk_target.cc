#include "partition/disk_target.h"

#include <algorithm>
#include <limits>
#include <queue>

namespace takhin::partition {
namespace {

std::uint64_t above(std::uint64_t value, std::uint64_t mark) { return value > mark ? value - mark : 0; }

std::uint64_t percent_of(std::uint64_t value, int percent) {
  return static_cast<std::uint64_t>(static_cast<double>(value) * percent / 100);
}

std::uint64_t low_mark_of(const DiskTarget& target) { return percent_of(target.log_bytes, target.low_percent); }

std::uint64_t free_mark_of(const DiskTarget& target) {
  return target.free_bytes + percent_of(target.free_bytes, 100 - target.low_percent);
}

}  // namespace

std::uint64_t excess_of(const DiskTarget& target, const DiskUse& use, bool relieving) {
  std::uint64_t excess = 0;
  if (target.log_bytes > 0 && (relieving || use.log_bytes > target.log_bytes)) {
    excess = above(use.log_bytes, low_mark_of(target));
  }
  if (target.free_bytes > 0 && use.free_bytes && (relieving || *use.free_bytes < target.free_bytes)) {
    excess = std::max(excess, above(free_mark_of(target), *use.free_bytes));
  }
  return std::min(excess, use.log_bytes);
}

std::uint64_t room_of(const DiskTarget& target, const DiskUse& use) {
  std::uint64_t room = std::numeric_limits<std::uint64_t>::max();
  if (target.log_bytes > 0) room = above(low_mark_of(target), use.log_bytes);
  if (target.free_bytes > 0 && use.free_bytes) room = std::min(room, above(*use.free_bytes, free_mark_of(target)));
  return room;
}

std::vector<Relief> plan_relief(std::span<const LocalUnits> partitions, std::uint64_t excess) {
  std::vector<Relief> out(partitions.size());
  struct Head {
    std::int64_t age_ms;
    std::size_t partition;
    std::size_t unit;
    bool operator<(const Head& other) const {  // the oldest on top, then the first partition
      return age_ms != other.age_ms ? age_ms < other.age_ms : partition > other.partition;
    }
  };
  std::priority_queue<Head> heads;
  const auto offer = [&](std::size_t partition, std::size_t unit) {
    const LocalUnits& local = partitions[partition];
    if (unit >= local.units.size() || !local.units[unit].sealed) return;
    if (!local.units[unit].archived && !local.may_archive) return;  // it stays, and with it all behind it
    heads.push({local.units[unit].age_ms, partition, unit});
  };
  for (std::size_t i = 0; i < partitions.size(); ++i) offer(i, 0);
  for (std::uint64_t chosen = 0; chosen < excess && !heads.empty();) {
    const Head head = heads.top();
    heads.pop();
    const Unit& unit = partitions[head.partition].units[head.unit];
    Relief& relief = out[head.partition];
    relief.before = unit.end;
    (unit.archived ? relief.bytes : relief.bytes_to_archive) += unit.bytes;
    chosen += unit.bytes;
    offer(head.partition, head.unit + 1);
  }
  return out;
}

}  // namespace takhin::partition
