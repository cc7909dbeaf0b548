#pragma once
// Entries of Kafka's index files (storage internals: OffsetIndex, TimeIndex, TransactionIndex), and searches over whole files in
// memory. Offsets and positions are absolute here; the files hold offsets relative to the segment's base. Any thread.

#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace takhin::record {

inline constexpr std::size_t kOffsetEntryBytes = 8;  // int32 relative offset, int32 position
inline constexpr std::size_t kTimeEntryBytes = 12;   // int64 timestamp, int32 relative offset
inline constexpr std::size_t kTxnEntryBytes = 34;    // int16 version 0, then the four fields of TxnEntry

/// The batch that ends with `offset` begins at `position`.
struct OffsetEntry {
  Offset offset;
  std::uint64_t position = 0;
  bool operator==(const OffsetEntry&) const = default;
};
/// No record up to and including `offset` (the last of its batch) is newer than `timestamp`.
struct TimeEntry {
  TimestampMs timestamp = kNoTimestamp;
  Offset offset;
  bool operator==(const TimeEntry&) const = default;
};
/// An aborted transaction: first offset of its data, offset of its marker, last stable offset once it was aborted.
struct TxnEntry {
  std::int64_t producer_id = -1;
  Offset first;
  Offset last;
  Offset last_stable;
  bool operator==(const TxnEntry&) const = default;
};

/// Appends the encoded entry. The caller has checked that offset - base and position fit 31 bits.
void append_entry(Bytes& index, Offset base, const OffsetEntry& entry);
void append_entry(Bytes& index, Offset base, const TimeEntry& entry);
void append_entry(Bytes& index, const TxnEntry& entry);

/// `i` is below size / k…EntryBytes.
OffsetEntry offset_entry(View index, Offset base, std::size_t i);
TimeEntry time_entry(View index, Offset base, std::size_t i);
TxnEntry txn_entry(View index, std::size_t i);

/// The last entry at or below `target`; {base, 0} when there is none. O(log n).
OffsetEntry floor_offset(View index, Offset base, Offset target);
/// The last entry at or below `target`; {kNoTimestamp, base} when there is none. O(log n).
TimeEntry floor_time(View index, Offset base, TimestampMs target);

/// Appends the aborted transactions that touch [from, to). True when entries of later segments cannot touch it any more.
bool aborted_between(View index, Offset from, Offset to, std::vector<TxnEntry>& out);

/// Whole entries, strictly rising, inside [base, end) and below `log_bytes`; kCorrupt says which rule is broken.
Result<> check_offset_index(View index, Offset base, Offset end, std::uint64_t log_bytes);
Result<> check_time_index(View index, Offset base, Offset end);
Result<> check_txn_index(View index, Offset base, Offset end);

}  // namespace takhin::record
