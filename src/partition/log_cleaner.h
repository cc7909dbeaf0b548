#pragma once
// Compacts the partitions whose cleanup.policy has compact, one at a time, the one with the most to gain first (Kafka's
// LogCleaner and LogCleanerManager, with one thread). The work itself is log/cleaner.h's.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "partition/cleaner_options.h"
#include "partition/partition_impl.h"

namespace takhin::partition {

/// Pause after a partition could not be cleaned, doubled with each time in a row. The others go on meanwhile.
inline constexpr std::int64_t kSetAsideFirstMs = 60'000;
inline constexpr std::int64_t kSetAsideMostMs = 3600'000;

struct CleanerDeps {
  Clock& clock;
  Random& random;
  std::function<std::vector<std::shared_ptr<PartitionImpl>>()> partitions;
};

struct CleanerStats {
  std::uint64_t runs = 0;      // partitions cleaned, in whole or as far as the map of keys held
  std::uint64_t failures = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  double dirty_ratio_max = 0;  // as of the last look at all partitions
  std::size_t set_aside = 0;   // partitions that could not be cleaned and wait
  std::int64_t idle_ms = 0;    // since the last look at all partitions, or the start
};

/// Any thread, but run_once() from one at a time.
class LogCleaner {
 public:
  LogCleaner(CleanerDeps deps, const CleanerOptions& options);
  ~LogCleaner();
  LogCleaner(const LogCleaner&) = delete;
  LogCleaner& operator=(const LogCleaner&) = delete;

  void start();
  /// Ends what runs within kCleanPaceBytes of reading, then joins. Idempotent.
  void stop();
  /// Looks at all partitions and cleans the dirtiest that is due; false when none is. The thread does it until then, and again
  /// after log.cleaner.backoff.ms.
  bool run_once();
  CleanerStats stats() const;

 private:
  /// Of a partition that failed, until it succeeds.
  struct Trouble {
    int failures = 0;
    Steady not_before{};
  };

  void run();
  std::shared_ptr<PartitionImpl> choose();
  bool waits(const std::shared_ptr<PartitionImpl>& partition) const;  // mutex_ held
  void note(const std::shared_ptr<PartitionImpl>& partition, const Result<log::Cleaned>& cleaned, bool moved);
  Result<> pace(std::uint64_t bytes);

  const CleanerDeps deps_;
  const CleanerOptions options_;
  log::KeyOffsets keys_;  // run_once()'s thread
  Steady paid_until_{};   // run_once()'s thread: until then the bytes so far are paid for

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  std::map<std::weak_ptr<PartitionImpl>, Trouble, std::owner_less<>> troubled_;
  CleanerStats stats_;
  Steady looked_at_{};
  std::thread thread_;
};

}  // namespace takhin::partition
