#pragma once
// The clockwork of the passes: who is looked at when, how many at once, and how to wait while the store is away. What a pass does
// with one partition is PartitionImpl's.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
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
  std::size_t pass_threads = 2;  // 0: passes run on the thread that calls tick() or run_all_now()
  DiskTarget disk_target;
};

struct KeeperDeps {
  Clock& clock;
  Random& random;
  UploadControl& uploads;
  std::function<std::vector<std::shared_ptr<PartitionImpl>>()> partitions;
  /// Store work of topics (publishing, deleting); false from has_errands: nothing to do.
  std::function<bool()> has_errands;
  std::function<Result<>()> run_errands;
  /// Of the disk that holds the logs; nothing when it cannot be told.
  std::function<std::optional<std::uint64_t>()> free_bytes;
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
  /// Log bytes that local disk holds beyond its target, as of the last tick.
  std::uint64_t disk_excess() const { return disk_excess_.load(std::memory_order_relaxed); }
  /// The order of a pass that archives by age, for who asks what it would find.
  PassOrder archive_order() const { return order(options_.auto_archive, false); }

 private:
  struct Debt {
    bool running = false;
    bool archive = true;   // owed since the start: a restart must not put a pass off
    bool evaluate = true;
    Offset release_before = kNoOffset;  // what it should give while local disk holds too much
    int failures = 0;      // in a row
    Steady not_before{};
  };

  /// A pass that waits for a thread.
  struct Due {
    std::shared_ptr<PartitionImpl> partition;
    PassOrder order;
    std::shared_ptr<void> over;  // marks the partition as not running any more when it goes
    std::uint64_t local_bytes = 0;
  };

  void run();
  void plan_relief(const std::vector<std::shared_ptr<PartitionImpl>>& partitions);
  void mark_due(Steady now);
  void submit_due(const std::vector<std::shared_ptr<PartitionImpl>>& partitions, Steady now);
  std::optional<PassOrder> claim(const std::shared_ptr<PartitionImpl>& partition, Steady now);
  void submit(Due due);
  void run_next();
  void submit_errands(Steady now);
  void run_one(const std::shared_ptr<PartitionImpl>& partition, PassOrder order);
  void note(const Result<>& result, Debt& debt);
  std::chrono::milliseconds backoff(int failures);
  PassOrder order(bool archive, bool evaluate) const;

  const KeeperDeps deps_;
  const KeeperOptions options_;
  const std::unique_ptr<DiskRoom> room_;  // null: no target
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::weak_ptr<PartitionImpl>, Debt, std::owner_less<>> debts_;
  std::set<Uuid> budgeted_;  // topics with a budget of upload bytes that have a pass under way: one at a time
  std::deque<Due> due_;      // as many as there are tasks in pool_ that will take one; the fullest first while disk is short
  Debt errands_;
  Steady next_archive_{};
  Steady next_evaluate_{};
  int store_failures_ = 0;
  Steady store_not_before_{};
  std::optional<Error> store_trouble_;
  std::atomic<std::uint64_t> disk_excess_{0};

  WorkerPool pool_;
  std::thread thread_;
};

}  // namespace takhin::partition
