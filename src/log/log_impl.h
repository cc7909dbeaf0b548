#pragma once
// The one implementation of Log. Writers (append, roll, release, reset, close) are one at a time under `writer_`; what
// readers look at changes under `mutex_`, which is never held over a file operation. sync() holds neither while the
// disk works. `swap_` keeps facts and files of sealed segments together: who takes a segment by its facts and opens its files
// shares it, only a cleaning that replaces segments holds it alone, for renames. Order: cleaning_, writer_, swap_, mutex_.

#include <atomic>
#include <deque>
#include <mutex>
#include <shared_mutex>

#include "log/cleaner.h"
#include "log/recovery.h"
#include "log/validate.h"

namespace takhin::log {

/// Sealed segments whose files were not synced yet; beyond it a roll waits for the disk.
inline constexpr std::size_t kUnsyncedSealedMax = 4;
/// As Kafka's segment.index.bytes: a segment is rolled before an index outgrows it.
inline constexpr std::size_t kIndexBytesMax = 10 * kMiB;

class LogImpl : public Log {
 public:
  LogImpl(const OpenOptions& options, Recovered recovered);

  using Log::append;
  Result<Appended> append(std::span<std::byte> batches, LeaderEpoch epoch, const Admit& admit) override;
  Result<Appended> append_marker(const TxnEnd& end, LeaderEpoch epoch) override;
  Result<> append_as_is(View batches) override;
  Result<Offset> sync() override;
  Offset synced_end() const override;
  Result<ReadSlice> read(Offset offset, std::uint64_t bytes_max, bool at_least_one, Offset limit) const override;
  Offset local_start() const override;
  Offset end() const override;
  Offset last_stable() const override;
  Result<std::optional<TimestampedOffset>> offset_for(TimestampMs timestamp) const override;
  Result<std::optional<TimestampedOffset>> offset_of_max_timestamp() const override;
  Result<std::vector<AbortedTransaction>> aborted_in(Offset from, Offset to) const override;
  std::vector<SegmentInfo> segments() const override;
  Result<SegmentFiles> sealed_files(Offset base) const override;
  Result<> roll() override;
  Result<> roll_if_due() override;
  Result<> release_oldest(Offset before, std::span<const Offset> keep) override;
  Result<> reset(Offset start) override;
  Result<Cleaned> clean(const CleanOrder& order) override;
  Offset cleaned_end() const override;
  Result<TimestampMs> first_timestamp_from(Offset from) override;
  std::vector<ProducerInfo> producers() const override;
  std::vector<EpochStart> epochs() const override;
  void set_config(const LogConfig& config) override;
  Result<> close() override;
  std::uint64_t bytes() const override;

  /// At open: makes sure of the directory and of what recovery kept.
  Result<> begin(bool clean);

 private:
  /// Where a search begins: one segment's file, from a position at or before what is looked for to the end of what is written.
  struct Place {
    Segment facts;
    bool sealed = false;
    std::shared_ptr<const File> log;
    ByteRange range;
  };
  /// Files of a sealed segment on their way to the disk.
  struct Unsynced {
    Offset end;
    std::vector<std::shared_ptr<File>> files;
  };

  // log.cc, under writer_
  Result<> writable() const;
  Result<> write(View data, std::span<const record::BatchHeader> headers, TimestampMs now);
  void publish(std::span<const record::BatchHeader> headers, std::uint64_t position, TimestampMs now);
  Result<> note_epoch(LeaderEpoch epoch, Offset start);
  Result<> replay_written(std::span<const record::BatchHeader> headers, std::span<const View> bodies, TimestampMs now);
  bool must_roll(std::span<const record::BatchHeader> headers, std::uint64_t bytes) const;
  Result<> roll_locked();
  Result<std::vector<std::shared_ptr<File>>> write_side_files();
  Result<std::unique_ptr<ActiveSegment>> new_active(Offset base);
  Result<> remove_files(Offset base);
  void publish_stable();
  Error offline(Error why) const;

  // log_read.cc
  Segment active_facts_locked() const;
  const Segment* sealed_at_locked(Offset offset) const;
  Result<std::shared_ptr<const SegmentData>> data_of(const Segment& segment) const;
  Result<Place> place(Offset offset) const;
  Result<std::optional<Place>> place_of_time(Offset from, TimestampMs timestamp) const;
  std::optional<ReadSlice> read_recent(Offset offset, std::uint64_t bytes_max, bool at_least_one, Offset limit) const;
  Result<ReadSlice> read_from(const Place& place, const FoundBatch& first, std::uint64_t bytes_max, bool at_least_one,
                              Offset limit) const;
  Result<std::vector<record::TxnEntry>> aborted_entries(Offset from, Offset to) const;
  Result<> repair_txn_index(const Segment& segment) const;
  Result<Bytes> snapshot_at_end_of(const Segment& segment) const;

  // log_clean.cc
  std::vector<Segment> segments_to_clean(const CleanOrder& order) const;
  Result<> secure_below(Offset end);
  LastOfProducers last_of_producers() const;
  Result<> replace(std::span<const Segment> old, CleanedSegment fresh);
  bool still_there_locked(std::span<const Segment> old) const;
  Result<> note_cleaned(Offset end);

  FileSystem& fs_;
  Clock& clock_;
  const std::string dir_;

  mutable std::mutex writer_;
  ProducerState producers_;  // writer_
  bool closed_ = false;      // writer_

  std::mutex syncing_;
  std::mutex cleaning_;
  mutable std::shared_mutex swap_;

  mutable std::mutex mutex_;
  LogConfig config_;
  std::deque<Segment> sealed_;
  std::unique_ptr<ActiveSegment> active_;
  EpochCache epochs_;
  std::deque<Unsynced> unsynced_;
  std::uint64_t sealed_bytes_ = 0;
  std::uint64_t resets_ = 0;
  std::uint64_t names_changed_ = 0;  // files made or removed since the directory was synced
  Offset synced_end_;
  Offset last_stable_;
  Offset cleaned_end_;
  std::uint64_t replaced_ = 0;  // how often cleaned segments took the place of others
  mutable std::optional<Error> offline_;  // set by a failed fsync, never cleared

  mutable SegmentCache cache_;
};

}  // namespace takhin::log
