#pragma once
// Questions to the archived part of a partition: offset for a timestamp, newest timestamp, aborted transactions. Answers are
// exact: chunk maxima say where to look, the records themselves decide.

#include "tier/catalog.h"
#include "tier/cold_reader.h"
#include "tier/engine.h"
#include "tier/txn_memo.h"

namespace takhin::tier {

/// Any thread; keeps nothing but what transaction indexes said. `log_start`: what lies below it is gone already. Errors are
/// those of the cold reader. Cost: what reading the tails and the chunk in question costs when they are not cached.
class Queries {
 public:
  Queries(const Catalog& catalog, ColdReader& cold) : catalog_(catalog), cold_(cold) {}

  /// The first record by offset that is at or after `timestamp`.
  Result<std::optional<TimestampedOffset>> offset_for(const PartitionRef& partition, TimestampMs timestamp, Offset log_start,
                                                      Deadline deadline);
  /// The first record that has the newest timestamp.
  Result<std::optional<TimestampedOffset>> offset_of_max_timestamp(const PartitionRef& partition, Offset log_start,
                                                                   Deadline deadline);
  /// Those that touch [from, to), by the offset of their markers. Each segment's tail is asked for once, as long as the
  /// memo keeps what it said.
  Result<std::vector<AbortedTransaction>> aborted_in(const PartitionRef& partition, Offset from, Offset to, Deadline deadline);

 private:
  struct Place {
    const PartitionRef& partition;
    const SegmentEntry& entry;
    Deadline deadline;
  };
  Result<std::optional<TimestampedOffset>> search_segment(const Place& place, TimestampMs timestamp, Offset from);
  Result<std::optional<TimestampedOffset>> search_chunk(const Place& place, const Chunk& chunk, TimestampMs timestamp,
                                                        Offset from);
  Result<std::optional<TimestampedOffset>> newest_in_chunk(const Place& place, const Chunk& chunk, Offset from);

  Result<std::shared_ptr<const TxnSummary>> transactions_of(const PartitionRef& partition, const SegmentEntry& entry,
                                                            Deadline deadline);

  const Catalog& catalog_;
  ColdReader& cold_;
  TxnMemo transactions_;
};

}  // namespace takhin::tier
