// What the hot tier costs: appends, tail and random reads, recovery of many segments. On a real disk, through the page cache.

#include <benchmark/benchmark.h>

#include "log/key_offsets.h"
#include "log/log.h"
#include "log/names.h"
#include "log/recovery.h"
#include "log/segment.h"
#include "os/clock.h"
#include "os/files.h"
#include "testing/temp_dir.h"

namespace takhin::log {
namespace {

class Bed {
 public:
  explicit Bed(std::uint64_t segment_bytes = 256 * kMiB) {
    options_.files = &files_;
    options_.clock = &clock_;
    options_.dir = dir_.path() + "/t-0";
    options_.config.segment_bytes = segment_bytes;
    open(false);
  }
  void open(bool clean) {
    log_.reset();
    options_.clean_shutdown = clean;
    auto opened = Log::open(options_);
    TAKHIN_ASSERT(opened.ok(), "a fresh directory opens");
    log_ = *std::move(opened);
  }
  void append(Bytes& batch) {
    const auto appended = log_->append(batch, LeaderEpoch{0});
    TAKHIN_ASSERT(appended.ok() && appended->status == AppendStatus::kOk, "a sound batch is taken");
  }
  Bytes batch(std::size_t records, std::size_t value_bytes, record::Codec codec = record::Codec::kNone) {
    std::string value(value_bytes, 'v');
    for (std::size_t i = 0; i < value.size(); i += 3) value[i] = static_cast<char>('a' + i * 7 % 26);
    std::vector<record::NewRecord> all(
        records, {.key = view_of("0123456789"), .value = view_of(value), .timestamp = clock_.wall()});
    return *record::build_batch(all, {.codec = codec});
  }
  Log& log() { return *log_; }
  FileSystem& files() { return files_; }
  const std::string& dir() const { return options_.dir; }

 private:
  testing::TempDir dir_;
  os::PosixFileSystem files_;
  os::SystemClock clock_;
  OpenOptions options_;
  std::unique_ptr<Log> log_;
};

/// Check, give offsets, write: args are records a batch, value bytes, codec.
void BM_Append(benchmark::State& state) {
  Bed bed;
  Bytes batch = bed.batch(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)),
                          static_cast<record::Codec>(state.range(2)));
  std::int64_t kept = 0;
  for (auto _ : state) {
    bed.append(batch);
    if (bed.log().bytes() > kGiB) {  // bounded disk use; the release is cheap
      TAKHIN_ASSERT(bed.log().release_oldest(Offset{INT64_MAX}, {}).ok(), "released");
    }
    ++kept;
  }
  TAKHIN_ASSERT(bed.log().end().raw == kept * state.range(0), "every record got an offset");
  state.SetBytesProcessed(static_cast<std::int64_t>(batch.size()) * kept);
  state.SetItemsProcessed(kept * state.range(0));
}
BENCHMARK(BM_Append)->Args({1, 100, 0})->Args({100, 100, 0})->Args({16, 1000, 0})->Args({16, 1000, 3})->Args({16, 1000, 4});

/// Compaction of 64 MiB of records of 1 KiB: args are keys and codec. Rate over the log's bytes, each of which is read twice.
void BM_Compact(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  const std::string value(1000, 'v');
  KeyOffsets map(128 * kMiB, 7);
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Bed bed(16 * kMiB);
    for (std::uint64_t at = 0; bed.log().bytes() < 64 * kMiB && at < 65'536;) {
      std::vector<std::string> names;
      std::vector<record::NewRecord> all;
      for (int i = 0; i < 16; ++i) names.push_back(std::to_string(at++ * 7919 % keys));
      for (const std::string& name : names) all.push_back({view_of(name), view_of(value), TimestampMs{1}, {}});
      Bytes batch = *record::build_batch(all, {.codec = static_cast<record::Codec>(state.range(1))});
      bed.append(batch);
    }
    TAKHIN_ASSERT(bed.log().roll().ok(), "rolled");
    const std::uint64_t before = bed.log().bytes();
    const CleanOrder order{.before = bed.log().end(), .now = TimestampMs{2}, .keys = &map};
    state.ResumeTiming();
    const auto cleaned = bed.log().clean(order);
    state.PauseTiming();
    TAKHIN_ASSERT(cleaned.ok() && cleaned->records_kept == std::min<std::uint64_t>(keys, cleaned->records_read), "each key once");
    bytes += before;
    state.ResumeTiming();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_Compact)->Args({1000, 0})->Args({1'000'000, 0})->Args({1000, 4})->Unit(benchmark::kMillisecond)->UseRealTime();

