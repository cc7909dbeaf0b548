#pragma once
// One topic-partition: hot head and cold tail behind one face. The one joint of log/ and tier/: it routes reads, picks the
// segments that go, and drops local files once their objects are verified.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "log/log.h"
#include "partition/topic_config.h"
#include "tier/engine.h"

namespace takhin::partition {

enum class Isolation : std::int8_t { kReadUncommitted = 0, kReadCommitted = 1 };

struct Offsets {
  Offset log_start;       // first offset a client may read, in either tier
  Offset local_start;     // first one on local disk (ListOffsets -4)
  Offset tiered_end;      // end of the contiguous archived part, log_start when none (ListOffsets -5 is this - 1)
  Offset last_stable;
  Offset high_watermark;  // = end(): one broker, no followers
};

struct ReadRequest {
  Offset offset;
  std::uint64_t bytes_max = kMiB;
  bool at_least_one = true;
  Isolation isolation = Isolation::kReadUncommitted;
};
struct ReadAnswer {
  bool cold = false;  // nothing at hand: ask read_cold() from a thread that may block
  FileSlice data;     // whole batches, but for the end, which may cut one; empty at the end of the log
  Offsets offsets;
  std::vector<log::AbortedTransaction> aborted;  // for kReadCommitted
};

struct OffsetAnswer {
  Offset offset = kNoOffset;
  TimestampMs timestamp = kNoTimestamp;
  LeaderEpoch epoch = kNoEpoch;
};

class Partition {
 public:
  virtual ~Partition() = default;

  virtual const tier::PartitionRef& ref() const = 0;
  virtual LeaderEpoch epoch() const = 0;

  /// As log::Log::append. Any thread; wakes the waiters.
  virtual Result<log::Appended> append(std::span<std::byte> batches, const log::Admit& admit) = 0;
  Result<log::Appended> append(std::span<std::byte> batches) { return append(batches, {}); }
  /// As log::Log::append_marker. Any thread; wakes the waiters.
  virtual Result<log::Appended> append_marker(const log::TxnEnd& end) = 0;
  /// Calls `then` once everything below `end` is on disk, from the flusher's thread or at once; with the error when fsync failed
  /// (the partition then refuses appends until reopened). One fsync serves all that wait.
  virtual void when_durable(Offset end, std::function<void(Result<>)> then) = 0;

  /// Hot, a local copy or the cache: never blocks on the store.
  virtual Result<ReadAnswer> read(const ReadRequest& request) = 0;
  /// May block until `deadline`: cold pool only.
  virtual Result<ReadAnswer> read_cold(const ReadRequest& request, Deadline deadline) = 0;
  /// Calls `then` once after the next append (or close) if the end is still at or below `end`; at once when it has moved on.
  /// Cancelled by destroying the handle that it returns.
  virtual std::shared_ptr<void> when_appended(Offset end, std::function<void()> then) = 0;

  virtual Offsets offsets() const = 0;
  /// First record at or after `timestamp`, over both tiers. May block: cold pool.
  virtual Result<OffsetAnswer> offset_for(TimestampMs timestamp, Deadline deadline) = 0;
  virtual Result<OffsetAnswer> offset_of_max_timestamp(Deadline deadline) = 0;
  virtual std::vector<log::EpochStart> epochs() const = 0;
  virtual std::vector<log::ProducerInfo> producers() const = 0;

  /// DeleteRecords and retention: raises log_start, durable (locally and in the bucket when archived) before anything goes.
  virtual Result<> raise_log_start(Offset to, Deadline deadline) = 0;

  virtual void set_config(const TopicConfig& config) = 0;
  virtual std::uint64_t local_bytes() const = 0;
};

}  // namespace takhin::partition
