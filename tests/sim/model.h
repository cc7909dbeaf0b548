#pragma once
// What readers must see: the simulator's own memory of every partition, kept apart from the code under test.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "record/batch.h"

namespace takhin::sim {

/// One batch as the log took it, offsets assigned.
struct SimBatch {
  Offset base;
  Offset end;
  Bytes bytes;
  std::vector<TimestampMs> timestamps;  // of its records
  TimestampMs appended{};               // time of day, then
  std::int64_t producer_id = -1;
  std::int32_t sequence = -1;

  TimestampMs newest() const;
};

/// A batch that an idempotent producer sent, as it left the client.
struct SentBatch {
  Bytes bytes;
  std::int32_t sequence = 0;
  std::int32_t records = 0;
  TimestampMs sent{};
};

struct Retention {
  std::int64_t ms = -1;
  std::int64_t bytes = -1;
};

/// Errors are violations: what was promised to a client does not hold.
class PartitionModel {
 public:
  Retention retention;
  bool old_timestamps = false;
  bool future_timestamps = false;
  std::int64_t producer_id = -1;
  std::int32_t next_sequence = 0;
  std::vector<SentBatch> sent;       // the last ones, oldest first
  std::optional<SimBatch> uncertain;  // an append that failed: it may be in the log all the same, behind `end()`
  Offset delete_asked = kNoOffset;   // the highest DeleteRecords that was asked for, answered or not

  Offset end() const { return end_; }
  Offset log_start() const { return log_start_; }
  Offset durable_end() const { return durable_end_; }
  const std::map<Offset, SimBatch>& batches() const { return batches_; }

  /// The log says it took `batch`.
  Result<> appended(SimBatch batch);
  /// Everything below `end` was acknowledged as durable.
  void acknowledged(Offset end) { durable_end_ = std::max(durable_end_, end); }
  /// DeleteRecords was answered.
  void deleted(Offset to) { deleted_ = std::max(deleted_, to); }
  /// The log start that the partition shows; rises only, and only for a reason.
  Result<> saw_log_start(Offset start, TimestampMs latest_wall);
  /// After a crash: where the log ends now. `machine_lost`: the page cache is gone too.
  Result<> reopened(Offset end, Offset start, bool machine_lost);
  /// The partition's folder was lost: only what is archived, up to `end`, can still be there.
  void folder_lost(Offset end);

  /// The batch that begins at `base`; a violation when none does.
  Result<const SimBatch*> batch_at(Offset base) const;
  /// What the batches from `base` on, `bytes` long in all, are; a violation when no run of batches has that size.
  Result<Bytes> log_from(Offset base, std::uint64_t bytes) const;
  /// First record from `start` on, at or after `timestamp`.
  std::optional<std::pair<Offset, TimestampMs>> first_at(TimestampMs timestamp, Offset start) const;
  /// The first of the newest records from `start` on.
  std::optional<std::pair<Offset, TimestampMs>> newest(Offset start) const;
  /// Where `sent` ended up; nothing when it is not in the log.
  const SimBatch* find_sent(const SentBatch& batch) const;
  std::uint64_t bytes_from(Offset start) const;

 private:
  Result<> explain(Offset start, TimestampMs latest_wall) const;

  std::map<Offset, SimBatch> batches_;  // by base
  Offset end_{0};
  Offset log_start_{0};
  Offset durable_end_{0};
  Offset deleted_{0};
  std::uint64_t lost_bytes_ = 0;  // by power losses: retention may have counted them
};

}  // namespace takhin::sim