/// acks=all: an append and its fsync.
void BM_AppendSync(benchmark::State& state) {
  Bed bed;
  Bytes batch = bed.batch(16, 1000);
  for (auto _ : state) {
    bed.append(batch);
    const auto synced = bed.log().sync();
    TAKHIN_ASSERT(synced.ok() && *synced == bed.log().end(), "on disk");
  }
}
BENCHMARK(BM_AppendSync)->UseRealTime();

/// A consumer at the tail: where its slice lies, without touching the file.
void BM_ReadTail(benchmark::State& state) {
  Bed bed;
  Bytes batch = bed.batch(16, 1000);
  for (int i = 0; i < 1000; ++i) bed.append(batch);
  const Offset at{bed.log().end().raw - 20 * 16};
  for (auto _ : state) {
    const auto slice = bed.log().read(at, kMiB, true, bed.log().end());
    TAKHIN_ASSERT(slice.ok() && slice->first == at && slice->data.range.size() == 20 * batch.size(), "the last twenty batches");
  }
}
BENCHMARK(BM_ReadTail);

/// Offsets all over sealed segments that are open: index search and a look at some headers.
void BM_ReadRandom(benchmark::State& state) {
  Bed bed(64 * kMiB);
  Bytes batch = bed.batch(16, 1000);
  while (bed.log().bytes() < 256 * kMiB) bed.append(batch);
  std::uint64_t random = 88172645463325252ULL;
  for (auto _ : state) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    const Offset at{static_cast<std::int64_t>(random % static_cast<std::uint64_t>(bed.log().end().raw))};
    const auto slice = bed.log().read(at, kMiB, true, bed.log().end());
    TAKHIN_ASSERT(slice.ok() && slice->first <= at && at.raw - slice->first.raw < 16, "the batch that holds it");
  }
}
BENCHMARK(BM_ReadRandom);

constexpr std::int64_t kManySegments = 10'000;

/// A log of many sealed segments, the same for every run. The files are written here one by one: rolling would measure 40,000
/// fsyncs.
Bed& bed_of_many_segments() {
  static const auto made = [] {
    auto bed = std::make_unique<Bed>();
    Bytes batch = bed->batch(1, 600);
    const auto write = [&](Offset base, std::string_view suffix, View data) {
      TAKHIN_ASSERT(write_plain(bed->files(), segment_path(bed->dir(), base, suffix), data).ok(), "written");
    };
    for (std::int64_t i = 0; i < kManySegments; ++i) {
      record::assign(batch, {.base_offset = Offset{i}, .leader_epoch = LeaderEpoch{0}});
      record::IndexBuilder index(Offset{i}, 4096);
      index.add(*record::parse_header(batch), 0);
      index.finish();
      write(Offset{i}, kLogSuffix, batch);
      write(Offset{i}, kOffsetIndexSuffix, index.offsets());
      write(Offset{i}, kTimeIndexSuffix, index.times());
    }
    for (const auto suffix : {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix}) write(Offset{kManySegments}, suffix, {});
    write(Offset{kManySegments}, kSnapshotSuffix, ProducerState().encode());
    TAKHIN_ASSERT(write_recovery_point(bed->files(), bed->dir(), Offset{kManySegments}).ok(), "written");
    return bed;
  }();
  return *made;
}

/// Start after a clean shutdown (1) or a kill (0).
void BM_Open10000Segments(benchmark::State& state) {
  Bed& bed = bed_of_many_segments();
  for (auto _ : state) {
    bed.open(state.range(0) == 1);
    const bool all = bed.log().end() == Offset{kManySegments} && bed.log().segments().size() == kManySegments + 1;
    TAKHIN_ASSERT(all, "all there");
  }
}
BENCHMARK(BM_Open10000Segments)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->Iterations(5);

}  // namespace
}  // namespace takhin::log
