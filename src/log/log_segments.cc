// Segments beginning and ending: roll, release, reset.

#include <algorithm>

#include "base/log.h"
#include "log/log_impl.h"
#include "log/names.h"

namespace takhin::log {

Result<std::unique_ptr<ActiveSegment>> LogImpl::new_active(Offset base) {
  auto active = std::make_unique<ActiveSegment>(base, config_.index_interval_bytes);
  TRY(active->log, fs_.open(segment_path(dir_, base, kLogSuffix), OpenMode::kReadWrite));
  TRY(active->log->truncate(0));  // nothing of this log can lie there yet
  active->begun = active->modified = clock_.wall();
  return active;
}

/// Indexes of the active segment and the producers' state at its end. What a crash leaves half written is found out and
/// made anew.
Result<std::vector<std::shared_ptr<File>>> LogImpl::write_side_files() {
  {
    const std::scoped_lock lock(mutex_);
    active_->index.finish();
  }
  const auto path = [&](std::string_view suffix) { return segment_path(dir_, active_->base, suffix); };
  std::vector<std::shared_ptr<File>> files;
  TRY(files.emplace_back(), write_plain(fs_, path(kOffsetIndexSuffix), active_->index.offsets()));
  TRY(files.emplace_back(), write_plain(fs_, path(kTimeIndexSuffix), active_->index.times()));
  if (active_->txns.empty()) {
    TRY(fs_.remove(path(kTxnIndexSuffix)));
  } else {
    TRY(files.emplace_back(), write_plain(fs_, path(kTxnIndexSuffix), active_->txns));
  }
  const std::string snapshot = segment_path(dir_, active_->end, kSnapshotSuffix);
  if (active_->bytes > 0) {
    TRY(files.emplace_back(), write_plain(fs_, snapshot, producers_.encode()));
  } else {
    // The one of the last roll stands under this name, and when nothing older is local it alone knows the producers: it must not
    // be half written at any moment.
    TRY(write_atomically(fs_, snapshot, producers_.encode()));
  }
  return files;
}

Result<> LogImpl::roll_locked() {
  if (active_->bytes == 0) return done();
  TRY(auto files, write_side_files());
  files.insert(files.begin(), active_->log);
  TRY(auto fresh, new_active(active_->end));
  auto data = std::make_shared<SegmentData>();
  bool crowded = false;
  Segment facts{.base = active_->base, .end = active_->end, .bytes = active_->bytes, .newest = active_->index.newest(),
                .modified = active_->modified, .has_txns = !active_->txns.empty(), .first = active_->first_timestamp};
  data->log = active_->log;
  data->offsets = active_->index.offsets();
  data->times = active_->index.times();
  data->txns = active_->txns;
  cache_.put(facts.base, std::move(data));
  {
    const std::scoped_lock lock(mutex_);
    sealed_.push_back(facts);
    sealed_bytes_ += facts.bytes;
    unsynced_.push_back({facts.end, std::move(files)});
    names_changed_ += 1;
    active_ = std::move(fresh);
    crowded = unsynced_.size() > kUnsyncedSealedMax;
  }
  if (crowded) {
    TRY(sync());
  }
  return done();
}

Result<> LogImpl::roll() {
  const std::scoped_lock lock(writer_);
  TRY(writable());
  return roll_locked();
}

Result<> LogImpl::roll_if_due() {
  const std::scoped_lock lock(writer_);
  TRY(writable());
  const TimestampMs now = clock_.wall();
  producers_.expire(now);
  if (active_->bytes == 0 || now.raw - active_->begun.raw <= config_.segment_ms) return done();
  return roll_locked();
}

Result<> LogImpl::remove_files(Offset base) {
  cache_.forget(base);
  // The log first: indexes without one are removed at the next start.
  for (const auto suffix : {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix, kSnapshotSuffix}) {
    TRY(fs_.remove(segment_path(dir_, base, suffix)));
  }
  return done();
}

Result<> LogImpl::release_oldest(Offset before, std::span<const Offset> keep) {
  const std::scoped_lock lock(writer_);
  TRY(writable());
  for (;;) {
    Segment oldest;
    {
      const std::scoped_lock reader_lock(mutex_);
      if (sealed_.empty() || sealed_.front().end > before) return done();
      oldest = sealed_.front();
      sealed_.pop_front();
      sealed_bytes_ -= oldest.bytes;
      names_changed_ += 1;
    }
    cache_.forget(oldest.base);
    if (std::find(keep.begin(), keep.end(), oldest.base) == keep.end()) {
      TRY(remove_files(oldest.base));
    }
  }
}

Result<> LogImpl::reset(Offset start) {
  const std::scoped_lock lock(writer_);
  TRY(writable());
  // First, so that no later recovery trusts the files of the new log for the sake of the old one.
  TRY(fs_.remove(dir_ + "/" + std::string(kRecoveryPointFile)));
  TRY(fs_.remove(dir_ + "/" + std::string(kCleanerFile)));
  TRY(fs_.sync_dir(dir_));
  std::vector<Offset> bases;
  for (const Segment& segment : sealed_) bases.push_back(segment.base);
  bases.push_back(active_->base);
  const Offset old_end = active_->end;
  // From the newest down: a crash in between leaves a shorter log, never one with a hole.
  for (auto base = bases.rbegin(); base != bases.rend(); ++base) {
    TRY(remove_files(*base));
  }
  TRY(fs_.remove(segment_path(dir_, old_end, kSnapshotSuffix)));
  TRY(auto fresh, new_active(start));
  EpochCache epochs = epochs_;
  if (epochs.truncate(start)) {
    TRY(write_atomically(fs_, dir_ + "/" + std::string(kEpochFile), view_of(epochs.text(Offset{INT64_MAX}))));
  }
  producers_.clear();
  cache_.clear();
  {
    const std::scoped_lock reader_lock(mutex_);
    sealed_.clear();
    unsynced_.clear();
    sealed_bytes_ = 0;
    active_ = std::move(fresh);
    epochs_ = std::move(epochs);
    names_changed_ += 1;
    ++resets_;
    synced_end_ = last_stable_ = start;
    cleaned_end_ = Offset{0};
  }
  return fs_.sync_dir(dir_);
}

}  // namespace takhin::log
