#include "tier/queries.h"

#include <algorithm>

#include "base/codec.h"
#include "record/batch.h"
#include "record/index_format.h"

namespace takhin::tier {
namespace {

/// One batch, decompressed. Kafka has no such limit; a batch beyond it is taken for an attack.
constexpr std::size_t kDecompressedMax = 512 * kMiB;

/// First record of the batch from `from` on that is at or after `timestamp`.
Result<std::optional<TimestampedOffset>> search_batch(const record::BatchHeader& header, View batch, TimestampMs timestamp,
                                                      Offset from) {
  std::optional<TimestampedOffset> found;
  TRY(record::for_each_record(batch, kDecompressedMax, [&](const record::Record& record) {
    if (record.offset < from || record.timestamp < timestamp) return true;
    found = TimestampedOffset{record.offset, record.timestamp, header.leader_epoch};
    return false;
  }));
  return found;
}

/// Kafka's producer snapshot (ProducerStateManager): i16 version 1, u32 crc, i32 count, entries of 46 bytes of which the last 8
/// are the first offset of the producer's open transaction, -1 for none.
constexpr std::size_t kSnapshotHeaderBytes = 10;
constexpr std::size_t kSnapshotEntryBytes = 46;

/// False only when the snapshot proves that no transaction was open at its offset that began before `to`.
bool may_have_open_transaction(View snapshot, Offset to) {
  ByteReader in(snapshot);
  const auto version = in.be<std::int16_t>();
  in.skip(4);
  const auto count = in.be<std::int32_t>();
  if (!in.ok() || version != 1 || count < 0) return true;
  if (snapshot.size() != kSnapshotHeaderBytes + static_cast<std::size_t>(count) * kSnapshotEntryBytes) return true;
  for (std::int32_t i = 0; i < count; ++i) {
    in.skip(kSnapshotEntryBytes - sizeof(std::int64_t));
    const auto first = in.be<std::int64_t>();
    if (first >= 0 && first < to.raw) return true;
  }
  return false;
}

/// Whether what begins at `begin` and has nothing newer than `newest` could hold a newer record, or as new a one at a lower
/// offset.
bool may_beat(TimestampMs newest, Offset begin, const TimestampedOffset& best) {
  return newest > best.timestamp || (newest == best.timestamp && begin < best.offset);
}

}  // namespace

Result<std::optional<TimestampedOffset>> Queries::offset_for(const PartitionRef& partition, TimestampMs timestamp,
                                                             Offset log_start, Deadline deadline) {
  Offset from = std::max(log_start, Offset{0});
  while (const auto found = catalog_.find(partition, from)) {
    const SegmentEntry& entry = found->segment;
    if (entry.max_timestamp >= timestamp) {
      TRY(auto answer, search_segment({partition, entry, deadline}, timestamp, from));
      if (answer) return answer;
    }
    from = entry.end;
  }
  return std::optional<TimestampedOffset>();
}

Result<std::optional<TimestampedOffset>> Queries::search_segment(const Place& place, TimestampMs timestamp, Offset from) {
  TRY(const auto tail, cold_.tail(place.partition, place.entry, place.deadline));
  for (std::size_t i = tail->chunk_of(from); i < tail->chunks.size(); ++i) {
    if (tail->chunks[i].max_timestamp < timestamp) continue;
    TRY(auto answer, search_chunk(place, tail->chunks[i], timestamp, from));
    if (answer) return answer;
  }
  return std::optional<TimestampedOffset>();
}

Result<std::optional<TimestampedOffset>> Queries::search_chunk(const Place& place, const Chunk& chunk, TimestampMs timestamp,
                                                               Offset from) {
  TRY(const FileSlice slice, cold_.log_range(place.partition, place.entry, chunk.log_range(), place.deadline));
  TRY(const Bytes bytes, read_exactly(*slice.file, slice.range));
  record::BatchCursor cursor(bytes);
  while (const auto header = cursor.next()) {
    if (header->max_timestamp < timestamp || header->last_offset() < from) continue;
    TRY(auto answer, search_batch(*header, cursor.batch(), timestamp, from));
    if (answer) return answer;
  }
  return std::optional<TimestampedOffset>();
}

Result<std::optional<TimestampedOffset>> Queries::offset_of_max_timestamp(const PartitionRef& partition, Offset log_start,
                                                                          Deadline deadline) {
  auto entries = catalog_.list(partition);
  std::erase_if(entries, [&](const CatalogEntry& e) { return e.segment.end <= log_start || e.segment.max_timestamp.raw < 0; });
  std::ranges::sort(entries, {},
                    [](const CatalogEntry& e) { return std::pair(-e.segment.max_timestamp.raw, e.segment.base.raw); });
  // Newest first, of equals the lower offset. The name's timestamp may be higher than any record's, and the newest records may
  // lie below the log start: so it goes on as long as a segment could still hold a better one.
  std::optional<TimestampedOffset> best;
  for (const auto& [entry, size, crc] : entries) {
    if (best && !may_beat(entry.max_timestamp, entry.base, *best)) break;
    TRY(const auto tail, cold_.tail(partition, entry, deadline));
    auto chunks = tail->chunks;
    std::ranges::sort(chunks, {}, [](const Chunk& c) { return std::pair(-c.max_timestamp.raw, c.log_position); });
    for (const Chunk& chunk : chunks) {
      if (chunk.max_timestamp.raw < 0 || (best && !may_beat(chunk.max_timestamp, chunk.first_offset, *best))) break;
      if (chunk.end_offset <= log_start) continue;
      TRY(const auto newest, newest_in_chunk({partition, entry, deadline}, chunk, log_start));
      const bool better = newest && (!best || newest->timestamp > best->timestamp ||
                                     (newest->timestamp == best->timestamp && newest->offset < best->offset));
      if (better) best = newest;
    }
  }
  return best;
}

Result<std::optional<TimestampedOffset>> Queries::newest_in_chunk(const Place& place, const Chunk& chunk, Offset from) {
  TRY(const FileSlice slice, cold_.log_range(place.partition, place.entry, chunk.log_range(), place.deadline));
  TRY(const Bytes bytes, read_exactly(*slice.file, slice.range));
  std::optional<TimestampedOffset> best;
  record::BatchCursor cursor(bytes);
  while (const auto header = cursor.next()) {
    if (header->last_offset() < from || (best && header->max_timestamp <= best->timestamp)) continue;
    TRY(record::for_each_record(cursor.batch(), kDecompressedMax, [&](const record::Record& record) {
      if (record.offset >= from && record.timestamp.raw >= 0 && (!best || record.timestamp > best->timestamp)) {
        best = TimestampedOffset{record.offset, record.timestamp, header->leader_epoch};
      }
      return true;
    }));
  }
  return best;
}

Result<std::vector<AbortedTransaction>> Queries::aborted_in(const PartitionRef& partition, Offset from, Offset to,
                                                            Deadline deadline) {
  std::vector<record::TxnEntry> met;
  Offset at = from;
  // A transaction is in the index of the segment that holds its marker, which may come long after `to`. A producer snapshot
  // that shows no open transaction ends the search early.
  while (const auto found = catalog_.find(partition, at)) {
    TRY(const auto tail, cold_.tail(partition, found->segment, deadline));
    if (record::aborted_between(tail->section(SectionKind::kTxnIndex), from, to, met)) break;
    at = found->segment.end;
    if (at >= to && !may_have_open_transaction(tail->section(SectionKind::kProducerSnapshot), to)) break;
  }
  std::vector<AbortedTransaction> out;
  out.reserve(met.size());
  for (const record::TxnEntry& entry : met) out.push_back({entry.producer_id, entry.first});
  return out;
}

}  // namespace takhin::tier
