#pragma once
// The tiering engine: archive a sealed segment, read it back cold, restore it, remove it. Used by partition/, by the plugin and
// by the command line alike. Blocking calls end by their Deadline; any thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "metrics/metrics.h"
#include "object/metered.h"
#include "object/store.h"
#include "tier/policy.h"
#include "tier/segment.h"

namespace takhin::tier {

class ObjectKeys;

/// Small neighbours become one object.
struct MergeLimits {
  std::uint64_t small_bytes = 0;           // tier.merge.small.bytes: only segments with fewer log bytes; 0 = none
  std::uint64_t target_bytes = 64 * kMiB;  // tier.merge.target.bytes: log bytes of the result at the most
  std::size_t sources_min = 8;             // tier.merge.sources.min: fewer are left alone
  std::int64_t grace_ms = 3600'000;        // tier.merge.grace.minutes: how long what was replaced stays for readers that know it
};
struct MergeOrder {
  Offset before;                   // only segments that end at or before this
  std::string key_id;              // as SealedSegment::key_id
  std::optional<int> zstd_level{};  // as SealedSegment::zstd_level
  /// Puts something between the log of so many bytes and who reads it: pace, an end. May be empty.
  std::function<std::shared_ptr<const File>(std::shared_ptr<const File> log, std::uint64_t bytes)> wrap{};
};

struct EngineOptions {
  std::string cache_dir;
  std::string catalog_path;                    // SQLite; a cache of the bucket
  std::uint64_t chunk_bytes = kMiB;            // tier.chunk.bytes
  std::uint64_t fetch_bytes_max = 32 * kMiB;   // tier.fetch.bytes.max: one ranged GET
  std::uint64_t readahead_bytes_max = 64 * kMiB;
  std::uint64_t cache_bytes_max = 10'240 * kMiB;
  int zstd_level = 1;                          // 0 = off
  std::size_t fetch_threads = 8;               // 0: all work runs on the thread that asks for it (simulations)
  std::size_t fetch_queue_max = 1024;
  bool write_once = false;  // storage.tiered.write.once
  MergeLimits merge;
};

struct EngineDeps {
  object::ObjectStore& store;
  FileSystem& files;
  Clock& clock;
  Random& random;
  metrics::Metrics& metrics;
  const object::RequestMeter* meter = nullptr;  // the store's, for stats(); without one its requests read as 0
  ObjectKeys* keys = nullptr;                   // without them nothing is encrypted, and nothing encrypted can be read
};

/// What a cold read answers: bytes of the log, from the batch that holds the offset on.
struct ColdSlice {
  FileSlice data;
  Offset segment_base;
};

struct TimestampedOffset {
  Offset offset;
  TimestampMs timestamp;
  LeaderEpoch epoch;
};
struct AbortedTransaction {
  std::int64_t producer_id;
  Offset first_offset;
};

struct EngineStats {
  std::uint64_t segments = 0;
  std::uint64_t log_bytes = 0;      // before compression
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
  std::uint64_t cache_bytes = 0;
  std::uint64_t uploaded_bytes = 0;
  std::uint64_t downloaded_bytes = 0;
  std::uint64_t put_requests = 0;   // PUT-class, this process
  std::uint64_t get_requests = 0;
};

/// What a segment's object keeps of the log as it was at the segment's end.
struct StateAtEnd {
  Bytes producer_snapshot;  // Kafka's .snapshot; empty when the writer had none
  Bytes leader_epochs;      // leader-epoch-checkpoint text; empty when the writer had none
};

enum class VerifyDepth {
  kHead,  // object there, size and, as far as store and catalogue know it, checksum as recorded: 1 HEAD
  kFull,  // every chunk read past the cache, decoded, its batches' crc checked
};

class Engine {
 public:
  /// Opens the catalogue and the cache; works while the store is down. In the background it aborts uploads of ours that a day
  /// has not finished. Everything in `deps` is borrowed.
  static Result<std::unique_ptr<Engine>> open(EngineDeps deps, EngineOptions options);
  virtual ~Engine() = default;

  // ---- archive
  /// Uploads, verifies, records; durable in the local catalogue on return. Already archived (same base and end): the old entry,
  /// nothing done. A damaged index is rebuilt from the log first; a log whose batches fail their crc is kCorrupt, never archived.
  /// kConflict: other bounds over the same offsets are archived, or the topic was deleted. kInvalid: not archivable (message
  /// format before v2, empty). One at a time per partition. Retry-safe: what a failed attempt left is adopted or removed by the
  /// next. Cost: 1 PUT below a part, else 2 + ceil(bytes / part); + 1 HEAD.
  virtual Result<SegmentEntry> archive(const SealedSegment& segment, Deadline deadline) = 0;
  virtual Result<> verify(const PartitionRef& partition, Offset base, VerifyDepth depth, Deadline deadline) = 0;
  /// Makes one object of a run of small archived segments; nothing when there is no run worth it (EngineOptions::merge), or with
  /// write_once. Never of segments with a local copy, never an unencrypted one of encrypted ones. It replaces them at once and
  /// for every later listing; the old objects stay until remove_replaced(). A run that can never succeed (damaged, its key lost)
  /// is logged, and left alone as long as the process runs. Retry-safe. Cost: what reading the run and archive() cost.
  virtual Result<std::optional<SegmentEntry>> merge(const PartitionRef& partition, const MergeOrder& order,
                                                    Deadline deadline) = 0;
  /// Removes objects that others have stood for since MergeLimits::grace_ms, in offset order; how many. Only when what stands for
  /// them is there and can be opened. Retry-safe. Cost: nothing while there are none; else 1 LIST and 1 DELETE per 1,000, and the
  /// tails of those that stand.
  virtual Result<std::size_t> remove_replaced(const PartitionRef& partition, Deadline deadline) = 0;

