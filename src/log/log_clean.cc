// What a log has to do with its cleaning: what may be cleaned, and how the new segments become its own.

#include <algorithm>

#include "base/log.h"
#include "log/key_offsets.h"
#include "log/log_impl.h"
#include "log/names.h"
#include "log/swap.h"

namespace takhin::log {

Offset LogImpl::cleaned_end() const {
  const std::scoped_lock lock(mutex_);
  return cleaned_end_;
}

std::vector<Segment> LogImpl::segments_to_clean(const CleanOrder& order) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Segment> out;
  for (const Segment& segment : sealed_) {
    if (segment.base >= order.from && segment.end <= order.before) out.push_back(segment);
  }
  return out;
}

/// All below `end` is on the disk, and recovery knows it: from then on it trusts those segments, gaps and all.
Result<> LogImpl::secure_below(Offset end) {
  if (synced_end() < end) {
    TRY(sync());
  }
  const std::scoped_lock one_at_a_time(syncing_);
  TRY(const Offset point, read_recovery_point(fs_, dir_));
  if (point >= end) return done();
  return write_recovery_point(fs_, dir_, end);
}

LastOfProducers LogImpl::last_of_producers() const {
  const std::scoped_lock lock(writer_);
  return producers_.last_of_each();
}

Result<Cleaned> LogImpl::clean(const CleanOrder& order) {
  const std::scoped_lock one_at_a_time(cleaning_);
  {
    const std::scoped_lock lock(writer_);
    TRY(writable());
  }
  CleanOrder what = order;
  auto segments = segments_to_clean(what);
  if (segments.empty()) return Cleaned{.end = what.dirty};
  what.dirty = std::max(what.dirty, segments.front().base);
  what.before = segments.back().end;
  if (what.dirty >= what.before) return Cleaned{.end = what.dirty};
  if (what.before > last_stable()) {
    return fail(Kind::kInvalid, "{}: {} is beyond the last stable offset", dir_, what.before.raw);
  }
  TRY(secure_below(what.before));
  TRY(auto aborted, aborted_entries(segments.front().base, what.before));
  LogConfig config;
  {
    const std::scoped_lock lock(mutex_);
    config = config_;
  }
  Cleaner cleaner({fs_, dir_, config}, what, std::move(segments), std::move(aborted), last_of_producers());
  TRY(const Offset end, cleaner.learn());
  for (const auto group : cleaner.groups()) {
    TRY(auto fresh, cleaner.write(group));
    if (fresh.same) continue;
    cleaner.stats().segments_before += group.size();
    cleaner.stats().segments_after += 1;
    TRY(replace(group, std::move(fresh)));
  }
  TRY(note_cleaned(end));
  cleaner.stats().end = end;
  return cleaner.stats();
}

bool LogImpl::still_there_locked(std::span<const Segment> old) const {
  auto at = std::ranges::find(sealed_, old.front().base, &Segment::base);
  for (const Segment& segment : old) {
    if (at == sealed_.end() || at->base != segment.base || at->bytes != segment.bytes) return false;
    ++at;
  }
  return true;
}

Result<> LogImpl::replace(std::span<const Segment> old, CleanedSegment fresh) {
  const std::scoped_lock lock(writer_);
  auto usable = writable();
  if (usable.ok() && !still_there_locked(old)) {  // only writers change the list
    usable = fail(Kind::kConflict, "{}: segment {} was released meanwhile", dir_, old.front().base.raw);
  }
  if (!usable.ok()) {
    drop_cleaned(fs_, dir_, fresh.facts.base);
    return usable;
  }
  std::vector<Offset> behind;
  for (const Segment& segment : old.subspan(1)) behind.push_back(segment.base);
  const std::unique_lock files(swap_);
  if (const auto swapped = swap_in(fs_, dir_, fresh.facts.base, behind); !swapped.ok()) return offline(swapped.error());
  for (const Segment& segment : old) cache_.forget(segment.base);
  cache_.put(fresh.facts.base, std::move(fresh.data));
  const std::scoped_lock reader_lock(mutex_);
  auto at = std::ranges::find(sealed_, old.front().base, &Segment::base);
  for (const Segment& segment : old) sealed_bytes_ -= segment.bytes;
  sealed_bytes_ += fresh.facts.bytes;
  *at = fresh.facts;
  sealed_.erase(at + 1, at + static_cast<std::ptrdiff_t>(old.size()));
  ++replaced_;
  return done();
}

Result<> LogImpl::note_cleaned(Offset end) {
  const std::scoped_lock lock(writer_);
  TRY(writable());
  {
    const std::scoped_lock reader_lock(mutex_);
    if (end > active_->end) return fail(Kind::kConflict, "{} began anew meanwhile", dir_);
  }
  TRY(write_cleaned_end(fs_, dir_, end));
  const std::scoped_lock reader_lock(mutex_);
  cleaned_end_ = end;
  return done();
}

Result<TimestampMs> LogImpl::first_timestamp_from(Offset from) {
  TimestampMs oldest = kNoTimestamp;
  for (Offset at = from;;) {
    const std::shared_lock files(swap_);
    Segment segment;
    {
      const std::scoped_lock lock(mutex_);
      const auto found = std::ranges::find_if(sealed_, [&](const Segment& each) { return each.end > at; });
      if (found == sealed_.end()) return oldest;
      segment = *found;
    }
    if (segment.first == kNoTimestamp) {
      const std::string path = segment_path(dir_, segment.base, kLogSuffix);
      auto opened = fs_.open(path, OpenMode::kRead);
      at = segment.end;
      if (!opened.ok() && opened.error().kind == Kind::kNotFound && segment.base < local_start()) continue;
      TRY(const auto log, std::move(opened));
      TRY(const Bytes head, read_exactly(*log, {0, record::kBatchHeaderBytes}).within(path));
      TRY(const auto header, record::parse_header(head));
      segment.first = header.max_timestamp;
      const std::scoped_lock lock(mutex_);
      const auto found = std::ranges::find(sealed_, segment.base, &Segment::base);
      if (found != sealed_.end()) found->first = segment.first;
    }
    if (segment.first > TimestampMs{0} && (oldest == kNoTimestamp || segment.first < oldest)) oldest = segment.first;
    at = segment.end;
  }
}

}  // namespace takhin::log
