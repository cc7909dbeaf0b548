#include "tier/sparse_cache.h"

#include <gtest/gtest.h>

#include <random>

#include "base/crc32c.h"
#include "os/files.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"
#include "tier/cache_map.h"

namespace takhin::tier {
namespace {

constexpr std::uint32_t kChunk = 100;

class Cache : public ::testing::Test {
 protected:
  void open(std::uint64_t bytes_max) {
    cache.reset();
    auto opened = SparseCache::open(files, path, bytes_max);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    cache = *opened;
  }
  static Bytes bytes_of(std::size_t segment, std::size_t chunk) {
    return Bytes(kChunk, static_cast<std::byte>(segment * 31 + chunk + 1));
  }
  Uuid id(std::size_t segment) {
    while (ids.size() <= segment) ids.push_back(Uuid::make(random));
    return ids[segment];
  }
  static Tail tail_of(std::size_t segment, std::size_t chunks = 20) {
    Tail tail;
    for (std::size_t i = 0; i < chunks; ++i) {
      tail.chunks.push_back({.log_position = i * kChunk, .log_bytes = kChunk, .plain_crc = crc32c(bytes_of(segment, i))});
    }
    tail.log_bytes = chunks * kChunk;
    return tail;
  }
  bool put(std::size_t segment, std::size_t chunk, bool ahead = false) {
    auto room = cache->reserve(id(segment), tail_of(segment), chunk, nullptr);
    return room && room->commit(bytes_of(segment, chunk), ahead).ok();
  }
  /// A whole pass over the chunk in small steps, as a consumer makes it; false on a miss.
  bool scan(std::size_t segment, std::size_t chunk) {
    const auto slice = cache->pin(id(segment), chunk, chunk + 1);
    if (!slice) return false;
    EXPECT_EQ(*read_exactly(*slice->file, slice->range), bytes_of(segment, chunk));
    for (std::uint64_t at = slice->range.begin; at < slice->range.end; at += 25) cache->touch(id(segment), {at, at + 25});
    return true;
  }

