#pragma once
// The partition behind partition.h, with the verbs that the keeper and the admin need beside those of clients.
//
// Locks, in the order they may be taken: pass_mutex_ (one pass at a time), archive_mutex_ (one upload at a time; held for
// long), change_mutex_ (checkpoint, log start, what leaves local disk), append_mutex_ (everything that changes the log).
// clean_mutex_ (one compaction at a time; held for long) is taken alone. look_mutex_ comes before change_mutex_; sync_mutex_,
// wait_mutex_ and view_mutex_ are leaves. Reads take none of the first three: they work on the log's snapshots and on the engine.

#include <atomic>
#include <map>

#include "base/random.h"
#include "log/key_offsets.h"
#include "partition/append_waiters.h"
#include "partition/checkpoint.h"
#include "partition/disk_target.h"
#include "partition/flusher.h"
#include "partition/admin.h"
#include "partition/partition.h"
#include "partition/placement.h"
#include "partition/retention.h"
#include "partition/upload_control.h"

namespace takhin::partition {

/// Callers of when_durable() that one partition holds at most; beyond it a caller is told kExhausted.
inline constexpr std::size_t kDurableWaitersMax = 100'000;
/// How long a segment that an operator restored stays local, whatever the policy says.
inline constexpr std::int64_t kRestoredStayMs = 24LL * 3600 * 1000;
/// Time one segment's upload (beyond what pacing costs it), restore or removal may take before it counts as failed and is tried
/// again later.
inline constexpr std::chrono::minutes kTransferTime{15};
/// Log bytes of a merged object at the most (the bound of tier.merge.target.bytes): how long one merge may take follows from it.
inline constexpr std::uint64_t kMergeBytesMax = kGiB;
/// Time any smaller exchange with the store may take in the background.
inline constexpr std::chrono::seconds kStoreCallTime{30};

/// Moves between tiers of all partitions of this process.
struct MoveCounters {
  std::atomic<std::uint64_t> promotions{0}, promotion_failures{0}, demotions{0}, demotion_failures{0};
};

/// All borrowed, all outlive the partition.
struct PartitionDeps {
  FileSystem& files;
  Clock& clock;
  Flusher& flusher;
  MoveCounters& moves;
  UploadControl& uploads;
  tier::Engine* engine = nullptr;  // null: tiering is off
};

struct PartitionSetup {
  tier::PartitionRef ref;
  std::string dir;  // DATA/log/<topic>-<partition>
  TopicConfig config;
  bool created = false;  // new with this call: nothing of it can be in the bucket
  bool clean_shutdown = false;
  bool flush_on_acks_all = true;
  std::int64_t rpo_ms = 0;  // of tiered topics that set none; 0 = none
};

/// What a background pass asks of a partition.
struct PassOrder {
  tier::PolicyOptions policy;
  bool archive_by_age = false;           // the contract's archive pass
  bool evaluate = false;                 // the contract's demotion and promotion pass
  Offset release_before = kNoOffset;     // local disk holds too much: archive, then drop, what is below this
  DiskRoom* room = nullptr;              // what may be brought back; null = no limit
  const std::atomic<bool>* stop = nullptr;  // set: end soon with kClosed
};

/// A partition's part of SegmentCounts.
struct PartitionCounts {
  std::uint64_t hot = 0, warm = 0, cold = 0;
  std::uint64_t local_bytes = 0, remote_bytes = 0, total_bytes = 0;
};

/// Sealed segments that should be in the bucket by now.
struct CopyLag {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::int64_t age_ms = 0;  // of the oldest
};

/// What a compaction would find.
struct CleanState {
  bool compacted = false;  // may it be compacted at all
  bool due = false;        // min.cleanable.dirty.ratio or max.compaction.lag.ms says so
  Offset from;             // local segments below it are archived and stay as they are
  Offset dirty;            // what lies below it was compacted
  Offset before;           // not at or above it: active, undecided or too new (min.compaction.lag.ms)
  std::uint64_t clean_bytes = 0;
  std::uint64_t dirty_bytes = 0;
  double dirty_ratio() const {
    return dirty_bytes == 0 ? 0 : static_cast<double>(dirty_bytes) / static_cast<double>(clean_bytes + dirty_bytes);
  }
};

enum class Place : std::uint8_t { kActive, kSealed, kArchivedAndLocal, kArchivedOnly };

/// Any thread. Made by open() only, as a shared_ptr.
class PartitionImpl final : public Partition, public Flushable, public std::enable_shared_from_this<PartitionImpl> {
 public:
  /// Recovers log and checkpoint, takes up local copies of archived segments. Blocks on the store only when the folder was
  /// lost while the topic was not. kConflict: the folder belongs to another topic id.
  static Result<std::shared_ptr<PartitionImpl>> open(const PartitionDeps& deps, PartitionSetup setup);
  ~PartitionImpl() override;

