// What the cold tier costs: catalogue lookups over distinct keys, loading it, archiving. Every row checks what it measured.

#include <benchmark/benchmark.h>

#include <malloc.h>
#include <sys/resource.h>

#include <random>

#include "object/memory.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/random.h"
#include "testing/segment_kit.h"
#include "testing/temp_dir.h"
#include "tier/catalog_index.h"
#include "tier/engine.h"
#include "tier/segment_writer.h"

namespace takhin::tier {
namespace {

using testing::partition_ref;
using testing::SeededRandom;

constexpr std::uint64_t kSegmentOffsets = 1000;  // on average: from 500 to 1,500

std::vector<CatalogEntry> entries_of(std::int64_t count, SeededRandom& random) {
  std::vector<CatalogEntry> out;
  out.reserve(static_cast<std::size_t>(count));
  Offset base{0};
  for (std::int64_t i = 0; i < count; ++i) {
    const Offset end{base.raw + 500 + static_cast<std::int64_t>(random.below(kSegmentOffsets))};
    out.push_back({{.base = base, .end = end, .max_timestamp = TimestampMs{i}, .log_bytes = kMiB, .leader_epoch = LeaderEpoch{0},
                    .id = Uuid::make(random)},
                   kMiB, 0u});
    base = end;
  }
  return out;
}

/// What a lookup is asked: rounds over every segment, each round in an order of its own, so that neither caches nor branch
/// predictors know better than in real life. One question after the other lies in memory: asking costs nothing.
struct Question {
  const CatalogPartition* partition;
  Offset offset;
};
constexpr std::size_t kQuestionsMin = 1'000'000;

std::vector<Question> questions_of(const CatalogIndex& index, const std::vector<PartitionHandle>& handles, std::uint64_t seed) {
  SeededRandom random(seed);
  std::vector<Question> round, all;
  for (const PartitionHandle& handle : handles) {
    for (const CatalogEntry& entry : index.get(handle->ref())->entries()) {
      const auto span = static_cast<std::uint64_t>((entry.segment.end - entry.segment.base).raw);
      round.push_back({handle.get(), entry.segment.base + OffsetDelta{static_cast<std::int64_t>(random.below(span))}});
    }
  }
  std::mt19937_64 order(seed);
  while (all.size() < kQuestionsMin) {
    std::ranges::shuffle(round, order);
    all.insert(all.end(), round.begin(), round.end());
  }
  return all;
}

/// Asks them all again and again; how many answers were wrong.
std::uint64_t ask(benchmark::State& state, const CatalogIndex& index, const std::vector<Question>& questions) {
  std::uint64_t wrong = 0;
  std::size_t at = 0;
  for (auto _ : state) {
    const Question& question = questions[at];
    at = at + 1 < questions.size() ? at + 1 : 0;
    const auto found = index.find(*question.partition, question.offset);
    wrong += !found || found->segment.base > question.offset || found->segment.end <= question.offset;
  }
  return wrong;
}

std::size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// Args: partitions, segments of each.
void BM_CatalogueLookup(benchmark::State& state) {
  SeededRandom random;
  const std::size_t before = allocated();
  CatalogIndex index;
  std::vector<PartitionHandle> handles;
  for (std::int64_t p = 0; p < state.range(0); ++p) {
    const auto ref = partition_ref("topic-" + std::to_string(p % 100), static_cast<std::int32_t>(p / 100));
    handles.push_back(index.handle(ref));
    index.set(ref, entries_of(state.range(1), random));
  }
  const auto bytes = static_cast<double>(allocated() - before);
  if (ask(state, index, questions_of(index, handles, 1)) > 0) state.SkipWithError("wrong answers");
  state.counters["bytes_per_segment"] = bytes / static_cast<double>(index.segments());
}
BENCHMARK(BM_CatalogueLookup)->Args({1, 1'000})->Args({10, 100})->Args({1'000, 1})->Args({1'000, 1'000})->Args({1, 1'000'000});

/// Readers of one partition on several threads: nobody waits for anybody.
void BM_CatalogueLookupShared(benchmark::State& state) {
  static CatalogIndex* index = [] {
    SeededRandom random;
    auto* made = new CatalogIndex;
    made->set(partition_ref(), entries_of(1'000, random));
    return made;
  }();
  const std::vector<PartitionHandle> handles{index->handle(partition_ref())};
  const auto seed = static_cast<std::uint64_t>(state.thread_index()) + 1;
  if (ask(state, *index, questions_of(*index, handles, seed)) > 0) state.SkipWithError("wrong answers");
}
BENCHMARK(BM_CatalogueLookupShared)->Threads(2)->Threads(4)->UseRealTime();

void BM_CatalogueLoad(benchmark::State& state) {
  SeededRandom random;
  os::PosixFileSystem files;
  testing::TempDir dir;
  constexpr std::int64_t kPartitions = 100;
  {
    auto catalog = *Catalog::open(files, dir / "c.db");
    const auto entries = entries_of(state.range(0) / kPartitions, random);
    for (int p = 0; p < kPartitions; ++p) {
      if (!catalog->add(partition_ref("t", p), entries).ok()) return state.SkipWithError("add");
    }
  }
  double bytes = 0;
  for (auto _ : state) {
    const std::size_t before = allocated();
    const auto catalog = *Catalog::open(files, dir / "c.db");
    if (catalog->segments() != static_cast<std::uint64_t>(state.range(0))) state.SkipWithError("not all there");
    bytes = static_cast<double>(allocated() - before);
  }
  state.counters["bytes_per_segment"] = bytes / static_cast<double>(state.range(0));
}
BENCHMARK(BM_CatalogueLoad)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(3);

/// One durable entry, as every archived segment makes one.
void BM_CatalogueAdd(benchmark::State& state) {
  SeededRandom random;
  os::PosixFileSystem files;
  testing::TempDir dir;
  auto catalog = *Catalog::open(files, dir / "c.db");
  const auto entries = entries_of(100'000, random);
  std::size_t at = 0;
  for (auto _ : state) {
    if (!catalog->add(partition_ref(), std::span(entries).subspan(at++, 1)).ok()) state.SkipWithError("add");
  }
}
BENCHMARK(BM_CatalogueAdd)->Iterations(2'000)->Unit(benchmark::kMicrosecond);

testing::MadeSegment bench_segment(bool compressible, std::uint64_t bytes) {
  // 16 KiB batches of 16 records, as a producer with its default batch size sends them.
  return testing::make_segment(partition_ref(), {.batches = static_cast<int>(bytes / (16 * kKiB)), .records_per_batch = 16,
                                                 .value_bytes = 1000, .random_values = !compressible,
                                                 .json_values = compressible});
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Args: compressible, zstd level. Reading, checking, cutting, compressing, summing; the bytes go nowhere.
void BM_WriteSegment(benchmark::State& state) {
  const auto made = bench_segment(state.range(0) != 0, 128 * kMiB);
  SegmentEntry entry{.base = made.sealed.base, .end = made.sealed.end, .log_bytes = made.sealed.log_bytes};
  std::uint64_t stored = 0;
  const double cpu = cpu_seconds();
  for (auto _ : state) {
    std::uint64_t sunk = 0;
    const auto written = write_segment(made.sealed, entry, {.zstd_level = static_cast<int>(state.range(1))}, [&](View data) {
      sunk += data.size();
      return done();
    });
    if (!written.ok() || written->object_bytes != sunk) state.SkipWithError("not written");
    stored = sunk;
  }
  const double bytes = static_cast<double>(state.iterations()) * static_cast<double>(made.log.size());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["cpu_s_per_GiB"] = (cpu_seconds() - cpu) / (bytes / static_cast<double>(kGiB));
  state.counters["ratio"] = static_cast<double>(made.log.size()) / static_cast<double>(stored);
}
BENCHMARK(BM_WriteSegment)->Args({1, 0})->Args({1, 1})->Args({0, 1})->Unit(benchmark::kMillisecond)->UseRealTime();

/// The whole verb, into a memory store: upload, verify, two notes and one entry made durable.
void BM_Archive(benchmark::State& state) {
  testing::TempDir dir;
  os::PosixFileSystem files;
  os::SystemClock clock;
  os::SystemRandom random;
  metrics::Metrics metrics;
  object::MemoryStore store(clock);
  auto engine = *Engine::open({store, files, clock, random, metrics}, {.cache_dir = dir / "cache", .catalog_path = dir / "c.db"});
  auto made = bench_segment(true, static_cast<std::uint64_t>(state.range(0)) * kMiB);
  for (auto _ : state) {
    ++made.sealed.partition.partition;  // the same log for another partition each time
    if (!engine->archive(made.sealed, Deadline::never()).ok()) state.SkipWithError("not archived");
  }
  if (engine->stats().segments != static_cast<std::uint64_t>(state.iterations())) state.SkipWithError("not all there");
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(made.log.size()));
}
BENCHMARK(BM_Archive)->Arg(1)->Arg(64)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace takhin::tier
