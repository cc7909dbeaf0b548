#pragma once
// The hot tier: one partition's log on local disk in Kafka's own format. Knows nothing of tiers.
//
// Threads: one append at a time (the caller's partition mutex), reads and queries from any thread at any time: they take an
// immutable snapshot of the segment list. Files are shared with readers and outlive their removal until the last reader is done.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "base/types.h"
#include "record/batch.h"

namespace takhin::log {

/// Per-log settings, from the topic's configs. May change while the log is open.
struct LogConfig {
  std::uint64_t segment_bytes = kGiB;                 // segment.bytes
  std::int64_t segment_ms = 7LL * 24 * 3600 * 1000;   // segment.ms
  std::uint64_t index_interval_bytes = 4096;          // index.interval.bytes
  std::uint64_t message_bytes_max = 1'048'588;        // max.message.bytes: one batch
  record::TimestampType timestamp_type = record::TimestampType::kCreateTime;
  std::int64_t timestamp_before_max_ms = INT64_MAX;   // message.timestamp.before.max.ms
  std::int64_t timestamp_after_max_ms = 3600'000;     // message.timestamp.after.max.ms
  std::optional<record::Codec> compression;           // compression.type; none = "producer": as sent
  std::optional<int> compression_level;               // of that codec; none: its default
  bool compacted = false;                             // cleanup.policy has compact: records need keys
};

/// What an append answers to the client. Anything but kOk and kDuplicate means that nothing was written.
enum class AppendStatus {
  kOk,
  kDuplicate,  // one of the producer's last five batches: offsets are the first append's
  kCorruptMessage,
  kMessageTooLarge,
  kInvalidTimestamp,
  kInvalidRecord,
  kUnsupportedMagic,
  kOutOfOrderSequence,
  kInvalidProducerEpoch,
  kNotAdmitted,        // the caller's own refusal of a batch that begins a transaction
  kCoordinatorFenced,  // a marker of an earlier coordinator
};
/// A record that makes its whole batch be refused; `index` counts from 0 within the batch.
struct RecordError {
  std::int32_t index = 0;
  std::string why;
};
struct Appended {
  AppendStatus status = AppendStatus::kOk;
  std::string why;  // for a refusal
  std::vector<RecordError> record_errors;  // of kInvalidRecord, where single records are to blame
  Offset base;      // first offset given
  Offset end;       // last offset given + 1
  TimestampMs append_time = kNoTimestamp;  // with LogAppendTime
};

struct SegmentInfo {
  Offset base;
  Offset end;  // last offset + 1; base when empty
  std::uint64_t bytes = 0;
  TimestampMs max_timestamp = kNoTimestamp;      // newest record timestamp, none when empty
  Offset max_timestamp_offset = kNoOffset;       // last offset of the first batch that has it
  TimestampMs modified{};                        // file's modification time
  bool sealed = false;
  LeaderEpoch last_epoch = kNoEpoch;
  TimestampMs begun = kNoTimestamp;              // time of day of the first append; known of the active one only
};

/// All of a sealed segment, as the archiver takes it.
struct SegmentFiles {
  SegmentInfo info;
  std::shared_ptr<const File> log;
  Bytes offset_index;       // Kafka's .index, trimmed
  Bytes time_index;         // .timeindex, trimmed
  Bytes txn_index;          // .txnindex, may be empty
  Bytes producer_snapshot;  // state at `info.end`, Kafka's .snapshot format
  Bytes epochs;             // leader-epoch-checkpoint text up to `info.end`
};

struct ReadSlice {
  FileSlice data;    // begins with the batch that holds the offset asked for; the end may cut a batch
  Offset first;      // base offset of that batch
};

struct TimestampedOffset {
  Offset offset = kNoOffset;
  TimestampMs timestamp = kNoTimestamp;
  LeaderEpoch epoch = kNoEpoch;
};

struct AbortedTransaction {
  std::int64_t producer_id = -1;
  Offset first_offset;
};

/// Asked before a batch begins a transaction here, under the lock that orders appends, so that no marker can come in between.
/// False refuses it. Must be quick and must not append to this log.
using Admit = std::function<bool()>;

/// A transaction's end, as its coordinator decided it.
struct TxnEnd {
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;  // at least that of the transaction's batches; a higher one fences their producer here
  bool commit = false;
  std::int32_t coordinator_epoch = -1;  // -1: whoever ended the last one, so that it is never refused for that
};

/// What the log knows of one producer.
struct ProducerInfo {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
  std::int32_t last_sequence = -1;
  TimestampMs last_timestamp = kNoTimestamp;
  std::int32_t coordinator_epoch = -1;
  Offset txn_first = kNoOffset;  // of the open transaction
};

struct EpochStart {
  LeaderEpoch epoch;
  Offset start;
};

/// Says how far records of each key are known; the bounded memory of a cleaning (log/key_offsets.h).
class KeyOffsets;

/// What is to be cleaned, and how. Offsets below `dirty` were cleaned before.
struct CleanOrder {
  Offset from{0};    // segments that begin below it stay as they are
  Offset dirty{0};   // the first offset whose key no earlier cleaning knew
  Offset before{0};  // nothing at or above it is looked at; the base of a segment
  TimestampMs now{};
  std::int64_t delete_retention_ms = 86'400'000;  // delete.retention.ms
  bool keep_tombstones = false;                   // also those whose time is over
  KeyOffsets* keys = nullptr;
  std::function<Result<>(std::uint64_t bytes)> pace;  // told of all bytes read and written; its error ends it. May be empty
};
struct Cleaned {
  Offset end{0};  // records below it were cleaned: order.before, or less when order.keys was full
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t records_read = 0;
  std::uint64_t records_kept = 0;
  std::size_t segments_before = 0;  // of those that were replaced
  std::size_t segments_after = 0;
};

struct OpenOptions {
  FileSystem* files = nullptr;
  Clock* clock = nullptr;
  std::string dir;                 // DATA/log/<topic>-<partition>, made when absent
  LogConfig config;
  Offset local_start{0};           // from the partition's checkpoint: files below it are not this log's
  bool clean_shutdown = false;     // then only the last segment's tail is looked at
};

class Log {
 public:
  /// Recovers: cuts a torn tail at the last whole, valid batch, rebuilds bad or missing indexes, replays producer state from the
  /// last snapshot. Never fails for damage at the tail; kCorrupt for damage in the middle of sealed data.
  static Result<std::unique_ptr<Log>> open(OpenOptions options);
  virtual ~Log() = default;