  const tier::PartitionRef& ref() const override { return setup_.ref; }
  LeaderEpoch epoch() const override { return epoch_; }
  using Partition::append;
  Result<log::Appended> append(std::span<std::byte> batches, const log::Admit& admit) override;
  Result<log::Appended> append_marker(const log::TxnEnd& end) override;
  void when_durable(Offset end, std::function<void(Result<>)> then) override;
  Result<ReadAnswer> read(const ReadRequest& request) override;
  Result<ReadAnswer> read_cold(const ReadRequest& request, Deadline deadline) override;
  std::shared_ptr<void> when_appended(Offset end, std::function<void()> then) override;
  Offsets offsets() const override;
  Result<OffsetAnswer> offset_for(TimestampMs timestamp, Deadline deadline) override;
  Result<OffsetAnswer> offset_of_max_timestamp(Deadline deadline) override;
  std::vector<log::EpochStart> epochs() const override { return log_->epochs(); }
  std::vector<log::ProducerInfo> producers() const override { return log_->producers(); }
  Result<> raise_log_start(Offset to, Deadline deadline) override;
  void set_config(const TopicConfig& config) override;
  std::uint64_t local_bytes() const override;

  /// Flusher's thread.
  void flush() override;

  // ---- what the keeper asks
  /// Rolls when segment.ms has passed, or when retention has overtaken everything in the active segment. Local work only.
  Result<> roll_if_due();
  /// The local work of retention, when no object is concerned; with objects it is a part of run_pass().
  Result<> apply_local_only_retention();
  /// True when run_pass() without any flag would find work: uploads of a tiered topic, retention, removals that failed, refresh.
  bool has_store_work() const;
  /// Refresh when needed, archive, demote, promote, retention, removal; the first error, after doing what does not depend on it.
  Result<> run_pass(const PassOrder& order);
  /// What relief of the local disk may choose from. `auto_archive`: also what is archived by age only, and not yet.
  LocalUnits local_units(bool auto_archive) const;
  std::uint64_t upload_budget() const { return config()->upload_bytes_per_second; }
  CopyLag copy_lag(const PassOrder& order) const;

  // ---- what the cleaner asks
  CleanState clean_state() const;
  /// Compacts what clean_state() says; `pace` hears of all bytes read and written, and its error ends it. kClosed, kConflict: try
  /// again later. Cost: see log::Log::clean.
  Result<log::Cleaned> clean(log::KeyOffsets& keys, const std::function<Result<>(std::uint64_t)>& pace);

  // ---- what the admin asks
  Result<Place> place_of(Offset base) const;  // kNotFound
  Result<> archive_now(Offset base);
  Result<> restore_now(Offset base, Deadline deadline);
  Result<std::vector<SegmentReason>> why(Offset base, const PassOrder& order) const;
  PartitionCounts counts() const;
  bool has_archived() const;
  tier::AccessTracker::Slot access_slot() const { return slot_; }

  /// Answers all waiters with kClosed, syncs and closes the log. Idempotent; the object stays safe to call and refuses.
  Result<> close();
  /// close() without keeping anything: the topic is being deleted; the folder goes.
  Result<> destroy();
  /// Returns when no upload runs any more; after close() they end at their next read.
  void wait_for_uploads();

 private:
  struct View {
    std::vector<tier::SegmentEntry> archived;  // by offset
    std::vector<Offset> copies;                // archived segments that lie in our folder but not in the log; bases, sorted
    std::uint64_t archived_bytes = 0;
    std::uint64_t copy_bytes = 0;
  };
  struct DurableWaiter {
    Offset end;
    std::function<void(Result<>)> then;
  };
  struct Slice {
    FileSlice data;
    Offset segment_base;
  };

  PartitionImpl(const PartitionDeps& deps, PartitionSetup setup);

  // partition_open.cc
  Result<> recover();
  // partition_recover.cc
  Result<> find_out_what_was_lost();
  Result<bool> folder_holds_records() const;
  Result<> begin_behind(const tier::SegmentEntry& last, Deadline deadline);

  // partition_open.cc again
  Result<> fit_log_to_archive();
  bool knows_all_archived() const;  // change_mutex_ held
  void adopt_leftovers();
  void recall_pins();
  Result<> refresh(bool whole, Deadline deadline);

  // partition.cc
  Result<> check_open() const;
  template <class How>
  Result<log::Appended> append_with(const How& how);
  Result<> write_checkpoint(const Checkpoint& to);       // change_mutex_ held
  Result<> release_log(Offset before, std::span<const Offset> keep);  // change_mutex_ held
  Result<> remove_below_log_start(Deadline deadline);    // change_mutex_ held
  Result<> sync_log();
  std::shared_ptr<const TopicConfig> config() const;
  bool retention_applies(const TopicConfig& config) const;

