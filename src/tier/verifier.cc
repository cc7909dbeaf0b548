#include "tier/verifier.h"

#include "base/crc32c.h"
#include "record/batch.h"

namespace takhin::tier {
namespace {

Result<> check_facts(const Tail& tail, const PartitionRef& partition, const SegmentEntry& entry) {
  TRY(const ParsedName facts, segment_facts(tail));
  if (facts.partition != partition || facts.entry != entry) {
    return fail(Kind::kCorrupt, "the object says that it is {}", object_name(facts.partition, facts.entry));
  }
  if (tail.log_bytes != entry.log_bytes) {
    return fail(Kind::kCorrupt, "{} bytes of log where {} should be", tail.log_bytes, entry.log_bytes);
  }
  if (tail.chunks.front().first_offset < entry.base || tail.chunks.back().end_offset > entry.end) {
    return fail(Kind::kCorrupt, "chunks reach out of {}..{}", entry.base.raw, entry.end.raw);
  }
  return done();
}

Result<> check_chunk(const Tail& tail, std::size_t index, View stored) {
  const Chunk& chunk = tail.chunks[index];
  TRY(const Bytes plain, open_chunk(tail, index, stored));
  record::BatchCursor cursor(plain);
  Offset next = chunk.first_offset;
  while (const auto header = cursor.next()) {
    if (!record::crc_matches(cursor.batch())) return fail(Kind::kCorrupt, "batch {} fails its crc", header->base_offset.raw);
    if (header->base_offset < next || header->next_offset() > chunk.end_offset) {
      return fail(Kind::kCorrupt, "batch {}..{} is out of order", header->base_offset.raw, header->next_offset().raw);
    }
    next = header->next_offset();
  }
  if (cursor.valid_bytes() != plain.size()) {
    return fail(Kind::kCorrupt, "chunk at {} is not whole batches", chunk.log_position);
  }
  return done();
}

/// How many chunks from `first` on make up one request of at most `bytes_max`; at least one.
std::size_t chunks_of_one_get(const std::vector<Chunk>& chunks, std::size_t first, std::uint64_t bytes_max) {
  std::size_t end = first + 1;
  while (end < chunks.size() && chunks[end].stored_range().end - chunks[first].stored_position <= bytes_max) ++end;
  return end - first;
}

}  // namespace

Result<std::shared_ptr<const Tail>> fetch_tail(object::ObjectStore& store, ObjectKeys* keys, const object::ObjectKey& key,
                                               const CatalogEntry& entry, Deadline deadline) {
  std::uint64_t wanted = std::min(tail_guess_bytes(entry.segment.log_bytes), entry.object_bytes);
  for (;;) {
    TRY(const Bytes end, store.get(key, {entry.object_bytes - wanted, entry.object_bytes}, deadline));
    TRY(const auto parsed, parse_tail(end, entry.object_bytes, opening(keys, key, entry.segment.id, deadline)));
    if (parsed.tail != nullptr) return parsed.tail;
    wanted = parsed.need;
  }
}

Result<std::shared_ptr<const Tail>> fetch_checked_tail(object::ObjectStore& store, ObjectKeys* keys,
                                                       const PartitionRef& partition, const CatalogEntry& entry,
                                                       Deadline deadline) {
  TRY(auto tail, fetch_tail(store, keys, {object_name(partition, entry.segment)}, entry, deadline));
  TRY(check_facts(*tail, partition, entry.segment));
  return tail;
}

Result<> read_back(object::ObjectStore& store, ObjectKeys* keys, const PartitionRef& partition, const CatalogEntry& entry,
                   std::uint64_t fetch_bytes_max, Deadline deadline) {
  const object::ObjectKey key{object_name(partition, entry.segment)};
  TRY(const auto tail, fetch_checked_tail(store, keys, partition, entry, deadline));
  const auto& chunks = tail->chunks;
  std::uint32_t crc = 0;
  for (std::size_t first = 0; first < chunks.size();) {
    const std::size_t count = chunks_of_one_get(chunks, first, fetch_bytes_max);
    const ByteRange range{chunks[first].stored_position, chunks[first + count - 1].stored_range().end};
    TRY(const Bytes stored, store.get(key, range, deadline));
    crc = crc32c(stored, crc);
    for (const std::size_t end = first + count; first < end; ++first) {
      const ByteRange at = chunks[first].stored_range();
      TRY(check_chunk(*tail, first, View(stored).subspan(at.begin - range.begin, at.size())));
    }
  }
  if (!entry.crc32c) return done();
  TRY(const Bytes rest, store.get(key, {chunks.back().stored_range().end, entry.object_bytes}, deadline));
  if (crc32c(rest, crc) != *entry.crc32c) return fail(Kind::kCorrupt, "the object fails the crc32c on record");
  return done();
}

}  // namespace takhin::tier