  /// Checks every batch (magic, crc, sizes, counts, compression, timestamps, sequences), gives offsets, writes, rolls when due.
  /// `batches` is one partition's records of a Produce; changed in place. Kind::kExhausted/kUnavailable = the disk's doing.
  /// Not on disk yet: see sync(). `admit` may be empty.
  virtual Result<Appended> append(std::span<std::byte> batches, LeaderEpoch epoch, const Admit& admit) = 0;
  Result<Appended> append(std::span<std::byte> batches, LeaderEpoch epoch) { return append(batches, epoch, {}); }
  /// Writes the marker that ends a producer's transaction (KIP-98), also when none is open. Retry-safe.
  virtual Result<Appended> append_marker(const TxnEnd& end, LeaderEpoch epoch) = 0;
  /// Appends batches that already carry their offsets (a follower's append, recovery from the bucket); they begin at end().
  virtual Result<> append_as_is(View batches) = 0;

  /// fsyncs what was appended before the call; returns the offset below which all is on disk. One thread at a time per log.
  virtual Result<Offset> sync() = 0;
  virtual Offset synced_end() const = 0;

  /// From the batch that holds `offset`, up to `bytes_max` of ONE segment (at least one whole batch when `at_least_one`).
  /// kOutOfRange when `offset` is below local_start() or past end(); an empty slice at end(). Never past `limit`.
  virtual Result<ReadSlice> read(Offset offset, std::uint64_t bytes_max, bool at_least_one, Offset limit) const = 0;

  virtual Offset local_start() const = 0;  // first offset still on disk
  virtual Offset end() const = 0;          // next offset to be given
  /// First offset of the oldest open transaction, else end().
  virtual Offset last_stable() const = 0;

  /// First record at or after `timestamp`; nothing when there is none on disk.
  virtual Result<std::optional<TimestampedOffset>> offset_for(TimestampMs timestamp) const = 0;
  /// The record with the newest timestamp on disk.
  virtual Result<std::optional<TimestampedOffset>> offset_of_max_timestamp() const = 0;
  virtual Result<std::vector<AbortedTransaction>> aborted_in(Offset from, Offset to) const = 0;

  /// Oldest first; the last one is active (sealed == false).
  virtual std::vector<SegmentInfo> segments() const = 0;
  /// kNotFound; kConflict for the active one.
  virtual Result<SegmentFiles> sealed_files(Offset base) const = 0;
  /// Closes the active segment and starts a new one; nothing when it is empty.
  virtual Result<> roll() = 0;
  /// Rolls when segment.ms has passed since the active segment's first record. Call it every few seconds.
  virtual Result<> roll_if_due() = 0;
  /// Forgets the sealed segments that end at or before `before`, oldest first, and removes their files, but leaves the files of
  /// the bases in `keep` where they are (the partition serves those as local copies of archived segments). local_start() moves.
  virtual Result<> release_oldest(Offset before, std::span<const Offset> keep) = 0;
  /// Empties the log and begins anew at `start` (recovery, log start moved past the end).
  virtual Result<> reset(Offset start) = 0;

  /// Compaction as Kafka's LogCleaner does it: of each key the last record stays, with its offset; KIP-534 says how long a
  /// tombstone does. Segments are written anew beside the log, merged while they fit segment.bytes, and take the place of the
  /// old ones in one step each: a crash leaves the old or the new. Readers of old files go on with them. One at a time; runs
  /// beside appends and reads, and gives way when what it works on is released. kClosed, kInvalid (the order), kCorrupt, the
  /// disk's errors, those of `pace`. Cost: two passes over the dirty part and one over the clean one.
  virtual Result<Cleaned> clean(const CleanOrder& order) = 0;
  /// Below it, records were cleaned (Kafka's cleaner-offset-checkpoint); 0 when never.
  virtual Offset cleaned_end() const = 0;
  /// The oldest timestamp that begins a sealed segment at or after `from` (for max.compaction.lag.ms); none without one.
  virtual Result<TimestampMs> first_timestamp_from(Offset from) = 0;

  /// By id. Waits for an append that is under way.
  virtual std::vector<ProducerInfo> producers() const = 0;
  virtual std::vector<EpochStart> epochs() const = 0;
  virtual void set_config(const LogConfig& config) = 0;
  /// Writes a producer snapshot and syncs: what `clean_shutdown` promises.
  virtual Result<> close() = 0;
  virtual std::uint64_t bytes() const = 0;
};

}  // namespace takhin::log
