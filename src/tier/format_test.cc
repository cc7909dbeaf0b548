#include "tier/format.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "base/codec.h"
#include "base/crc32c.h"
#include "base/file.h"
#include "os/files.h"
#include "testing/segment_kit.h"
#include "tier/segment_writer.h"

namespace takhin::tier {
namespace {

using takhin::testing::make_segment;
using takhin::testing::MadeSegment;
using takhin::testing::partition_ref;
using takhin::testing::SegmentSpec;

SegmentEntry entry_of(const SealedSegment& segment) {
  SegmentEntry entry{.base = segment.base, .end = segment.end, .max_timestamp = segment.max_timestamp,
                     .log_bytes = segment.log_bytes, .leader_epoch = segment.leader_epoch};
  entry.id.bytes.fill(std::byte{0x2a});
  return entry;
}

struct Object {
  Bytes bytes;
  Written written;
};
Result<Object> write(const SealedSegment& segment, WriteOptions options = {.chunk_bytes = 1000, .zstd_level = 0}) {
  Object object;
  TRY(object.written, write_segment(segment, entry_of(segment), options, [&](View data) {
        object.bytes.insert(object.bytes.end(), data.begin(), data.end());
        return done();
      }));
  return object;
}

std::shared_ptr<const Tail> tail_of(const Bytes& object) {
  auto parsed = parse_tail(object, object.size());
  EXPECT_TRUE(parsed.ok()) << parsed.error().text;
  return parsed.ok() ? parsed->tail : nullptr;
}

Bytes log_of(const Bytes& object, const Tail& tail) {
  Bytes log;
  for (std::size_t i = 0; i < tail.chunks.size(); ++i) {
    const Chunk& chunk = tail.chunks[i];
    auto plain = open_chunk(tail, i, View(object).subspan(chunk.stored_position, chunk.stored_bytes));
    EXPECT_TRUE(plain.ok()) << plain.error().text;
    if (plain.ok()) log.insert(log.end(), plain->begin(), plain->end());
  }
  return log;
}

TEST(SegmentObject, RoundTripsWithAndWithoutCompression) {
  for (const int level : {0, 1, 19}) {
    auto made = make_segment(partition_ref(), {.batches = 50});
    made.sealed.producer_snapshot = copy_of(view_of("snapshot"));
    made.sealed.leader_epochs = copy_of(view_of("0\n1\n3 0\n"));
    const auto object = write(made.sealed, {.chunk_bytes = 1000, .zstd_level = level});
    ASSERT_TRUE(object.ok()) << object.error().text;
    EXPECT_EQ(object->written.object_bytes, object->bytes.size());
    EXPECT_EQ(object->written.object_crc, crc32c(object->bytes));
    EXPECT_EQ(object->written.tail_crc, crc32c(View(object->bytes).last(object->written.tail_bytes)));
    const auto tail = tail_of(object->bytes);
    EXPECT_EQ(log_of(object->bytes, *tail), made.log);
    EXPECT_EQ(copy_of(tail->section(SectionKind::kOffsetIndex)), made.sealed.offset_index);
    EXPECT_EQ(copy_of(tail->section(SectionKind::kTimeIndex)), made.sealed.time_index);
    EXPECT_EQ(text_of(tail->section(SectionKind::kProducerSnapshot)), "snapshot");
    EXPECT_EQ(text_of(tail->section(SectionKind::kLeaderEpochs)), "0\n1\n3 0\n");
    EXPECT_EQ(tail->chunks.front().compressed, level > 0);
    const auto facts = segment_facts(*tail);
    ASSERT_TRUE(facts.ok());
    EXPECT_EQ(facts->partition, made.sealed.partition);
    EXPECT_EQ(facts->entry, entry_of(made.sealed));
  }
}

TEST(SegmentObject, BeginsWithTheLogWhenNothingIsCompressed) {
  const auto made = make_segment(partition_ref());
  const auto object = write(made.sealed);
  ASSERT_TRUE(object.ok());
  EXPECT_TRUE(std::equal(made.log.begin(), made.log.end(), object->bytes.begin()));
  EXPECT_EQ(text_of(View(object->bytes).last(8)), "TAKHNSEG");
}

TEST(SegmentObject, ChunksAreWholeBatchesAndTileTheLog) {
  for (const std::uint64_t chunk_bytes : {std::uint64_t{1}, std::uint64_t{64}, std::uint64_t{1500}, kMiB}) {
    const auto made = make_segment(partition_ref(), {.batches = 30, .gap_every = 4});
    const auto object = write(made.sealed, {.chunk_bytes = chunk_bytes, .zstd_level = 0});
    ASSERT_TRUE(object.ok());
    const auto tail = tail_of(object->bytes);
    std::uint64_t at = 0;
    for (const Chunk& chunk : tail->chunks) {
      EXPECT_EQ(chunk.log_position, at);
      at = chunk.log_range().end;
      record::BatchCursor cursor(View(made.log).subspan(chunk.log_position, chunk.log_bytes));
      int batches = 0;
      TimestampMs newest = kNoTimestamp;
      while (const auto header = cursor.next()) {
        if (batches++ == 0) {
          EXPECT_EQ(header->base_offset, chunk.first_offset);
        }
        newest = std::max(newest, header->max_timestamp);
        EXPECT_LE(header->next_offset(), chunk.end_offset);
      }
      EXPECT_EQ(cursor.valid_bytes(), chunk.log_bytes);
      EXPECT_EQ(newest, chunk.max_timestamp);
      EXPECT_TRUE(chunk.log_bytes <= chunk_bytes || batches == 1);
    }
    EXPECT_EQ(at, made.log.size());
  }
}

TEST(SegmentObject, ABatchLargerThanTheReadBufferIsItsOwnChunk) {
  auto made = make_segment(partition_ref(), {.batches = 2, .records_per_batch = 1, .value_bytes = kLogReadBytes + 100});
  const auto object = write(made.sealed, {.chunk_bytes = kMiB, .zstd_level = 0});
  ASSERT_TRUE(object.ok()) << object.error().text;
  const auto tail = tail_of(object->bytes);
  EXPECT_EQ(tail->chunks.size(), 2u);
  EXPECT_EQ(log_of(object->bytes, *tail), made.log);
}

// T48: positions beyond 2 and 4 GiB, where 32-bit arithmetic wraps.
TEST(SegmentObject, T48_ChunksBeyondFourGiBAreFoundByPosition) {
  Tail tail;
  constexpr std::uint64_t kChunk = 1u << 30;
  for (std::uint64_t i = 0; i < 6; ++i) {
    Chunk chunk;
    chunk.log_position = chunk.stored_position = i * kChunk;
    chunk.log_bytes = chunk.stored_bytes = static_cast<std::uint32_t>(kChunk);
    tail.chunks.push_back(chunk);
  }
  tail.log_bytes = 6 * kChunk;
  for (std::uint64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(tail.chunk_at(i * kChunk), i);
    EXPECT_EQ(tail.chunk_at((i + 1) * kChunk - 1), i);
    EXPECT_EQ(tail.chunks[i].stored_range().end, (i + 1) * kChunk);
  }
}

// T31, T33: offsets that compaction took away lie between chunks; the next chunk answers for them.
TEST(SegmentObject, T31_T33_ChunkOfAnOffsetInAGapIsTheNextOne) {
  const auto made = make_segment(partition_ref(), {.base = Offset{100}, .batches = 12, .gap_every = 1});
  const auto object = write(made.sealed, {.chunk_bytes = 1, .zstd_level = 0});
  const auto tail = tail_of(object->bytes);
  ASSERT_EQ(tail->chunks.size(), 12u);
  for (std::int64_t offset = 0; offset < made.sealed.end.raw + 20; ++offset) {
    std::size_t expected = 0;
    while (expected < tail->chunks.size() && tail->chunks[expected].end_offset.raw <= offset) ++expected;
    EXPECT_EQ(tail->chunk_of(Offset{offset}), expected);
  }
  EXPECT_EQ(tail->chunk_of(made.sealed.end), tail->chunks.size());
  for (std::uint64_t at = 0; at < made.log.size(); at += 7) {
    const auto i = tail->chunk_at(at);
    EXPECT_TRUE(tail->chunks[i].log_position <= at && at < tail->chunks[i].log_range().end);
  }
  EXPECT_EQ(tail->chunk_at(made.log.size()), tail->chunks.size());
}

TEST(SegmentObject, IsNotCompressedWhenItsBatchesAreOrNothingIsSaved) {
  for (const auto& spec : {SegmentSpec{.batches = 20, .codec = record::Codec::kZstd},
                           SegmentSpec{.batches = 20, .value_bytes = 2000, .random_values = true}}) {
    const auto made = make_segment(partition_ref(), spec);
    const auto object = write(made.sealed, {.chunk_bytes = 4000, .zstd_level = 3});
    ASSERT_TRUE(object.ok());
    const auto tail = tail_of(object->bytes);
    for (const Chunk& chunk : tail->chunks) EXPECT_FALSE(chunk.compressed);
    EXPECT_TRUE(std::equal(made.log.begin(), made.log.end(), object->bytes.begin()));
  }
}

// Producers that compress and such that do not may share a topic: each chunk is looked at for itself.
TEST(SegmentObject, ChunksOfCompressedBatchesDoNotDecideForTheOthers) {
  auto made = make_segment(partition_ref(), {.batches = 20, .codec = record::Codec::kZstd});
  const std::size_t packed_bytes = made.log.size();
  const auto more = make_segment(partition_ref(), {.base = made.sealed.end, .batches = 20});
  append(made.log, more.log);
  takhin::testing::seal(made);
  const auto object = write(made.sealed, {.chunk_bytes = 1000, .zstd_level = 1});
  ASSERT_TRUE(object.ok()) << object.error().text;
  const auto tail = tail_of(object->bytes);
  int compressed = 0;
  for (const Chunk& chunk : tail->chunks) {
    EXPECT_FALSE(chunk.compressed && chunk.log_range().end <= packed_bytes);
    compressed += chunk.compressed ? 1 : 0;
  }
  EXPECT_GE(compressed, 10);
  EXPECT_EQ(log_of(object->bytes, *tail), made.log);
}

// And a log that begins with a few chunks of noise is given up only after some tries, then for good.
TEST(SegmentObject, NoiseIsTriedAFewTimesOnly) {
  for (const int noise : {int{kCompressionTries} - 1, int{kCompressionTries}}) {
    const SegmentSpec spec{.batches = noise, .records_per_batch = 1, .value_bytes = 900, .random_values = true};
    auto made = make_segment(partition_ref(), spec);
    append(made.log, make_segment(partition_ref(), {.base = made.sealed.end, .batches = 20, .value_bytes = 300}).log);
    takhin::testing::seal(made);
    const auto object = write(made.sealed, {.chunk_bytes = 1, .zstd_level = 1});
    ASSERT_TRUE(object.ok()) << object.error().text;
    EXPECT_EQ(tail_of(object->bytes)->chunks.back().compressed, noise < int{kCompressionTries}) << noise;
  }
}

TEST(SegmentObject, AShortEndAsksForMore) {
  const auto made = make_segment(partition_ref(), {.batches = 40});
  const auto object = write(made.sealed);
  for (std::size_t given = 0; given < object->written.tail_bytes; ++given) {
    const auto parsed = parse_tail(View(object->bytes).last(given), object->bytes.size());
    ASSERT_TRUE(parsed.ok()) << parsed.error().text;
    EXPECT_EQ(parsed->tail, nullptr);
    EXPECT_EQ(parsed->need, given < kFooterBytes ? kFooterBytes : object->written.tail_bytes);
  }
  const auto exact = parse_tail(View(object->bytes).last(object->written.tail_bytes), object->bytes.size());
  ASSERT_TRUE(exact.ok());
  EXPECT_NE(exact->tail, nullptr);
}

TEST(SegmentObject, EveryFlippedBitIsFound) {
  const auto made = make_segment(partition_ref(), {.batches = 6});
  for (const int level : {0, 1}) {
    const auto object = write(made.sealed, {.chunk_bytes = 600, .zstd_level = level});
    const auto good = tail_of(object->bytes);
    for (std::size_t at = 0; at < object->bytes.size(); at += at < good->chunks.back().stored_range().end ? 11 : 1) {
      Bytes bad = object->bytes;
      bad[at] ^= std::byte{0x10};
      const auto parsed = parse_tail(bad, bad.size());
      if (at >= good->chunks.back().stored_range().end) {
        EXPECT_FALSE(parsed.ok()) << "byte " << at;
        continue;
      }
      ASSERT_TRUE(parsed.ok());
      int corrupt = 0;
      for (std::size_t i = 0; i < parsed->tail->chunks.size(); ++i) {
        const Chunk& chunk = parsed->tail->chunks[i];
        const auto plain = open_chunk(*parsed->tail, i, View(bad).subspan(chunk.stored_position, chunk.stored_bytes));
        if (!plain.ok() && plain.error().kind == Kind::kCorrupt) ++corrupt;
      }
      EXPECT_EQ(corrupt, 1) << "byte " << at;
    }
  }
}

/// The object with `edit` done to its footer, whose crc is made good again.
template <class Edit>
Bytes with_footer(Bytes object, Edit edit) {
  std::byte* footer = object.data() + object.size() - kFooterBytes;
  edit(footer);
  store_be<std::uint32_t>(footer + 36, crc32c(View(footer, 36)));
  return object;
}

TEST(SegmentObject, LaterVersionsAndFeaturesAreRefusedAsInvalid) {
  const auto object = write(make_segment(partition_ref()).sealed)->bytes;
  const auto kind = [](const Bytes& bytes) { return parse_tail(bytes, bytes.size()).error().kind; };
  EXPECT_EQ(kind(with_footer(object, [](std::byte* f) { store_be<std::uint16_t>(f + 28, 2); })), Kind::kInvalid);
  EXPECT_EQ(kind(with_footer(object, [](std::byte* f) { store_be<std::uint16_t>(f + 30, 2); })), Kind::kInvalid);
  EXPECT_EQ(kind(with_footer(object, [](std::byte* f) { store_be<std::uint32_t>(f, 0xffffffff); })), Kind::kCorrupt);
  EXPECT_EQ(kind(with_footer(object, [](std::byte* f) { store_be<std::uint32_t>(f + 4, 0xffffffff); })), Kind::kCorrupt);
  EXPECT_EQ(kind(with_footer(object, [](std::byte* f) { store_be<std::uint64_t>(f + 16, 1); })), Kind::kCorrupt);
}

TEST(SegmentObject, UnknownSectionsAndFieldsAreSkipped) {
  const auto object = write(make_segment(partition_ref()).sealed)->bytes;
  // The directory grows by a section of kind 99 and a field 77; nothing else changes place.
  Bytes added;
  ByteWriter out(added);
  out.be<std::uint16_t>(1);
  out.be<std::uint16_t>(kSectionEntryBytes + 3);  // a longer entry than today's
  out.be<std::uint16_t>(99);
  for (int i = 0; i < 29; ++i) out.be<std::uint8_t>(0xee);
  out.be<std::uint16_t>(77);
  out.be<std::uint16_t>(2);
  out.be<std::uint16_t>(0);
  const std::byte* footer = object.data() + object.size() - kFooterBytes;
  const auto directory_bytes = load_be<std::uint32_t>(footer);
  Bytes grown(object.begin(), object.end() - static_cast<std::ptrdiff_t>(kFooterBytes));
  grown.insert(grown.end(), added.begin(), added.end());
  const auto directory = View(grown).last(directory_bytes + added.size());
  const auto crc = crc32c(directory);
  grown.insert(grown.end(), footer, footer + kFooterBytes);
  grown = with_footer(std::move(grown), [&](std::byte* f) {
    store_be<std::uint32_t>(f, static_cast<std::uint32_t>(directory_bytes + added.size()));
    store_be<std::uint32_t>(f + 4, static_cast<std::uint32_t>(load_be<std::uint32_t>(f + 4) + added.size()));
    store_be<std::uint64_t>(f + 8, object.size() + added.size());
    store_be<std::uint32_t>(f + 24, crc);
  });
  const auto parsed = parse_tail(grown, grown.size());
  ASSERT_TRUE(parsed.ok()) << parsed.error().text;
  EXPECT_EQ(parsed->tail->sections, tail_of(object)->sections);
  EXPECT_EQ(parsed->tail->chunks, tail_of(object)->chunks);
}

TEST(SegmentWriter, T15_RefusesDamagedLogs) {
  const auto kind = [](MadeSegment& made) {
    made.sealed.log = std::make_shared<takhin::testing::MemoryFile>(made.log);
    const auto object = write(made.sealed);
    return object.ok() ? std::optional<Kind>() : object.error().kind;
  };
  auto flipped = make_segment(partition_ref());
  flipped.log[flipped.log.size() / 2] ^= std::byte{1};
  EXPECT_EQ(kind(flipped), Kind::kCorrupt);
  auto torn = make_segment(partition_ref());
  torn.sealed.log_bytes -= 1;
  EXPECT_EQ(kind(torn), Kind::kCorrupt);
  auto shorter = make_segment(partition_ref());
  shorter.log.resize(shorter.log.size() - 1);
  EXPECT_EQ(kind(shorter), Kind::kCorrupt);
  auto twice = make_segment(partition_ref());  // T15: the same batches again
  twice.log.insert(twice.log.end(), twice.log.begin(), twice.log.end());
  twice.sealed.log_bytes *= 2;
  EXPECT_EQ(kind(twice), Kind::kCorrupt);
  auto beyond = make_segment(partition_ref());
  beyond.sealed.end.raw -= 1;
  EXPECT_EQ(kind(beyond), Kind::kCorrupt);
  auto empty = make_segment(partition_ref());
  empty.sealed.log_bytes = 0;
  EXPECT_EQ(kind(empty), Kind::kInvalid);
  auto old = make_segment(partition_ref());
  old.log[16] = std::byte{1};  // message format v1
  EXPECT_EQ(kind(old), Kind::kInvalid);
  auto whole = make_segment(partition_ref());
  EXPECT_EQ(kind(whole), std::nullopt);
}

// T20: an offset delta of 2^31 wrapped, its block looked empty and was deleted. Here it is refused before anything is written.
TEST(SegmentWriter, T20_RefusesOffsetsThatIndexesCannotCount) {
  auto made = make_segment(partition_ref());
  made.sealed.end = Offset{made.sealed.base.raw + (std::int64_t{1} << 31)};
  EXPECT_TRUE(write(made.sealed).ok());
  made.sealed.end.raw += 1;
  EXPECT_EQ(write(made.sealed).error().kind, Kind::kInvalid);
}

// T27: a damaged index is never archived; it is built anew from the log.
TEST(SegmentWriter, T27_DamagedIndexesAreRebuilt) {
  const auto good = make_segment(partition_ref(), {.batches = 40, .value_bytes = 300});
  ASSERT_GE(good.sealed.offset_index.size(), 64u);
  const auto written = [&](auto damage) {
    SealedSegment bad = good.sealed;
    damage(bad);
    const auto object = write(bad);
    EXPECT_TRUE(object.ok());
    const auto tail = tail_of(object->bytes);
    EXPECT_EQ(copy_of(tail->section(SectionKind::kOffsetIndex)), good.sealed.offset_index);
    EXPECT_EQ(copy_of(tail->section(SectionKind::kTimeIndex)), good.sealed.time_index);
    return object->written;
  };
  EXPECT_FALSE(written([](SealedSegment&) {}).offset_index_rebuilt);
  EXPECT_FALSE(written([](SealedSegment&) {}).time_index_rebuilt);
  EXPECT_TRUE(written([](SealedSegment& s) { s.offset_index.clear(); }).offset_index_rebuilt);
  EXPECT_TRUE(written([](SealedSegment& s) { s.time_index.clear(); }).time_index_rebuilt);
  EXPECT_TRUE(written([](SealedSegment& s) { s.offset_index.push_back(std::byte{0}); }).offset_index_rebuilt);
  EXPECT_TRUE(written([](SealedSegment& s) { s.time_index.pop_back(); }).time_index_rebuilt);
  const auto padded = written([](SealedSegment& s) { s.offset_index.resize(s.offset_index.size() + 8, std::byte{0}); });
  EXPECT_TRUE(padded.offset_index_rebuilt);
  for (std::size_t at = 0; at < good.sealed.offset_index.size(); ++at) {
    // A higher bit of an offset is a wrong entry; its low bits may still be a true statement about the same batch.
    if (at % 8 == 3) continue;
    EXPECT_TRUE(written([&](SealedSegment& s) { s.offset_index[at] ^= std::byte{0x40}; }).offset_index_rebuilt) << at;
  }
  for (std::size_t at = 0; at < good.sealed.time_index.size(); ++at) {
    EXPECT_TRUE(written([&](SealedSegment& s) { s.time_index[at] ^= std::byte{0x40}; }).time_index_rebuilt) << at;
  }
}

TEST(SegmentWriter, ADamagedTransactionIndexFailsTheArchive) {
  auto made = make_segment(partition_ref());
  made.sealed.txn_index = Bytes(33, std::byte{0});
  EXPECT_EQ(write(made.sealed).error().kind, Kind::kCorrupt);
}

// T36: no transaction was aborted, and "there is no index", are the same answer.
TEST(SegmentObject, T36_TransactionIndexAbsentOrEmptyReadsAsEmpty) {
  const auto tail = tail_of(write(make_segment(partition_ref()).sealed)->bytes);
  EXPECT_TRUE(tail->sections.contains(SectionKind::kTxnIndex));
  EXPECT_TRUE(tail->section(SectionKind::kTxnIndex).empty());
  EXPECT_TRUE(Tail{}.section(SectionKind::kTxnIndex).empty());
}

TEST(SegmentObject, TheGuessHoldsTheTailOfAUsualSegment) {
  for (const int batches : {1, 100, 1000}) {
    const auto made = make_segment(
        partition_ref(), {.batches = batches, .records_per_batch = 2, .value_bytes = 2000, .timestamp_jitter = 50});
    const auto object = write(made.sealed, {.chunk_bytes = kMiB, .zstd_level = 1});
    EXPECT_LE(object->written.tail_bytes, tail_guess_bytes(made.log.size())) << made.log.size();
  }
}

// ---- golden bytes: objects that an earlier build wrote must read, and be written again the same, for as long as version 1
// lives.

struct Golden {
  const char* file;
  SegmentSpec spec;
  int zstd_level;
};
const Golden kGolden[] = {
    {"plain.seg", {.batches = 4, .records_per_batch = 2, .value_bytes = 40}, 0},
    {"zstd.seg",
     {.base = Offset{1'000'000'000'000}, .batches = 60, .records_per_batch = 3, .value_bytes = 120, .gap_every = 5},
     1},
};

MadeSegment golden_segment(const Golden& golden) {
  auto made = make_segment(partition_ref("orders.eu-1", 7), golden.spec);
  Bytes& txn = made.sealed.txn_index;  // producer 9 began at the base, and its abort marker is the record after it
  const Offset base = made.sealed.base;
  record::append_entry(txn, record::TxnEntry{9, base, next(base), next(next(base))});
  made.sealed.leader_epochs = copy_of(view_of("0\n1\n3 0\n"));
  return made;
}
std::string golden_path(const Golden& golden) {
  return TAKHIN_GOLDEN_DIR "/segment_object/" + std::string(golden.file);
}

TEST(SegmentObjectGolden, IsReadAndWrittenAgainTheSame) {
  os::PosixFileSystem files;
  for (const Golden& golden : kGolden) {
    const auto made = golden_segment(golden);
    const auto written = write(made.sealed, {.chunk_bytes = 2000, .zstd_level = golden.zstd_level});
    ASSERT_TRUE(written.ok()) << written.error().text;
    const auto stored = read_whole(files, golden_path(golden));
    ASSERT_TRUE(stored.ok()) << stored.error().text;
    const auto tail = tail_of(*stored);
    EXPECT_EQ(log_of(*stored, *tail), made.log);
    EXPECT_EQ(segment_facts(*tail)->entry, entry_of(made.sealed));
    EXPECT_EQ(tail->sections, tail_of(written->bytes)->sections);
    // Another libzstd may compress otherwise; what it says is held to the same bytes once decoded, above.
    const bool same_codec = golden.zstd_level == 0 || ZSTD_versionNumber() == 10504;
    EXPECT_TRUE(!same_codec || written->bytes == *stored) << golden.file;
  }
}

}  // namespace
}  // namespace takhin::tier
