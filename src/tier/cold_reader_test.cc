#include "tier/cold_reader.h"

#include <thread>

#include "testing/cold_bed.h"
#include "tier/cold_metrics.h"

namespace takhin::tier {
namespace {

using testing::ColdBed;
using testing::Verb;

/// Holds GETs back until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --waiting_;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void await_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

void random_reads(ColdBed& bed, std::uint64_t seed, int reads) {
  std::mt19937_64 dice(seed);
  const auto span = static_cast<std::uint64_t>(bed.end().raw - bed.begin().raw);
  for (int i = 0; i < reads && !::testing::Test::HasFatalFailure(); ++i) {
    const Offset offset{bed.begin().raw + static_cast<std::int64_t>(dice() % span)};
    const std::uint64_t bytes_max = dice() % 3 == 0 ? 0 : dice() % 4000;
    if (bed.truth_at(offset).first == nullptr) continue;  // lost at the very end
    bed.read_and_check(offset, bytes_max);
    if (const auto slice = bed.reader->at_hand(*bed.handle, offset, bytes_max)) bed.check(*slice, offset, bytes_max);
  }
}

struct Profile {
  const char* name;
  std::uint64_t chunk_bytes;
  std::uint64_t cache_bytes;
  std::size_t threads;
  int zstd_level;
};
std::ostream& operator<<(std::ostream& out, const Profile& profile) { return out << profile.name; }

class RandomReads : public ::testing::TestWithParam<Profile> {};

TEST_P(RandomReads, AnswerTheLogsBytesFromEveryThread) {
  const Profile& profile = GetParam();
  for (const std::uint64_t seed : {1u, 2u}) {
    SCOPED_TRACE(seed);
    ColdBed bed(seed);
    bed.options.chunk_bytes = profile.chunk_bytes;
    bed.options.cache_bytes_max = profile.cache_bytes;
    bed.options.fetch_threads = profile.threads;
    bed.options.zstd_level = profile.zstd_level;
    bed.add_log({.segments = 4, .batches = 40, .gap_percent = 20, .offsets_lost_at_end = 7});
    bed.open();
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) threads.emplace_back([&, t] { random_reads(bed, seed * 100 + t, 80); });
    bed.read_in_order(1500);
    for (auto& thread : threads) thread.join();
    EXPECT_LE(bed.reader->stats().cache_bytes, profile.cache_bytes);
    EXPECT_GT(bed.reader->stats().misses, 0u);
    EXPECT_EQ(bed.reader->read(*bed.handle, bed.end(), 100, Deadline::never()).error().kind, Kind::kOutOfRange);
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, RandomReads,
                         ::testing::Values(Profile{"roomy", 256, kMiB, 4, 0}, Profile{"tiny_chunks", 64, 8192, 4, 0},
                                           Profile{"compressed", 512, 8192, 2, 1}, Profile{"two_chunks", 512, 2048, 4, 0},
                                           Profile{"below_a_chunk", 256, 100, 1, 0}, Profile{"no_cache", 256, 0, 2, 0}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ColdReader, FirstByteCostsTailAndOneGet) {
  ColdBed bed;
  bed.options.chunk_bytes = 2048;
  bed.options.fetch_bytes_max = 64 * kKiB;
  bed.add_log({.batches = 400});
  bed.open();
  bed.read_and_check(Offset{bed.begin().raw + 200}, 2000);
  EXPECT_EQ(bed.gets(), 2);
  bed.read_and_check(Offset{bed.begin().raw + 200}, 2000);
  EXPECT_EQ(bed.gets(), 2);
  EXPECT_EQ(bed.reader->stats().hits, 1u);
  EXPECT_EQ(bed.reader->stats().misses, 1u);
}

TEST(ColdReader, SmallObjectComesWholeWithItsTail) {
  ColdBed bed;
  bed.options.chunk_bytes = 64 * kKiB;
  bed.add_log({.batches = 20});
  bed.open();
  bed.read_in_order(1000);
  EXPECT_EQ(bed.gets(), 1);
}

// The default sizes, all of them 1,024 times smaller: 1 GiB in 1 MiB chunks becomes 1 MiB in chunks of 1 KiB.
TEST(ColdReader, AGigabyteInOrderCostsAtMost64GetsWithItsTail) {
  const EngineOptions defaults;
  ColdBed bed;
  bed.options.chunk_bytes = defaults.chunk_bytes / 1024;
  bed.options.fetch_bytes_max = defaults.fetch_bytes_max / 1024;
  bed.options.readahead_bytes_max = defaults.readahead_bytes_max / 1024;
  bed.options.cache_bytes_max = 4 * kMiB;
  bed.add_log({.batches = 5600, .value_bytes_max = 100});
  bed.open();
  ASSERT_GT(bed.segments.front().log.size(), kMiB);
  ASSERT_LT(bed.segments.front().log.size(), kMiB + kMiB / 8);
  bed.read_in_order(bed.options.chunk_bytes);
  EXPECT_LE(bed.gets(), 64);
}

TEST(ColdReader, ASequentialReadersGetsGrow) {
  ColdBed bed;
  bed.options.cache_bytes_max = 16 * kMiB;
  bed.options.chunk_bytes = 4096;
  bed.options.fetch_bytes_max = 64 * kKiB;
  bed.options.readahead_bytes_max = 256 * kKiB;
  bed.add_log({.batches = 1000, .value_bytes_max = 1200});
  bed.open();
  bed.read_in_order(4096);
  const auto& segment = bed.segments.front();
  EXPECT_GT(segment.log.size(), 8 * bed.options.fetch_bytes_max);
  // Chunks are whole batches, so a run can miss its limit by a chunk. Beside the full ones: the tail, the first read, which
  // guesses nothing, and those of 4, 8 and at most 16 chunks while the window opens.
  const std::uint64_t run_bytes = bed.options.fetch_bytes_max - 2 * bed.options.chunk_bytes;
  EXPECT_LE(static_cast<std::uint64_t>(bed.gets()), segment.log.size() / run_bytes + 1 + 5);
}

TEST(ColdReader, ReadAheadCrossesSegmentBorders) {
  ColdBed bed;
  bed.options.cache_bytes_max = 64 * kMiB;
  bed.options.chunk_bytes = 4096;
  bed.options.fetch_bytes_max = 256 * kKiB;
  bed.options.readahead_bytes_max = kMiB;
  bed.add_log({.segments = 6, .batches = 60});
  bed.open();
  bed.read_in_order(4000);
  // The first segment: tail and a first chunk, then the rest of it while the window opens. Each of the others comes whole, in
  // one GET.
  EXPECT_LE(bed.gets(), 5 + 5);
}

TEST(ColdReader, RandomReaderIsNotReadAheadFor) {
  ColdBed bed;
  bed.options.chunk_bytes = 2048;
  bed.add_log({.batches = 400});
  bed.open();
  for (int i = 0; i < 20; ++i) bed.read_and_check(Offset{bed.end().raw - 1 - i * 40}, 1);
  EXPECT_LE(bed.gets(), 21);  // one chunk each, and the tail
}

TEST(ColdReader, ManyReadersOfOneChunkAreOneGet) {
  Gate gate;  // before the bed: its threads may still be leaving when the test ends
  ColdBed bed;
  bed.options.fetch_bytes_max = 64 * kKiB;
  bed.add_log({.batches = 100});
  bed.scripted.before_each([&](Verb verb, std::string_view) {
    if (verb == Verb::kGet) gate.pass();
  });
  bed.open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) threads.emplace_back([&] { bed.read_and_check(bed.begin(), 1); });
  gate.await_one();
  gate.open();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(bed.gets(), 2);
}

TEST(ColdReader, GivingUpCancelsNothingAndTheRetryHits) {
  Gate gate;  // before the bed: its threads may still be leaving when the test ends
  ColdBed bed;
  bed.add_log({.batches = 100});
  bed.scripted.before_each([&](Verb verb, std::string_view) {
    if (verb == Verb::kGet) gate.pass();
  });
  bed.open();
  const auto none = [&] { return bed.reader->read(*bed.handle, bed.begin(), 1, Deadline{bed.clock.steady()}); };
  EXPECT_EQ(none().error().kind, Kind::kUnavailable);  // the tail's GET has begun
  gate.open();
  ASSERT_TRUE(bed.reader->tail(bed.partition, bed.segments[0].entry.segment, Deadline::never()).ok());
  gate.close();
  EXPECT_EQ(none().error().kind, Kind::kUnavailable);  // the chunk's has
  gate.open();
  bed.read_and_check(bed.begin(), 1);
  EXPECT_EQ(bed.gets(), 2);
  EXPECT_TRUE(bed.reader->at_hand(*bed.handle, bed.begin(), 1).has_value());
}

TEST(ColdReader, T29FailedLoadIsNotKept) {
  ColdBed bed;
  bed.add_log({.batches = 100});
  bed.open();
  bed.scripted.fail_next(Verb::kGet);
  EXPECT_EQ(bed.reader->read(*bed.handle, bed.begin(), 1, Deadline::never()).error().kind, Kind::kUnavailable);
  ASSERT_TRUE(bed.reader->tail(bed.partition, bed.segments[0].entry.segment, Deadline::never()).ok());
  bed.scripted.fail_next(Verb::kGet);
  EXPECT_EQ(bed.reader->read(*bed.handle, bed.begin(), 1, Deadline::never()).error().kind, Kind::kUnavailable);
  bed.read_and_check(bed.begin(), 1);
  EXPECT_EQ(bed.scripted.faults_left(), 0u);
}

TEST(ColdReader, BadBytesAreFetchedOnceMoreThenCorrupt) {
  ColdBed bed;
  bed.options.chunk_bytes = 1024;
  bed.add_log({.batches = 200});
  bed.open();
  const Offset middle{bed.begin().raw + 150};
  ASSERT_TRUE(bed.reader->tail(bed.partition, bed.segments[0].entry.segment, Deadline::never()).ok());
  bed.scripted.add({.verb = Verb::kGet, .effect = testing::Effect::kFlipBit});
  bed.read_and_check(bed.begin(), 1);
  EXPECT_EQ(bed.gets(), 3);

  bed.scripted.add({.verb = Verb::kGet, .effect = testing::Effect::kFlipBit, .times = 2});
  const auto bad = bed.reader->read(*bed.handle, middle, 1, Deadline::never());
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().kind, Kind::kCorrupt);
  EXPECT_NE(bad.error().text.find(object_name(bed.partition, bed.segments[0].entry.segment)), std::string::npos);
  EXPECT_NE(bad.error().text.find(".."), std::string::npos) << bad.error().text;
  bed.read_and_check(middle, 1);
}

TEST(ColdReader, T31OffsetsInAGapGoToTheNextBatchAlsoInTheNextSegment) {
  ColdBed bed;
  bed.add_log({.segments = 3, .batches = 10, .gap_percent = 60, .offsets_lost_at_end = 100});
  bed.open();
  for (Offset at = bed.begin(); bed.truth_at(at).first != nullptr; at = next(at)) bed.read_and_check(at, 0);
  const auto past = bed.reader->read(*bed.handle, Offset{bed.end().raw - 1}, 1, Deadline::never());
  EXPECT_EQ(past.error().kind, Kind::kOutOfRange);
}

TEST(ColdReader, T32ReplacedObjectIsLookedUpAgain) {
  ColdBed bed;
  bed.add_log({.batches = 50});
  bed.open();
  const auto& old = bed.segments[0].entry;
  const CatalogEntry fresh = bed.archive_again(bed.segments[0], 1);
  const object::ObjectKey old_key{object_name(bed.partition, old.segment)};
  ASSERT_TRUE(bed.memory.remove(std::span(&old_key, 1), Deadline::never()).ok());
  bed.scripted.before_each([&](Verb, std::string_view key) {  // the catalogue learns of it while the read is under way
    if (key != old_key.name) return;
    EXPECT_TRUE(bed.catalog->add(bed.partition, std::span(&fresh, 1)).ok());
  });
  bed.read_and_check(bed.begin(), 100);

  const object::ObjectKey fresh_key{object_name(bed.partition, fresh.segment)};
  ASSERT_TRUE(bed.memory.remove(std::span(&fresh_key, 1), Deadline::never()).ok());
  bed.reader->forget(bed.partition, std::span(&fresh.segment, 1));
  EXPECT_EQ(bed.reader->read(*bed.handle, bed.begin(), 1, Deadline::never()).error().kind, Kind::kNotFound);
}

TEST(ColdReader, RestartKeepsCacheAndTail) {
  ColdBed bed;
  bed.add_log({.segments = 2, .batches = 50});
  bed.open();
  bed.read_in_order(500);
  bed.open();
  const int before = bed.gets();
  bed.read_in_order(700);
  EXPECT_EQ(bed.gets(), before);
  EXPECT_EQ(bed.reader->stats().misses, 0u);
}

TEST(ColdReader, DamagedCacheBytesAreFetchedAgain) {
  ColdBed bed;
  bed.add_log({.batches = 50});
  bed.open();
  bed.read_in_order(500);
  bed.reader.reset();
  const auto entries = bed.files.list(bed.options.cache_dir);
  ASSERT_EQ(entries->size(), 1u);
  {
    const auto file = *bed.files.open(bed.options.cache_dir + "/" + entries->front().name, OpenMode::kReadWrite);
    constexpr std::byte kZeros[8]{};
    ASSERT_TRUE(file->write_at(bed.segments[0].batches[25].range.begin + 70, kZeros).ok());
  }
  bed.open();
  const int before = bed.gets();
  bed.read_in_order(500);
  EXPECT_EQ(bed.gets(), before + 1);
  EXPECT_NE(bed.metrics.text().find("tier_cache_rejected_total 1"), std::string::npos);
}

TEST(ColdReader, SlicesStayReadableWhileOthersFillTheCache) {
  ColdBed bed;
  bed.options.cache_bytes_max = 4096;
  bed.add_log({.batches = 200});
  bed.open();
  std::vector<std::pair<Offset, ColdSlice>> held;
  for (int i = 0; i < 40; ++i) {
    const Offset offset{bed.begin().raw + i * 10};
    auto slice = bed.reader->read(*bed.handle, offset, 600, Deadline::never());
    ASSERT_TRUE(slice.ok());
    held.emplace_back(offset, *std::move(slice));
  }
  for (const auto& [offset, slice] : held) bed.check(slice, offset, 600);
  bed.reader.reset();  // slices outlive even the reader
  for (const auto& [offset, slice] : held) bed.check(slice, offset, 600);
}

TEST(ColdReader, T39NeverMoreThanAskedButTheFirstBatch) {
  ColdBed bed;
  bed.add_log({.batches = 100, .value_bytes_max = 2000});
  bed.open();
  bed.read_in_order(50);
  bed.read_in_order(5000);  // check() measures every slice
}

TEST(ColdReader, ForgottenSegmentIsGoneButItsSlicesAreNot) {
  ColdBed bed;
  bed.add_log({.batches = 50});
  bed.open();
  const auto slice = bed.reader->read(*bed.handle, bed.begin(), 100, Deadline::never());
  ASSERT_TRUE(slice.ok());
  bed.reader->forget(bed.partition, std::span(&bed.segments[0].entry.segment, 1));
  EXPECT_TRUE(bed.files.list(bed.options.cache_dir)->empty());
  bed.check(*slice, bed.begin(), 100);
  EXPECT_FALSE(bed.reader->at_hand(*bed.handle, bed.begin(), 100).has_value());
  bed.read_and_check(bed.begin(), 100);
}

TEST(ColdReader, LogRangeAnswersJustThat) {
  for (const std::uint64_t cache_bytes : {kMiB, std::uint64_t{2000}, std::uint64_t{0}}) {
    ColdBed bed;
    bed.options.cache_bytes_max = cache_bytes;
    bed.add_log({.batches = 100});
    bed.open();
    const auto& truth = bed.segments[0];
    const auto& entry = truth.entry.segment;
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t a = bed.dice() % (entry.log_bytes + 1);
      const std::uint64_t b = bed.dice() % (entry.log_bytes + 1);
      const ByteRange range{std::min(a, b), std::max(a, b)};
      const auto slice = bed.reader->log_range(bed.partition, entry, range, Deadline::never());
      ASSERT_TRUE(slice.ok()) << slice.error().text;
      ASSERT_EQ(slice->range, range);
      EXPECT_TRUE(std::ranges::equal(*read_exactly(*slice->file, range), View(truth.log).subspan(range.begin, range.size())));
    }
    const auto beyond = bed.reader->log_range(bed.partition, entry, {0, entry.log_bytes + 1}, Deadline::never());
    EXPECT_EQ(beyond.error().kind, Kind::kOutOfRange);
  }
}

