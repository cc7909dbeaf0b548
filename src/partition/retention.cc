#include "partition/retention.h"

#include <algorithm>

#include "partition/placement.h"
#include "tier/policy.h"

namespace takhin::partition {
namespace {

/// Timestamps up to this far ahead are a clock's doing (and all that brokers take by default): their segment is new, and expires
/// that much later. The next one may hold records of long ago.
constexpr std::int64_t kAheadMs = 3600'000;

/// A log without timestamps ages by its file.
std::int64_t age_of(const log::SegmentInfo& segment, TimestampMs now) {
  const TimestampMs newest = segment.max_timestamp.raw < 0 ? segment.modified : segment.max_timestamp;
  return tier::age_ms(now, newest, segment.modified);
}

}  // namespace

bool covers(std::span<const tier::SegmentEntry> archived, Offset base, Offset end) {
  auto after = std::ranges::upper_bound(archived, base, {}, &tier::SegmentEntry::base);
  return after != archived.begin() && std::prev(after)->end >= end;
}

std::vector<Unit> units_of(std::span<const tier::SegmentEntry> archived, std::span<const log::SegmentInfo> local,
                           TimestampMs now) {
  std::vector<Unit> units;
  const Offset local_start = local.empty() ? Offset{INT64_MAX} : local.front().base;
  for (const tier::SegmentEntry& entry : archived) {
    if (entry.base >= local_start) break;
    units.push_back({entry.base, entry.end, entry.log_bytes, tier::age_ms(now, entry.max_timestamp, now), true, false, true});
  }
  const std::size_t archived_count = units.size();
  for (const log::SegmentInfo& segment : local) {
    units.push_back({segment.base, segment.end, segment.bytes, age_of(segment, now), segment.sealed, true,
                     segment.sealed && covers(archived, segment.base, segment.end)});
  }
  // A timestamp far ahead of the clock says nothing of when its segment was written, and an object remembers no file time: such
  // a segment is as old as the next one, which came after it. Without that it would never expire.
  for (std::size_t at = archived_count; at-- > 0;) {
    if (archived[at].max_timestamp.raw > now.raw + kAheadMs && at + 1 < units.size()) units[at].age_ms = units[at + 1].age_ms;
  }
  return units;
}

Offset retention_start(std::span<const Unit> units, std::int64_t retention_ms, std::int64_t retention_bytes) {
  if (units.empty()) return kNoOffset;
  std::uint64_t total = 0;
  for (const Unit& unit : units) total += unit.bytes;
  Offset start = units.front().base;
  for (const Unit& unit : units) {
    if (retention_decision(unit, total, retention_ms, retention_bytes) != Remaining::kGoes) break;
    start = unit.end;
    total -= unit.bytes;
  }
  return start;
}

Offset local_release_end(std::span<const Unit> units, std::int64_t local_ms, std::int64_t local_bytes) {
  std::uint64_t total = 0;
  for (const Unit& unit : units) total += unit.in_log ? unit.bytes : 0;
  Offset end = kNoOffset;
  for (const Unit& unit : units) {
    if (!unit.in_log) continue;
    if (local_decision(unit, total, local_ms, local_bytes) != Staying::kGoes) break;
    end = unit.end;
    total -= unit.bytes;
  }
  return end;
}

}  // namespace takhin::partition
