// What of a partition is to be compacted, and when (kafka.log.LogCleanerManager#cleanableOffsets).

#include <algorithm>

#include "partition/partition_impl.h"
#include "partition/topic_rules.h"

namespace takhin::partition {
namespace {

TimestampMs newest_of(const log::SegmentInfo& segment) {
  return segment.max_timestamp.raw < 0 ? segment.modified : segment.max_timestamp;
}

}  // namespace

/// The first of the local segments that are not archived: an object holds its segment as it was.
Offset PartitionImpl::clean_from() const {
  const auto archived = view();
  return archived->archived.empty() ? log_->local_start() : std::max(log_->local_start(), archived->archived.back().end);
}

CleanState PartitionImpl::clean_state() const {
  CleanState state;
  const auto config = this->config();
  // The coordinators rewrite their topics themselves, as a snapshot behind which all older records go.
  const bool rewrites_itself = is_internal_topic(ref().topic);
  state.compacted = config->cleanup_compact && !closed_ && !failed_ && catalogue_complete_ && !rewrites_itself;
  if (!state.compacted) return state;
  state.from = clean_from();
  state.dirty = std::max(log_->cleaned_end(), state.from);
  state.before = state.from;
  const Offset stable = log_->last_stable();
  const TimestampMs now = deps_.clock.wall();
  for (const log::SegmentInfo& segment : log_->segments()) {
    if (segment.base < state.from) continue;
    const bool clean = segment.end <= state.dirty;
    const bool too_new = config->min_compaction_lag_ms > 0 && newest_of(segment).raw > now.raw - config->min_compaction_lag_ms;
    if (!segment.sealed || segment.end > stable || (!clean && too_new)) break;
    state.before = segment.end;
    (clean ? state.clean_bytes : state.dirty_bytes) += segment.bytes;
  }
  if (state.dirty_bytes == 0) return state;
  state.due = state.dirty_ratio() > config->min_cleanable_ratio;
  if (!state.due && config->max_compaction_lag_ms < INT64_MAX) {
    const auto first = log_->first_timestamp_from(state.dirty);
    state.due = first.ok() && *first > TimestampMs{0} && first->raw < now.raw - config->max_compaction_lag_ms;
  }
  return state;
}

Result<log::Cleaned> PartitionImpl::clean(log::KeyOffsets& keys, const std::function<Result<>(std::uint64_t)>& pace) {
  const std::lock_guard one_at_a_time(clean_mutex_);
  TRY(check_open());
  const CleanState state = clean_state();
  if (!state.compacted || state.dirty_bytes == 0) return log::Cleaned{.end = state.dirty};
  TRY(sync_log());
  log::CleanOrder order;
  order.from = state.from;
  order.dirty = state.dirty;
  order.before = state.before;
  order.now = deps_.clock.wall();
  order.delete_retention_ms = config()->delete_retention_ms;
  // What lies below, in objects only, may still hold a value for a key: its tombstone must outlive it.
  order.keep_tombstones = state.from > Offset{log_start_.load()} && has_archived();
  order.keys = &keys;
  order.pace = [&](std::uint64_t bytes) -> Result<> {
    TRY(check_open());
    return pace(bytes);
  };
  return log_->clean(order);
}

}  // namespace takhin::partition
