#pragma once
// The clockwork of the passes: who is looked at when, how many at once, and how to wait while the store is away. What a pass does
// with one partition is PartitionImpl's.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/worker_pool.h"
#include "partition/partition_impl.h"

namespace takhin::partition {

/// Partitions that wait for a pass thread; the others are found again at the next tick.
inline constexpr std::size_t kPassQueueMax = 10'000;
/// Pause after a failure, doubled with each one in a row, each time a random part of it (full jitter from its half).
inline constexpr std::int64_t kBackoffFirstMs = 1'000;
inline constexpr std::int64_t kBackoffMostMs = 60'000;

struct KeeperOptions {
  tier::PolicyOptions policy;
  bool auto_archive = true;
  std::int64_t archive_interval_ms = 3600'000;
  std::int64_t evaluate_interval_ms = 1800'000;
  std::int64_t local_pass_interval_ms = 2'000;
  std::size_t pass_threads = 2;
};

struct KeeperDeps {
  Clock& clock;
  Random& random;
  std::function<std::vector<std::shared_ptr<PartitionImpl>>()> partitions;
  /// Store work of topics (publishing, deleting); false from has_errands: nothing to do.
  std::function<bool()> has_errands;
  std::function<Result<>()> run_errands;
};

/// Any thread.
class TierKeeper {
 public:
  TierKeeper(KeeperDeps deps, KeeperOptions options);
  ~TierKeeper();
  TierKeeper(const TierKeeper&) = delete;
  TierKeeper& operator=(const TierKeeper&) = delete;

  void start();
  /// Ends what runs at its next step (uploads at their next read), then joins. Idempotent.
  void stop();
  /// One whole pass over every partition, on the calling thread and the pass threads; the first error. kUnavailable: the
  /// store is away.
  Result<> run_all_now();
  /// One local tick, as the thread does it every local_pass_interval_ms. For tests, too.
  void tick();
  /// The last failure of store work, nothing while it succeeds.
  std::optional<Error> store_trouble() const;

 private:
  struct Debt {
    bool running = false;
    bool archive = true;   // owed since the start: a restart must not put a pass off
    bool evaluate = true;
    int failures = 0;      // in a row
    Steady not_before{};
  };

  void run();
  void mark_due(Steady now);
  void submit_due(const std::vector<std::shared_ptr<PartitionImpl>>& partitions, Steady now);
  std::optional<PassOrder> claim(const std::shared_ptr<PartitionImpl>& partition, Steady now);
  void submit_errands(Steady now);
  void run_one(const std::shared_ptr<PartitionImpl>& partition, PassOrder order);
  void note(const Result<>& result, Debt& debt);
  std::chrono::milliseconds backoff(int failures);
  PassOrder order(bool archive, bool evaluate) const;

  const KeeperDeps deps_;
  const KeeperOptions options_;
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::weak_ptr<PartitionImpl>, Debt, std::owner_less<>> debts_;
  Debt errands_;
  Steady next_archive_{};
  Steady next_evaluate_{};
  int store_failures_ = 0;
  Steady store_not_before_{};
  std::optional<Error> store_trouble_;

  WorkerPool pool_;
  std::thread thread_;
};

}  // namespace takhin::partition
