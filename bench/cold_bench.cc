// What the cold side costs on the way of every fetch: the policy's decision, the access book, a lookup of bytes at hand.
// Distinct keys throughout, and every row proves what it did.

#include <benchmark/benchmark.h>

#include "os/clock.h"
#include "testing/cold_bed.h"
#include "tier/policy.h"

namespace takhin::tier {
namespace {

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
  AccessTracker::Slot slot = 0;
  std::uint64_t records = 0;
  for (auto _ : state) {
    if (records == 0) slot = tracker->intern({fmt::format("t{}", state.thread_index()), {}, state.thread_index()});
    tracker->record(slot, order[records++ % segments], 100, TimestampMs{1'700'000'000'000});
  }
  std::uint64_t counted = 0;
  for (const Offset base : order) {
    if (const auto stats = tracker->stats(slot, base, TimestampMs{1'700'000'000'000})) counted += stats->count;
  }
  if (counted != records) state.SkipWithError("accesses were lost");
}
BENCHMARK(BM_AccessRecord)->Arg(1000)->Arg(100'000)->UseRealTime();
BENCHMARK(BM_AccessRecord)->Arg(1000)->Threads(4)->UseRealTime();

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