  testing::TempDir dir;
  os::PosixFileSystem files;
  testing::SeededRandom random;
  std::vector<Uuid> ids;
  const std::string path = dir / "cache";
  std::shared_ptr<SparseCache> cache;
};

TEST_F(Cache, NeighboursAreOneSliceAtTheirLogPositions) {
  open(10'000);
  for (const std::size_t chunk : {3, 4, 5, 8}) ASSERT_TRUE(put(0, chunk));
  const auto slice = cache->pin(id(0), 3, 20);
  ASSERT_TRUE(slice.has_value());
  EXPECT_EQ(slice->range, (ByteRange{300, 600}));
  EXPECT_EQ(*read_exactly(*slice->file, {400, 500}), bytes_of(0, 4));
  EXPECT_GE(slice->file->descriptor(), 0);
  EXPECT_FALSE(cache->pin(id(0), 6, 20).has_value());
  EXPECT_FALSE(cache->pin(id(1), 0, 1).has_value());
}

TEST_F(Cache, ReservationCountsUntilItGoes) {
  open(250);
  auto first = cache->reserve(id(0), tail_of(0), 0, nullptr);
  auto second = cache->reserve(id(0), tail_of(0), 1, nullptr);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(cache->reserve(id(0), tail_of(0), 0, nullptr).has_value());  // under way
  EXPECT_FALSE(cache->reserve(id(0), tail_of(0), 2, nullptr).has_value());  // no room
  second.reset();
  EXPECT_EQ(cache->stats().bytes, 100u);
  EXPECT_TRUE(cache->reserve(id(0), tail_of(0), 2, nullptr).has_value());
  first.reset();
  EXPECT_EQ(cache->stats().bytes, 0u);
  EXPECT_EQ(cache->stats().segments, 0u);
}

TEST_F(Cache, NeverMoreThanItsRoomAndGivesTheDiskBack) {
  open(1000);
  std::mt19937 dice(1);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t segment = dice() % 5;
    const std::size_t chunk = dice() % 20;
    EXPECT_TRUE(scan(segment, chunk) || put(segment, chunk));
    ASSERT_LE(cache->stats().bytes, 1000u);
  }
  EXPECT_LE(files.list(path)->size(), 10u);  // a segment without a chunk has no file
  for (std::size_t segment = 0; segment < 5; ++segment) cache->forget(id(segment));
  EXPECT_TRUE(files.list(path)->empty());
  EXPECT_EQ(cache->stats().bytes, 0u);
}

TEST_F(Cache, ScanDoesNotPushOutWhatIsReadAgainAndAgain) {
  open(2000);
  for (std::size_t chunk = 0; chunk < 10; ++chunk) ASSERT_TRUE(put(0, chunk));
  for (int pass = 0; pass < 3; ++pass) {
    for (std::size_t chunk = 0; chunk < 10; ++chunk) ASSERT_TRUE(scan(0, chunk));
  }
  for (std::size_t segment = 1; segment < 20; ++segment) {  // 19 times the cache, each chunk read once, in small steps
    for (std::size_t chunk = 0; chunk < 20; ++chunk) {
      ASSERT_TRUE(put(segment, chunk));
      ASSERT_TRUE(scan(segment, chunk));
    }
  }
  for (std::size_t chunk = 0; chunk < 10; ++chunk) EXPECT_TRUE(cache->has(id(0), chunk)) << chunk;
}

TEST_F(Cache, PinnedChunksAreNeverPunched) {
  open(500);
  std::vector<FileSlice> held;
  for (std::size_t chunk = 0; chunk < 5; ++chunk) {
    ASSERT_TRUE(put(0, chunk));
    held.push_back(*cache->pin(id(0), chunk, chunk + 1));
  }
  EXPECT_FALSE(put(1, 0));  // nothing may go
  held.erase(held.begin() + 2);
  EXPECT_TRUE(put(1, 0));
  EXPECT_FALSE(cache->has(id(0), 2));
  for (const std::size_t chunk : {0, 1, 3, 4}) EXPECT_TRUE(scan(0, chunk));
  const auto same = cache->pin(id(0), 0, 1);  // pinned twice: goes with the last pin only
  held.clear();
  for (std::size_t chunk = 1; chunk < 20; ++chunk) ASSERT_TRUE(put(1, chunk));
  EXPECT_EQ(*read_exactly(*same->file, same->range), bytes_of(0, 0));
}

TEST_F(Cache, RestartKeepsWhatWasThereAndPunchesWhatWasNot) {
  open(10'000);
  for (const std::size_t chunk : {0, 1, 7}) ASSERT_TRUE(put(0, chunk));
  ASSERT_TRUE(put(1, 3));
  open(10'000);
  EXPECT_EQ(cache->stats().bytes, 400u);
  EXPECT_TRUE(scan(0, 0) && scan(0, 1) && scan(0, 7) && scan(1, 3));
  EXPECT_FALSE(cache->has(id(0), 2));
  ASSERT_TRUE(put(0, 2));  // goes on in the same file
  EXPECT_EQ(files.list(path)->size(), 2u);
  open(200);  // less room than before
  EXPECT_LE(cache->stats().bytes, 200u);
}

TEST_F(Cache, BadBytesOfAnEarlierProcessAreDropped) {
  open(10'000);
  for (const std::size_t chunk : {0, 1, 2, 3}) ASSERT_TRUE(put(0, chunk));
  cache.reset();
  const std::string file = path + "/" + files.list(path)->front().name;
  constexpr std::byte kWrong{0xee};
  ASSERT_TRUE((*files.open(file, OpenMode::kReadWrite))->write_at(210, View(&kWrong, 1)).ok());
  open(10'000);
  const auto slice = cache->pin(id(0), 0, 4);
  EXPECT_EQ(slice->range, (ByteRange{0, 200}));
  EXPECT_FALSE(cache->has(id(0), 2));
  EXPECT_EQ(cache->stats().rejected, 1u);
  EXPECT_TRUE(put(0, 2));
  EXPECT_TRUE(scan(0, 2) && scan(0, 3));
}

TEST_F(Cache, StrangersAndDamagedMapsAreRemovedAtOpen) {
  open(10'000);
  for (std::size_t segment = 0; segment < 3; ++segment) ASSERT_TRUE(put(segment, 0));
  cache.reset();
  const auto entries = *files.list(path);
  {
    const auto cut_short = *files.open(path + "/" + entries[0].name, OpenMode::kReadWrite);
    ASSERT_TRUE(cut_short->truncate(50).ok());
    const auto flipped = *files.open(path + "/" + entries[1].name, OpenMode::kReadWrite);
    constexpr std::byte kWrong{0xee};
    ASSERT_TRUE(flipped->write_at(CacheMap::position(2000) + 40, View(&kWrong, 1)).ok());
    ASSERT_TRUE(write_atomically(files, path + "/notes.txt", View(&kWrong, 1)).ok());
  }
  open(10'000);
  EXPECT_EQ(cache->stats().segments, 1u);
  EXPECT_EQ(files.list(path)->size(), 1u);
}

TEST_F(Cache, T28ForgottenWhileFilledOrHeld) {
  open(10'000);
  ASSERT_TRUE(put(0, 0));
  const auto held = cache->pin(id(0), 0, 1);
  auto room = cache->reserve(id(0), tail_of(0), 1, nullptr);
  cache->forget(id(0));
  EXPECT_EQ(room->commit(bytes_of(0, 1), false).error().kind, Kind::kClosed);
  EXPECT_EQ(*read_exactly(*held->file, held->range), bytes_of(0, 0));
  ASSERT_TRUE(put(0, 0));  // the same segment again, beside the old file that is still held
  EXPECT_TRUE(scan(0, 0));
  EXPECT_EQ(cache->stats().bytes, 200u);
  EXPECT_EQ(files.list(path)->size(), 1u);
}

TEST_F(Cache, CountsWhatWasFetchedAheadForNothing) {
  open(300);
  ASSERT_TRUE(put(0, 0, true) && put(0, 1, true));
  EXPECT_EQ(cache->stats().ahead_bytes, 200u);
  EXPECT_TRUE(scan(0, 0));
  EXPECT_EQ(cache->stats().ahead_bytes, 100u);
  for (std::size_t chunk = 0; chunk < 3; ++chunk) ASSERT_TRUE(put(1, chunk));
  EXPECT_EQ(cache->stats().ahead_bytes, 0u);
  EXPECT_EQ(cache->stats().wasted_bytes, 100u);
}

TEST_F(Cache, FilesBeyondTheOpenLimitAreOpenedAgain) {
  open(1'000'000);
  const std::size_t segments = SparseCache::kOpenFilesMax + 20;
  for (std::size_t segment = 0; segment < segments; ++segment) ASSERT_TRUE(put(segment, 0));
  for (std::size_t segment = 0; segment < segments; ++segment) EXPECT_TRUE(scan(segment, 0));
  for (std::size_t segment = 0; segment < segments; ++segment) ASSERT_TRUE(put(segment, 1));
}

}  // namespace
}  // namespace takhin::tier
