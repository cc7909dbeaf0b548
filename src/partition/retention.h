#pragma once
// What may go, as pure decisions over a list of segments: total retention over both tiers, and what local disk may drop
// (KIP-405).

#include <cstdint>
#include <span>
#include <vector>

#include "base/types.h"
#include "log/log.h"
#include "partition/topic_config.h"
#include "tier/segment.h"

namespace takhin::partition {

/// One segment of a partition, wherever it lies; never listed twice, so that no byte counts twice.
struct Unit {
  Offset base;
  Offset end;
  std::uint64_t bytes = 0;
  std::int64_t age_ms = 0;
  bool sealed = true;
  bool in_log = false;    // the log still has it
  bool archived = false;
};

/// True when one of `archived` (by offset) holds all of [base, end).
bool covers(std::span<const tier::SegmentEntry> archived, Offset base, Offset end);

/// The archived segments below the log's first one, then the log's, by offset.
std::vector<Unit> units_of(std::span<const tier::SegmentEntry> archived, std::span<const log::SegmentInfo> local,
                           TimestampMs now);

/// Where the log start should be by retention.ms and retention.bytes: only sealed segments go, oldest first, none that leaves
/// less than retention.bytes. The first unit's base when nothing is due, kNoOffset when there are no units.
Offset retention_start(std::span<const Unit> units, std::int64_t retention_ms, std::int64_t retention_bytes);

/// The offset below which the log may drop its files by local retention: archived ones only, oldest first. kNoOffset: none.
Offset local_release_end(std::span<const Unit> units, std::int64_t local_ms, std::int64_t local_bytes);

}  // namespace takhin::partition
