// What the cold side costs on the way of every fetch: the policy's decision, the access book, a lookup of bytes at hand.
// Distinct keys throughout, and every row proves what it did.

#include <benchmark/benchmark.h>

#include <malloc.h>

#include <cstdlib>
#include <new>

#include "os/clock.h"
#include "testing/cold_bed.h"
#include "tier/catalog_index.h"
#include "tier/policy.h"

/// Allocations of this program so far: what claims to make none is held to it.
static std::atomic<std::uint64_t> allocations{0};
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace takhin::tier {
namespace {

std::size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

constexpr TimestampMs kNow{1'700'000'000'000};

void BM_PolicyDecision(benchmark::State& state) {
  const PolicyOptions options;
  std::mt19937_64 dice(1);
  struct Case {
    std::int64_t age;
    double hz;
    std::uint64_t count;
  };
  std::vector<Case> cases(4096);
  for (Case& one : cases) {
    one = {static_cast<std::int64_t>(dice() % (2 * static_cast<std::uint64_t>(options.cold_age_ms))),
           static_cast<double>(dice() % 20), dice() % 200};
  }
  std::uint64_t sum = 0;
  for (const Case& one : cases) sum += static_cast<std::uint64_t>(desired_tier(options, one.age, one.hz, one.count));
  std::uint64_t decided = 0, rounds = 0;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(cases.size()))) {
    for (const Case& one : cases) decided += static_cast<std::uint64_t>(desired_tier(options, one.age, one.hz, one.count));
    benchmark::DoNotOptimize(decided);
    ++rounds;
  }
  if (sum == 0 || sum == 2 * cases.size() || decided != rounds * sum) state.SkipWithError("not what was decided before");
}
BENCHMARK(BM_PolicyDecision);