TEST(ColdReader, FullQueueIsUnavailableNotStuck) {
  Gate gate;  // before the bed: its threads may still be leaving when the test ends
  ColdBed bed;
  bed.options.fetch_threads = 1;
  bed.options.fetch_queue_max = 1;
  bed.add_log({.segments = 4, .batches = 20});
  bed.scripted.before_each([&](Verb verb, std::string_view) {
    if (verb == Verb::kGet) gate.pass();
  });
  bed.open();
  const auto read_at = [&](std::size_t segment) {
    const Deadline now{bed.clock.steady()};
    return bed.reader->read(*bed.handle, bed.segments[segment].entry.segment.base, 1, now).error().text;
  };
  read_at(0);
  gate.await_one();
  read_at(1);
  EXPECT_NE(read_at(2).find("too many"), std::string::npos);
  gate.open();
  bed.read_in_order(300);
}

TEST(ColdReader, DiskFullServesFromMemory) {
  struct FullFile final : File {
    Result<std::size_t> read_at(std::uint64_t, std::span<std::byte>) const override { return std::size_t{0}; }
    Result<> write_at(std::uint64_t, View) override { return fail(Kind::kExhausted, "disk full"); }
    Result<> sync() override { return done(); }
    Result<std::uint64_t> size() const override { return std::uint64_t{0}; }
    Result<> truncate(std::uint64_t) override { return done(); }
    Result<> punch(ByteRange) override { return done(); }
    int descriptor() const override { return -1; }
  };
  struct FullDisk final : os::PosixFileSystem {
    Result<std::shared_ptr<File>> open(const std::string&, OpenMode) override { return std::shared_ptr<File>(new FullFile); }
  } full;
  ColdBed bed;
  bed.other_files = &full;
  bed.add_log({.batches = 50});
  bed.open();
  bed.read_in_order(500);
  EXPECT_EQ(bed.reader->stats().cache_bytes, 0u);
}

}  // namespace
}  // namespace takhin::tier
