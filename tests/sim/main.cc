// sim SEEDS [BASE]: runs seeds BASE.. and says what each violation needs to be seen again; then one fixed life, ended at its
// every step, by kill and by power loss.  sim --replay SEED: one seed, step by step.
// Prints "N passed, M failed"; exit 1 when one failed.

#include <atomic>
#include <charconv>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"
#include "tests/sim/run.h"

namespace {

using takhin::sim::RunReport;

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) {
    std::fprintf(stderr, "sim: not a number: %.*s\n", static_cast<int>(text.size()), text.data());
    std::exit(2);
  }
  return value;
}

int replay(std::uint64_t seed) {
  takhin::set_log_level(takhin::LogLevel::kInfo);
  const auto report = takhin::sim::run_seed(seed, {.loud = true});
  if (report.ok()) {
    std::printf("seed %llu: passed, trace %016llx\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(report->trace));
    return 0;
  }
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), report.error().text.c_str());
  return 1;
}

void add(RunReport& sum, const RunReport& one) {
  sum.steps += one.steps;
  sum.crashes += one.crashes;
  sum.store_faults += one.store_faults;
  sum.batches += one.batches;
  sum.archived += one.archived;
  sum.trace ^= one.trace;
}

/// Every step of a life, by every kind of crash; how many, and how many failed.
std::pair<std::uint64_t, std::uint64_t> run_every_step() {
  std::uint64_t lives = 0;
  std::uint64_t failed = 0;
  for (const auto how : {takhin::sim::End::kKill, takhin::sim::End::kPowerLoss}) {
    for (std::uint64_t crash_at = 0;; ++crash_at) {
      const auto lived = takhin::sim::run_with_crash_at(crash_at, how);
      if (lived.ok() && !*lived) break;
      ++lives;
      if (lived.ok()) continue;
      ++failed;
      std::printf("%s after change %llu: %s\n", how == takhin::sim::End::kKill ? "kill" : "power loss",
                  static_cast<unsigned long long>(crash_at), lived.error().text.c_str());
    }
  }
  std::printf("sim: one life was ended at each of its steps, %llu times\n", static_cast<unsigned long long>(lives));
  return {lives, failed};
}

/// A seed that does not replay is worth nothing: some are run twice.
constexpr std::uint64_t kTwiceEvery = 50;

takhin::Result<RunReport> run_one(std::uint64_t seed, bool twice) {
  auto report = takhin::sim::run_seed(seed, {});
  if (!twice || !report.ok()) return report;
  const auto again = takhin::sim::run_seed(seed, {});
  if (again.ok() && again->trace == report->trace) return report;
  return takhin::fail(takhin::Kind::kCorrupt, "went another way the second time");
}

int run_all(std::uint64_t seeds, std::uint64_t base) {
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  RunReport sum;
  std::uint64_t failed = 0;
  const auto work = [&] {
    for (std::uint64_t mine = next++; mine < seeds; mine = next++) {
      const std::uint64_t seed = base + mine;
      const auto report = run_one(seed, mine % kTwiceEvery == 0);
      const std::lock_guard hold(mutex);
      if (report.ok()) {
        add(sum, *report);
        continue;
      }
      ++failed;
      std::printf("seed %llu: %s\n  to see it again: ./dev sim SEED=%llu\n", static_cast<unsigned long long>(seed),
                  report.error().text.c_str(), static_cast<unsigned long long>(seed));
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  std::printf("sim: %llu steps, %llu ends of the process, %llu faults of the store, %llu batches, %llu segments archived\n",
              static_cast<unsigned long long>(sum.steps), static_cast<unsigned long long>(sum.crashes),
              static_cast<unsigned long long>(sum.store_faults), static_cast<unsigned long long>(sum.batches),
              static_cast<unsigned long long>(sum.archived));
  const auto [lives, lives_failed] = run_every_step();
  failed += lives_failed;
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(seeds + lives - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> args(argv + 1, argv + argc);
  takhin::set_log_level(takhin::LogLevel::kOff);
  if (args.size() == 2 && args[0] == "--replay") return replay(number(args[1]));
  if (args.size() == 1 || args.size() == 2) return run_all(number(args[0]), args.size() == 2 ? number(args[1]) : 1);
  std::fprintf(stderr, "usage: sim SEEDS [BASE] | sim --replay SEED\n");
  return 2;
}
