#pragma once
// What all uploads of a process share: how fast they may read the log, and who of them stands still.

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "tier/segment.h"

namespace takhin::partition {

/// Fsyncs that the disk's latency is judged by: the last ones, and none older than the window.
inline constexpr std::size_t kFsyncSamplesMax = 512;
inline constexpr std::chrono::seconds kFsyncWindow{10};
/// However slow the disk is, uploads as a whole keep this rate: else a busy broker would never archive.
inline constexpr std::uint64_t kUploadRateLeast = kMiB;
/// How often the rate follows the disk's latency: halved while it is too high, then a quarter more each time.
inline constexpr std::chrono::seconds kAdaptEvery{1};

struct UploadLimits {
  std::uint64_t bytes_per_second = 0;  // of the log, all uploads together; 0 = no limit
  std::int64_t fsync_p99_max_ms = 0;   // slower fsyncs slow the uploads down; 0 = not looked at
  std::int64_t stall_ms = 60'000;      // an upload that reads nothing for so long is given up
};

/// Bytes per time, handed out in the order they were asked for. Not locked.
class RateLine {
 public:
  /// When `bytes` may begin, if they begin as soon as those before them have had their time. `rate` in bytes per second.
  Steady take(Steady now, std::uint64_t bytes, double rate);
  bool idle(Steady now) const { return free_at_ <= now; }

 private:
  Steady free_at_{};
};

struct UploadSpec {
  tier::PartitionRef partition;
  Offset base;
  std::uint64_t bytes = 0;
  std::uint64_t topic_bytes_per_second = 0;   // 0 = no budget of its own
  const std::atomic<bool>* closed = nullptr;  // the partition's; set: end with kClosed
  const std::atomic<bool>* stop = nullptr;    // the pass's, may be null; likewise
};

struct UploadProgress {
  std::string segment;  // "topic-0/00000000000000000000.log"
  std::uint64_t read = 0;
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds idle{};  // since its last read began; 0 while it waits for its turn here
};

/// Any thread. Outlives the files it made. Waits end within kLookForStop of the flags of the spec being set.
class UploadControl {
 public:
  static constexpr std::chrono::milliseconds kLookForStop{100};

  UploadControl(Clock& clock, UploadLimits limits);

  /// `log` as an upload may read it: each read waits for its turn, fails with kClosed once a flag of `spec` is set, and with
  /// kUnavailable once the upload was given up. The upload lasts as long as the file.
  std::shared_ptr<const File> begin(UploadSpec spec, std::shared_ptr<const File> log);
  /// Time that so many bytes may take, over and above what the store needs.
  std::chrono::nanoseconds time_for(std::uint64_t bytes, std::uint64_t topic_bytes_per_second) const;
  /// An fsync of some log took this long.
  void note_fsync(std::chrono::nanoseconds took);
  /// Gives up every upload that has not moved for stall_ms: one line in the log each, and its next read fails. A call into the
  /// store that hangs ends by the store's own timeouts.
  void give_up_stalled();

  std::vector<UploadProgress> running() const;
  std::uint64_t stalls() const { return stalls_.load(std::memory_order_relaxed); }
  /// Bytes per second that uploads get at the moment; nothing when they are not limited.
  std::optional<double> rate() const;

 private:
  class Upload;
  class UploadFile;
  struct Sample {
    Steady at{-1};
    std::chrono::nanoseconds took{};
  };

  Result<> wait_for_turn(Upload& upload, std::uint64_t bytes);
  void adapt(Steady now);                                            // these with mutex_ held
  std::optional<std::chrono::nanoseconds> fsync_p99(Steady now) const;
  std::vector<std::shared_ptr<Upload>> uploads() const;

  Clock& clock_;
  const UploadLimits limits_;
  const double rate_most_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  RateLine all_;
  std::map<Uuid, RateLine> topics_;  // those with a budget whose bytes have not had their time yet
  double rate_;
  Steady adapt_at_{};
  Steady adapted_at_{};
  std::uint64_t taken_ = 0;          // since adapted_at_
  std::array<Sample, kFsyncSamplesMax> fsyncs_;
  std::size_t next_fsync_ = 0;
  mutable std::vector<std::weak_ptr<Upload>> uploads_;
  std::atomic<std::uint64_t> stalls_{0};
};

}  // namespace takhin::partition
