#include "tier/queries.h"

#include <algorithm>

#include "record/batch.h"
#include "record/index_format.h"
#include "tier/txn_search.h"

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
  TxnSearch search(
      [&](Offset at) -> std::optional<SegmentEntry> {
        const auto found = catalog_.find(partition, at);
        return found ? std::optional(found->segment) : std::nullopt;
      },
      [&](const SegmentEntry& entry) { return transactions_of(partition, entry, deadline); }, from, to);
  TRY(const auto met, search.run());
  std::vector<AbortedTransaction> out;
  out.reserve(met.size());
  for (const record::TxnEntry& entry : met) out.push_back({entry.producer_id, entry.first});
  return out;
}

Result<std::shared_ptr<const TxnSummary>> Queries::transactions_of(const PartitionRef& partition, const SegmentEntry& entry,
                                                                   Deadline deadline) {
  if (auto known = transactions_.find(entry.id)) return known;
  TRY(const auto tail, cold_.tail(partition, entry, deadline));
  auto summary = std::make_shared<const TxnSummary>(
      TxnSummary::of(tail->section(SectionKind::kTxnIndex), tail->section(SectionKind::kProducerSnapshot)));
  transactions_.put(entry.id, summary);
  return summary;
}

}  // namespace takhin::tier