  // partition_read.cc
  Result<ReadAnswer> read_with(const ReadRequest& request, std::optional<Deadline> deadline);
  Result<std::optional<Slice>> slice_at(const ReadRequest& request, Offset limit, std::optional<Deadline> deadline);
  Result<std::optional<Slice>> cold_slice(const ReadRequest& request, std::optional<Deadline> deadline);
  bool is_archived(Offset offset) const;
  Result<> look_for(Offset offset, Deadline deadline);
  using Aborted = std::vector<log::AbortedTransaction>;
  Result<std::optional<Aborted>> aborted_in(const Slice& slice, Offset from, Offset limit, std::optional<Deadline> deadline);
  Result<std::optional<Aborted>> aborted_between(Offset from, Offset to, std::optional<Deadline> deadline);
  void record_access(Offset segment_base, std::uint64_t bytes);
  Offset segment_of(Offset offset);

  // partition_lookup.cc
  Result<> scan(Offset from, Offset to, Deadline deadline, const std::function<bool(const record::Record&, LeaderEpoch)>& each);
  Result<OffsetAnswer> scan_for(TimestampMs timestamp, Deadline deadline);
  Result<OffsetAnswer> scan_for_max(Deadline deadline);

  // partition_clean.cc
  Offset clean_from() const;

  // partition_why.cc
  CopyRule copy_rule(const TopicConfig& config, const PassOrder& order) const;
  SegmentReason why_not_archived(const Unit& unit, const TopicConfig& config, const PassOrder& order) const;
  SegmentReason why_still_local(const Unit& unit, std::span<const Unit> all, const TopicConfig& config,
                                const PassOrder& order) const;
  SegmentReason why_still_archived(const Unit& unit, std::span<const Unit> all, const TopicConfig& config) const;

  // partition_tier.cc
  std::shared_ptr<const View> view() const;
  void reload_view();
  std::vector<Unit> units() const;
  bool archives_all(const TopicConfig& config) const;
  bool may_archive(const TopicConfig& config) const;
  bool never_tiers(const TopicConfig& config) const;
  std::vector<Unit> due_for_archive(const PassOrder& order) const;
  Result<> archive_segment(Offset base, const std::atomic<bool>* stop);
  Result<> archive_due(const PassOrder& order);
  Result<> demote_by_local_retention(const PassOrder& order);
  Result<> demote_by_policy(const PassOrder& order);
  Result<> demote_for_space(const PassOrder& order);
  Result<> demote(const PassOrder& order, const std::function<bool(const Unit&)>& goes,
                  const std::function<bool(const Unit&)>& stays);
  Result<> promote_by_policy(const PassOrder& order);
  Result<> merge_archived(const PassOrder& order);
  Result<> release_verified(Offset before, std::span<const Offset> keep);
  Result<> drop_copy(Offset base);
  Result<> bring_back(Offset base, Deadline deadline);
  Result<> apply_retention();
  bool read_often(const PassOrder& order, Offset base) const;
  bool is_pinned(Offset base) const;
  Result<> pin(Offset base);    // change_mutex_ held
  void unpin(Offset before);    // change_mutex_ held
  bool rpo_passed(const TopicConfig& config, const log::SegmentInfo& active) const;

  const PartitionDeps deps_;
  const PartitionSetup setup_;
  tier::AccessTracker::Slot slot_ = 0;
  tier::PartitionHandle handle_;  // null without an engine
  LeaderEpoch epoch_{0};
  std::unique_ptr<log::Log> log_;
  const std::shared_ptr<AppendWaiters> append_waiters_ = AppendWaiters::make();

  std::mutex clean_mutex_;
  std::mutex pass_mutex_;
  std::mutex archive_mutex_;
  std::mutex append_mutex_;
  std::mutex sync_mutex_;

  mutable std::mutex change_mutex_;
  Checkpoint checkpoint_;                     // as on disk
  Offset bucket_log_start_ = kNoOffset;       // as state.json says, as far as we know
  Pins pinned_until_;                           // restored by an operator; as on disk, but for those that are over

  mutable std::mutex wait_mutex_;
  std::vector<DurableWaiter> durable_waiters_;
  bool flush_requested_ = false;
  std::optional<std::pair<Offset, Error>> last_upload_error_;  // and the segment that met it; nothing once one succeeds
  std::shared_ptr<const TopicConfig> config_;

  mutable std::mutex view_mutex_;
  std::shared_ptr<const View> view_ = std::make_shared<View>();
  std::vector<Offset> segment_bases_;         // of the log, as of bases_read_at_
  Steady bases_read_at_{-1};

  std::mutex look_mutex_;                     // one listing at a time for readers of an offset that is not in the catalogue
  Steady looked_at_{-1};

  std::atomic<std::int64_t> log_start_{0};
  std::atomic<std::int64_t> tiered_end_{0};
  std::atomic<bool> refreshed_{false};         // the bucket was listed since the start
  std::atomic<bool> catalogue_complete_{true};  // what the checkpoint says was archived is in the catalogue
  std::atomic<bool> closed_{false};
  std::atomic<bool> failed_{false};            // an fsync failed: what it covered may be lost
};

}  // namespace takhin::partition