/// Arg: segments, each recorded in a shuffled order. Threads have partitions of their own, as brokers' threads mostly do.
void BM_AccessRecord(benchmark::State& state) {
  static std::unique_ptr<AccessTracker> tracker;
  if (state.thread_index() == 0) tracker = std::make_unique<AccessTracker>();
  const auto segments = static_cast<std::size_t>(state.range(0));
  std::vector<Offset> order(segments);
  for (std::size_t i = 0; i < segments; ++i) order[i] = Offset{static_cast<std::int64_t>(i) * 1000};
  std::ranges::shuffle(order, std::mt19937_64(1));
  std::optional<AccessTracker::Slot> slot;  // taken once thread 0 has made the tracker: inside of the loop all threads are there
  std::uint64_t records = 0, allocations_before = 0;
  for (auto _ : state) {
    if (!slot) [[unlikely]] {
      slot = tracker->intern({fmt::format("t{}", state.thread_index()), {}, state.thread_index()});
      for (const Offset base : order) tracker->record(*slot, base, 0, kNow);
      allocations_before = allocations;
    }
    tracker->record(*slot, order[records++ % segments], 100, kNow);
  }
  const std::uint64_t made = allocations - allocations_before;
  if (state.threads() == 1 && made > 0) state.SkipWithError("a known segment was recorded with an allocation");
  std::uint64_t counted = 0;
  for (const Offset base : order) counted += tracker->stats(*slot, base, kNow)->count - 1;
  if (counted != records) state.SkipWithError("accesses were lost");
}
BENCHMARK(BM_AccessRecord)->Arg(1000)->Arg(100'000)->UseRealTime();
BENCHMARK(BM_AccessRecord)->Arg(1000)->Threads(4)->UseRealTime();

/// What a sweep asks of the engine about every segment: where it lies, how often it is read, what the policy says. Args:
/// partitions, archived segments of each, every tenth of them read.
void BM_Sweep(benchmark::State& state) {
  CatalogIndex index;
  AccessTracker tracker(static_cast<std::size_t>(state.range(0) * state.range(1)));
  std::vector<PartitionRef> refs;
  std::vector<AccessTracker::Slot> slots;
  testing::SeededRandom random(1);
  const PolicyOptions policy;
  const std::size_t before = allocated();
  for (std::int64_t p = 0; p < state.range(0); ++p) {
    refs.push_back({"topic-" + std::to_string(p), {}, 0});
    slots.push_back(tracker.intern(refs.back()));
    std::vector<CatalogEntry> entries;
    for (std::int64_t i = 0; i < state.range(1); ++i) {
      const auto age = static_cast<std::int64_t>(random.below(2 * static_cast<std::uint64_t>(policy.cold_age_ms)));
      entries.push_back({{.base = Offset{i * 1000}, .end = Offset{i * 1000 + 1000}, .max_timestamp = TimestampMs{kNow.raw - age},
                          .log_bytes = kMiB, .id = Uuid::make(random)}, kMiB, std::nullopt});
      if (i % 10 == 0) tracker.record(slots.back(), entries.back().segment.base, 1, kNow);
    }
    index.set(refs.back(), entries);
  }
  const auto bytes = static_cast<double>(allocated() - before);
  std::array<std::uint64_t, 3> decided{};
  for (auto _ : state) {
    for (std::size_t p = 0; p < refs.size(); ++p) {
      for (const CatalogEntry& entry : index.get(refs[p])->entries()) {
        const auto stats = tracker.stats(slots[p], entry.segment.base, kNow).value_or(AccessStats{});
        const std::int64_t age = age_ms(kNow, entry.segment.max_timestamp, kNoTimestamp);
        ++decided[static_cast<std::size_t>(desired_tier(policy, age, stats.average_hz, stats.count))];
      }
    }
  }
  const auto segments = static_cast<std::uint64_t>(state.range(0) * state.range(1));
  if (decided[0] + decided[1] + decided[2] != segments * static_cast<std::uint64_t>(state.iterations()) || decided[0] == 0 ||
      decided[1] == 0 || decided[2] == 0) {
    state.SkipWithError("not every segment was decided on");
  }
  state.counters["bytes_per_segment"] = bytes / static_cast<double>(segments);
}
BENCHMARK(BM_Sweep)->Args({100, 1'000})->Args({1'000, 1'000})->Unit(benchmark::kMillisecond)->Iterations(3);

/// Memory of the access book: Arg segments, all of them read.
void BM_TrackedSegments(benchmark::State& state) {
  const auto segments = static_cast<std::size_t>(state.range(0));
  double bytes = 0;
  for (auto _ : state) {
    const std::size_t before = allocated();
    AccessTracker tracker(2 * segments);
    const auto slot = tracker.intern({"orders", {}, 0});
    for (std::size_t i = 0; i < segments; ++i) tracker.record(slot, Offset{static_cast<std::int64_t>(i) * 1000}, 1, kNow);
    bytes = static_cast<double>(allocated() - before);
    if (tracker.tracked() != segments) state.SkipWithError("a segment is not tracked");
  }
  state.counters["bytes_per_segment"] = bytes / static_cast<double>(segments);
}
BENCHMARK(BM_TrackedSegments)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

/// The engine's counters with Arg archived segments.
void BM_Stats(benchmark::State& state) {
  testing::ColdBed bed;
  std::vector<CatalogEntry> entries;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    entries.push_back({{.base = Offset{i}, .end = Offset{i + 1}, .log_bytes = 1, .id = Uuid::make(bed.random)}, 1, std::nullopt});
  }
  bed.options.catalog_path = bed.dir / "catalog.db";
  {
    const auto catalog = *Catalog::open(bed.files, bed.options.catalog_path);
    if (!catalog->add(bed.partition, entries).ok()) return state.SkipWithError("add");
  }
  const auto engine = *Engine::open({bed.memory, bed.files, bed.clock, bed.random, bed.metrics}, bed.options);
  std::uint64_t segments = 0;
  for (auto _ : state) segments += engine->stats().segments;
  if (segments != static_cast<std::uint64_t>(state.iterations() * state.range(0))) state.SkipWithError("not all are counted");
}
BENCHMARK(BM_Stats)->Arg(1'000);

/// Random offsets of a cached segment: catalogue, tail, pin, batch headers, unpin. No byte is copied.
void BM_AtHand(benchmark::State& state) {
  testing::ColdBed bed;
  bed.options.chunk_bytes = 64 * kKiB;
  bed.options.fetch_bytes_max = kMiB;
  bed.options.cache_bytes_max = 64 * kMiB;
  bed.add_log({.segments = 4, .batches = 2000, .value_bytes_max = 1000});
  bed.open();
  bed.read_in_order(kMiB);
  const int gets = bed.gets();
  std::mt19937_64 dice(1);
  std::vector<Offset> offsets(4096);
  for (Offset& offset : offsets) {
    const auto span = static_cast<std::uint64_t>(bed.end().raw - bed.begin().raw);
    offset = Offset{bed.begin().raw + static_cast<std::int64_t>(dice() % span)};
  }
  std::uint64_t found = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    const auto slice = bed.reader->at_hand(*bed.handle, offsets[i++ % offsets.size()], 64 * kKiB);
    found += slice && !slice->data.range.empty() ? 1 : 0;
  }
  if (found != i || bed.gets() != gets) state.SkipWithError("a slice was not at hand");
}
BENCHMARK(BM_AtHand);

}  // namespace
}  // namespace takhin::tier
