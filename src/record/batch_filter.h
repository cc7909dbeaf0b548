#pragma once
// Batches out of which compaction takes records (org.apache.kafka.common.record.MemoryRecords#filterTo; KIP-98, KIP-534). What
// stays keeps its offset, its timestamp, its producer and its sequence. Bytes in, bytes out; any thread.

#include <functional>
#include <optional>

#include "record/batch.h"
#include "record/record_cursor.h"

namespace takhin::record {

/// Attribute bit 6: the base timestamp is the time at which the batch's tombstones, or its marker, may go (KIP-534).
inline constexpr std::int16_t kHorizonBit = 0x40;
/// Nothing when none was set.
std::optional<TimestampMs> delete_horizon(const BatchHeader& header);

struct FilterOrder {
  std::optional<TimestampMs> horizon;  // given to a batch that holds a tombstone and has none
  bool needs_horizon = false;          // given also without a tombstone: the marker of a transaction without records
  std::size_t plain_max = 0;           // decompressed bytes at the most
};
struct Filtered {
  std::int32_t read = 0;
  std::int32_t kept = 0;
  bool same = false;  // the bytes are the batch's own
};

/// Appends to `out` what stays of a whole batch when only the records stay for which `keep` answers true; nothing when that is
/// none. A compressed batch is compressed again with its own codec, at that codec's default. kCorrupt, kExhausted (plain_max).
Result<Filtered> filter_batch(const BatchHeader& header, View batch, const FilterOrder& order,
                              const std::function<bool(const RawRecord&)>& keep, Bytes& out);

/// Appends the header of `of` with no record behind it: offsets and epoch stay and, unless `anonymous`, timestamp, producer,
/// sequence and whether it is in a transaction.
void append_empty_batch(Bytes& out, const BatchHeader& of, bool anonymous);

}  // namespace takhin::record