  // ---- catalogue; from memory, never blocks
  virtual std::vector<SegmentEntry> segments(const PartitionRef& partition) const = 0;  // by offset
  /// What the readers' verbs below call a partition by. Keep it: making one hashes the name.
  virtual PartitionHandle handle(const PartitionRef& partition) const = 0;
  /// The entry whose [base, end) holds `offset`, else the first one after it (a gap left by compaction), else nothing.
  virtual std::optional<SegmentEntry> find(const PartitionHandle& partition, Offset offset) const = 0;
  std::optional<SegmentEntry> find(const PartitionRef& partition, Offset offset) const { return find(handle(partition), offset); }
  virtual std::vector<PartitionRef> partitions() const = 0;
  virtual std::uint64_t log_bytes(const PartitionRef& partition) const = 0;
  /// Takes in what the bucket holds beyond what is known: from the last known name on, or everything when `whole`; then what the
  /// bucket no longer holds is forgotten too. An upload that a crash left unrecorded is read back first. Retry-safe.
  /// Cost: 1 LIST per 1,000 objects.
  virtual Result<> refresh(const PartitionRef& partition, bool whole, Deadline deadline) = 0;

  // ---- cold reads
  /// From the batch that holds `offset` (or the first one after it), when it is at hand on local disk: a local copy or the
  /// cache. Never touches the store. Nothing when it would have to. Also starts read-ahead for a sequential reader.
  virtual std::optional<ColdSlice> read_at_hand(const PartitionHandle& partition, Offset offset, std::uint64_t bytes_max) = 0;
  /// The same, fetching what is missing. At least one whole batch. kUnavailable after the deadline, but the download goes on and
  /// the retry finds it in the cache. kOutOfRange: no such offset here. Cost: 1 GET per tier.fetch.bytes.max, + 1 for a
  /// segment's first tail.
  virtual Result<ColdSlice> read(const PartitionHandle& partition, Offset offset, std::uint64_t bytes_max,
                                 Deadline deadline) = 0;
  Result<ColdSlice> read(const PartitionRef& partition, Offset offset, std::uint64_t bytes_max, Deadline deadline) {
    return read(handle(partition), offset, bytes_max, deadline);
  }
  /// First record at or after `timestamp`, exactly.
  virtual Result<std::optional<TimestampedOffset>> offset_for(const PartitionRef& partition, TimestampMs timestamp,
                                                              Deadline deadline) = 0;
  /// The archived record with the newest timestamp.
  virtual Result<std::optional<TimestampedOffset>> offset_of_max_timestamp(const PartitionRef& partition, Deadline deadline) = 0;
  virtual Result<std::vector<AbortedTransaction>> aborted_in(const PartitionRef& partition, Offset from, Offset to,
                                                             Deadline deadline) = 0;

  /// For a log that begins anew behind its archived part. Cost: 1 GET unless the tail is at hand.
  virtual Result<StateAtEnd> state_at_end(const PartitionRef& partition, Offset base, Deadline deadline) = 0;

  // ---- local copies (restore)
  /// Brings log and indexes of the segment to `dir`/<base>.log, .index, …; whole and checked before the .log is visible.
  /// Already there: nothing done. From then on it is read from there.
  virtual Result<> restore(const PartitionRef& partition, Offset base, const std::string& dir, Deadline deadline) = 0;
  /// Tells the engine that `dir` holds this archived segment (left by the log, or found at start). kInvalid when its size is
  /// not the entry's.
  virtual Result<> add_local_copy(const PartitionRef& partition, Offset base, const std::string& dir) = 0;
  /// Removes the files of a local copy; readers that have them open go on. An absent one is success.
  virtual Result<> drop_local_copy(const PartitionRef& partition, Offset base) = 0;
  virtual bool has_local_copy(const PartitionRef& partition, Offset base) const = 0;

  // ---- removal and what a bucket knows of topics
  /// Log start offset, durable in the bucket (state.json), then noted locally. Must come before remove_before(). A lower one
  /// than is known is success, nothing done. Cost: 1 PUT, + 1 HEAD and 1 GET where none is noted locally.
  virtual Result<> put_log_start(const PartitionRef& partition, Offset start, Deadline deadline) = 0;
  /// What the bucket says. kNoOffset when never set. Cost: 1 HEAD, + 1 GET when set.
  virtual Result<Offset> get_log_start(const PartitionRef& partition, Deadline deadline) = 0;
  /// Removes objects that end at or before `offset`, oldest first, known or not; how many. With write_once they are only
  /// forgotten. kConflict when the log start on
  /// record is below `offset`. Retry-safe: after an error what went is forgotten, the rest still listed. Cost: 1 LIST and 1
  /// DELETE per 1,000.
  virtual Result<std::size_t> remove_before(const PartitionRef& partition, Offset offset, Deadline deadline) = 0;
  virtual Result<> put_topic(const TopicRecord& topic, Deadline deadline) = 0;
  /// Without the deleted ones. Cost: as Bucket::topics().
  virtual Result<std::vector<TopicRecord>> list_topics(Deadline deadline) = 0;
  /// Writes a tombstone, then removes everything of the topic, then the tombstone; with write_once all of that stays. Retry-safe;
  /// finish_deletions() goes on after a crash.
  virtual Result<> delete_topic(const std::string& topic, const Uuid& id, Deadline deadline) = 0;
  virtual Result<> finish_deletions(Deadline deadline) = 0;

  virtual AccessTracker& access() = 0;
  virtual EngineStats stats() const = 0;
};

}  // namespace takhin::tier
