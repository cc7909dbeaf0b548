// What goes to the bucket, what leaves local disk, what comes back, what is deleted: the passes of one partition.

#include <algorithm>

#include "base/log.h"
#include "partition/partition_impl.h"
#include "partition/topic_rules.h"

namespace takhin::partition {
namespace {

/// Keeps the first error, and says whether going on makes sense: not when the store is away or the process ends.
class FirstError {
 public:
  bool go_on(Result<> step) {
    if (step.ok()) return true;
    const Kind kind = step.error().kind;
    if (!first_) first_ = std::move(step).error();
    return !is_transient(kind) && kind != Kind::kClosed;
  }
  Result<> answer() const { return first_ ? Result<>(*first_) : done(); }

 private:
  std::optional<Error> first_;
};

Result<> check_stop(const PassOrder& order) {
  if (order.stop != nullptr && *order.stop) return fail(Kind::kClosed, "shutting down");
  return done();
}

}  // namespace

// ---- what is where

std::shared_ptr<const PartitionImpl::View> PartitionImpl::view() const {
  const std::lock_guard hold(view_mutex_);
  return view_;
}

/// Looks at the engine's catalogue again; after every change of it.
void PartitionImpl::reload_view() {
  if (deps_.engine == nullptr) return;
  auto fresh = std::make_shared<View>();
  fresh->archived = deps_.engine->segments(ref());
  const Offset local_start = log_->local_start();
  Offset end{log_start_.load()};
  for (const tier::SegmentEntry& entry : fresh->archived) {
    fresh->archived_bytes += entry.log_bytes;
    if (entry.base <= end) end = std::max(end, entry.end);
    if (entry.base < local_start && deps_.engine->has_local_copy(ref(), entry.base)) {
      fresh->copies.push_back(entry.base);
      fresh->copy_bytes += entry.log_bytes;
    }
  }
  const std::lock_guard hold(view_mutex_);
  view_ = std::move(fresh);
  tiered_end_ = end.raw;
}

std::vector<Unit> PartitionImpl::units() const {
  return units_of(view()->archived, log_->segments(), deps_.clock.wall());
}

bool PartitionImpl::has_archived() const { return !catalogue_complete_ || !view()->archived.empty(); }

/// KIP-405: every sealed segment goes up at once.
bool PartitionImpl::archives_all(const TopicConfig& config) const {
  return deps_.engine != nullptr && config.remote_storage_enable && !config.remote_copy_disable;
}

/// A compacted log changes under its objects, so none are made of it.
bool PartitionImpl::may_archive(const TopicConfig& config) const {
  return deps_.engine != nullptr && !config.cleanup_compact && !config.remote_copy_disable && !never_tiers(config);
}

/// remote.log.delete.on.disable of a topic that is not tiered: its archived part goes, and none is made again.
bool PartitionImpl::never_tiers(const TopicConfig& config) const {
  return !config.remote_storage_enable && config.remote_delete_on_disable;
}

void PartitionImpl::wait_for_uploads() { const std::lock_guard hold(archive_mutex_); }

bool PartitionImpl::is_pinned(Offset base) const {
  const std::lock_guard hold(change_mutex_);
  const auto found = pinned_until_.find(base);
  return found != pinned_until_.end() && deps_.clock.wall() < found->second;
}

bool PartitionImpl::read_often(const PassOrder& order, Offset base) const {
  const auto stats = deps_.engine->access().stats(slot_, base, deps_.clock.wall());
  return stats && stats->average_hz >= order.policy.hot_access_hz_min && stats->count >= order.policy.hot_access_count_min;
}

PartitionCounts PartitionImpl::counts() const {
  PartitionCounts out;
  const auto now = view();
  std::uint64_t archived_in_log = 0;
  std::uint64_t archived_in_log_bytes = 0;
  for (const log::SegmentInfo& segment : log_->segments()) {
    const bool archived = segment.sealed && covers(now->archived, segment.base, segment.end);
    archived_in_log += archived ? 1 : 0;
    archived_in_log_bytes += archived ? segment.bytes : 0;
    out.hot += archived ? 0 : 1;
  }
  const std::uint64_t log_bytes = log_->bytes();
  out.warm = archived_in_log + now->copies.size();
  out.cold = now->archived.size() - std::min<std::uint64_t>(now->archived.size(), out.warm);
  out.local_bytes = log_bytes + now->copy_bytes;
  out.remote_bytes = now->archived_bytes;
  out.total_bytes = log_bytes + now->archived_bytes - std::min(archived_in_log_bytes, now->archived_bytes);
  return out;
}

Result<Place> PartitionImpl::place_of(Offset base) const {
  const auto now = view();
  for (const log::SegmentInfo& segment : log_->segments()) {
    if (segment.base != base) continue;
    if (!segment.sealed) return Place::kActive;
    return covers(now->archived, segment.base, segment.end) ? Place::kArchivedAndLocal : Place::kSealed;
  }
  if (std::ranges::binary_search(now->archived, base, {}, &tier::SegmentEntry::base)) {
    return std::ranges::binary_search(now->copies, base) ? Place::kArchivedAndLocal : Place::kArchivedOnly;
  }
  return fail(Kind::kNotFound, "segment not found");
}

// ---- archive

std::vector<Unit> PartitionImpl::due_for_archive(const PassOrder& order) const {
  std::vector<Unit> due;
  const CopyRule rule = copy_rule(*config(), order);
  if (rule.topic != Copying::kDue) return due;
  for (const Unit& unit : units()) {
    if (copy_decision(rule, unit) == Copying::kDue) due.push_back(unit);
  }
  return due;
}

CopyLag PartitionImpl::copy_lag(const PassOrder& order) const {
  CopyLag lag;
  for (const Unit& unit : due_for_archive(order)) {
    ++lag.segments;
    lag.bytes += unit.bytes;
    lag.age_ms = std::max(lag.age_ms, unit.age_ms);
  }
  return lag;
}

Result<> PartitionImpl::archive_segment(Offset base, const std::atomic<bool>* stop) {
  const std::lock_guard one_at_a_time(archive_mutex_);
  TRY(check_open());
  auto files = log_->sealed_files(base);
  if (!files.ok()) return files.error();
  const log::SegmentInfo& info = files->info;
  if (covers(view()->archived, info.base, info.end)) return done();
  if (info.end > log_->last_stable()) {
    return fail(Kind::kConflict, "a transaction that began before offset {} is still open", info.end.raw);
  }
  TRY(sync_log());  // its border too: a roll that a power cut undid would leave the object in the way of a longer segment
  tier::SealedSegment segment;
  segment.partition = ref();
  segment.base = info.base;
  segment.end = info.end;
  segment.max_timestamp = info.max_timestamp;
  segment.leader_epoch = info.last_epoch;
  segment.log =
      deps_.uploads.begin({ref(), info.base, info.bytes, upload_budget(), &closed_, stop}, std::move(files->log));
  segment.log_bytes = info.bytes;
  segment.offset_index = std::move(files->offset_index);
  segment.time_index = std::move(files->time_index);
  segment.txn_index = std::move(files->txn_index);
  segment.producer_snapshot = std::move(files->producer_snapshot);
  segment.leader_epochs = std::move(files->epochs);
  const auto config = this->config();
  segment.key_id = config->encryption_key_id;
  segment.zstd_level = config->zstd_level;
  const auto time = kTransferTime + deps_.uploads.time_for(info.bytes, upload_budget());
  TRY(deps_.engine->archive(segment, Deadline::in(deps_.clock, time)));

  const std::lock_guard hold(change_mutex_);
  reload_view();
  Checkpoint to = checkpoint_;
  to.archived_end = std::max(to.archived_end, Offset{tiered_end_.load()});
  return write_checkpoint(to);
}

Result<> PartitionImpl::archive_due(const PassOrder& order) {
  for (const Unit& unit : due_for_archive(order)) {
    TRY(check_stop(order));
    const auto archived = archive_segment(unit.base, order.stop);
    {
      const std::lock_guard hold(wait_mutex_);
      last_upload_error_.reset();
      if (!archived.ok()) last_upload_error_.emplace(unit.base, archived.error());
    }
    if (!archived.ok()) return Error(archived.error()).within(fmt::format("archive {}", segment_path(ref().name(), unit.base)));
  }
  return done();
}

Result<> PartitionImpl::archive_now(Offset base) {
  TRY(const Place place, place_of(base));
  if (place == Place::kActive) return fail(Kind::kConflict, "segment is still being appended to");
  if (place != Place::kSealed) return done();
  if (config()->cleanup_compact) return fail(Kind::kConflict, "a compacted topic is not archived");
  return archive_segment(base, nullptr);
}

// ---- local disk

/// Lets the log go of everything below `before`: first every object is looked at once more, because after this it is the only
/// copy.
Result<> PartitionImpl::release_verified(Offset before, std::span<const Offset> keep) {
  std::vector<Offset> leaving;
  for (const log::SegmentInfo& segment : log_->segments()) {
    if (!segment.sealed || segment.end > before) break;
    const auto verified =
        deps_.engine->verify(ref(), segment.base, tier::VerifyDepth::kHead, Deadline::in(deps_.clock, kStoreCallTime));
    if (!verified.ok()) {
      ++deps_.moves.demotion_failures;
      if (verified.error().kind == Kind::kNotFound || verified.error().kind == Kind::kCorrupt) {
        log_error("partition", "{}/{:020}.log stays local, its object is not whole: {}", ref().name(), segment.base.raw,
                  verified.error().text);
        refreshed_ = false;  // the next pass lists the bucket, and archives it again when it is really gone
        catalogue_complete_ = false;
      }
      return Error(verified.error()).within("verify before local removal");
    }
    leaving.push_back(segment.base);
  }
  if (leaving.empty()) return done();
  const std::lock_guard hold(change_mutex_);
  TRY(release_log(before, keep).within("remove local segments"));
  for (const Offset base : leaving) {
    if (std::ranges::find(keep, base) == keep.end()) {
      ++deps_.moves.demotions;
    } else {
      TRY(deps_.engine->add_local_copy(ref(), base, setup_.dir).within("keep a local copy"));
    }
  }
  reload_view();
  return done();
}

Result<> PartitionImpl::drop_copy(Offset base) {
  const auto verified = deps_.engine->verify(ref(), base, tier::VerifyDepth::kHead, Deadline::in(deps_.clock, kStoreCallTime));
  const std::lock_guard hold(change_mutex_);
  const Result<> dropped = verified.ok() ? deps_.engine->drop_local_copy(ref(), base) : verified;
  reload_view();
  ++(dropped.ok() ? deps_.moves.demotions : deps_.moves.demotion_failures);
  return dropped;
}

/// KIP-405 topics: what local.retention.* no longer holds, as far as it is archived without a gap.
Result<> PartitionImpl::demote_by_local_retention(const PassOrder& order) {
  const auto config = this->config();
  if (deps_.engine == nullptr || !config->remote_storage_enable) return done();
  TRY(check_stop(order));
  const Offset before =
      local_release_end(units(), config->effective_local_retention_ms(), config->effective_local_retention_bytes());
  if (before != kNoOffset) TRY(release_verified(before, {}));
  const auto now = view();
  for (const Offset base : now->copies) {
    TRY(check_stop(order));
    if (!is_pinned(base)) TRY(drop_copy(base));
  }
  return done();
}

/// Other topics: archived segments older than cold.age leave, but for those that are read often or were restored by hand.
Result<> PartitionImpl::demote_by_policy(const PassOrder& order) {
  const auto decide = [&](const Unit& unit) {
    return policy_decision(order.policy, unit, read_often(order, unit.base), is_pinned(unit.base));
  };
  return demote(
      order, [&](const Unit& unit) { return decide(unit) != Staying::kTooYoung; },
      [&](const Unit& unit) { return decide(unit) != Staying::kGoes; });
}

/// What was chosen because local disk holds too much, as far as it is archived; only what was restored by hand stays.
Result<> PartitionImpl::demote_for_space(const PassOrder& order) {
  if (order.release_before == kNoOffset) return done();
  return demote(
      order, [&](const Unit& unit) { return unit.end <= order.release_before; },
      [&](const Unit& unit) { return is_pinned(unit.base); });
}

/// Drops local files of archived segments: the log's, oldest first, while `goes` holds, then copies for which it holds. Those
/// for which `stays` holds are kept, the log's as copies.
Result<> PartitionImpl::demote(const PassOrder& order, const std::function<bool(const Unit&)>& goes,
                               const std::function<bool(const Unit&)>& stays) {
  TRY(check_stop(order));
  Offset before = kNoOffset;
  std::vector<Offset> kept;
  std::vector<Offset> keep;
  for (const Unit& unit : units()) {
    if (!unit.in_log) continue;
    if (!unit.sealed || !unit.archived || !goes(unit)) break;
    if (stays(unit)) {
      kept.push_back(unit.base);
      continue;
    }
    before = unit.end;
    keep = kept;  // only what lies below the last one that goes
  }
  if (before != kNoOffset) TRY(release_verified(before, keep));
  const auto now = view();
  for (const Unit& unit : units_of(now->archived, {}, deps_.clock.wall())) {
    if (!std::ranges::binary_search(now->copies, unit.base)) continue;
    TRY(check_stop(order));
    if (goes(unit) && !stays(unit)) TRY(drop_copy(unit.base));
  }
  return done();
}

LocalUnits PartitionImpl::local_units(bool auto_archive) const {
  LocalUnits local;
  const auto config = this->config();
  local.may_archive = may_archive(*config) && (auto_archive || archives_all(*config));
  const auto copies = view();
  for (const Unit& unit : units()) {
    const bool copy = !unit.in_log && std::ranges::binary_search(copies->copies, unit.base);
    if ((copy || unit.in_log) && !is_pinned(unit.base)) local.units.push_back(unit);
  }
  return local;
}

Result<> PartitionImpl::bring_back(Offset base, Deadline deadline) {
  const auto restored = deps_.engine->restore(ref(), base, setup_.dir, deadline);
  const std::lock_guard hold(change_mutex_);
  reload_view();
  ++(restored.ok() ? deps_.moves.promotions : deps_.moves.promotion_failures);
  return restored;
}

Result<> PartitionImpl::promote_by_policy(const PassOrder& order) {
  const auto now = view();
  const Offset local_start = log_->local_start();
  for (const tier::SegmentEntry& entry : now->archived) {
    if (entry.base >= local_start) break;
    if (std::ranges::binary_search(now->copies, entry.base) || !read_often(order, entry.base)) continue;
    TRY(check_stop(order));
    if (order.room != nullptr && !order.room->take(entry.log_bytes)) continue;
    TRY(bring_back(entry.base, Deadline::in(deps_.clock, kTransferTime))
            .within(fmt::format("promote {}/{}", ref().name(), entry.base.raw)));
  }
  return done();
}

/// Small objects become large ones, and those that were replaced long enough ago go.
Result<> PartitionImpl::merge_archived(const PassOrder& order) {
  const auto archived = view()->archived;
  if (archived.empty()) return done();
  const auto paced = [&](std::shared_ptr<const File> log, std::uint64_t bytes) {
    return deps_.uploads.begin({ref(), archived.front().base, bytes, upload_budget(), &closed_, order.stop}, std::move(log));
  };
  for (bool more = true; more;) {
    TRY(check_stop(order));
    TRY(check_open());
    const auto time = kTransferTime + deps_.uploads.time_for(kMergeBytesMax, upload_budget());
    const auto config = this->config();
    const tier::MergeOrder what{log_->local_start(), config->encryption_key_id, config->zstd_level, paced};
    TRY(const auto merged, deps_.engine->merge(ref(), what, Deadline::in(deps_.clock, time)));
    more = merged.has_value();
    const std::lock_guard hold(change_mutex_);
    reload_view();
  }
  TRY(deps_.engine->remove_replaced(ref(), Deadline::in(deps_.clock, kStoreCallTime)));
  return done();
}

/// On disk before the segment is: a restart in between must not send it away again.
Result<> PartitionImpl::pin(Offset base) {
  const TimestampMs now = deps_.clock.wall();
  Pins pins = pinned_until_;
  std::erase_if(pins, [&](const auto& pin) { return pin.second <= now; });
  pins[base] = TimestampMs{now.raw + kRestoredStayMs};
  if (pins.size() > kPinsMax) return fail(Kind::kExhausted, "{}: {} segments are pinned already", ref().name(), kPinsMax);
  TRY(store_pins(deps_.files, setup_.dir, pins).within("write pins"));
  pinned_until_ = std::move(pins);
  return done();
}

/// Pins of segments that are gone hold nothing: that the file still has them hurts nobody.
void PartitionImpl::unpin(Offset before) {
  const auto gone = std::erase_if(pinned_until_, [&](const auto& pin) { return pin.first < before; });
  if (gone == 0) return;
  const auto stored = store_pins(deps_.files, setup_.dir, pinned_until_);
  if (!stored.ok()) log_warn("partition", "{}: {}", ref().name(), stored.error().text);
}

Result<> PartitionImpl::restore_now(Offset base, Deadline deadline) {
  TRY(check_open());
  TRY(const Place place, place_of(base));
  if (place == Place::kActive || place == Place::kSealed) return done();
  {
    const std::lock_guard hold(change_mutex_);
    TRY(pin(base));
  }
  if (place == Place::kArchivedAndLocal) return done();
  return bring_back(base, deadline);
}

// ---- roll and retention

/// tier.rpo.*: the oldest record that is only here has been here for so long that the active segment goes up as it is.
bool PartitionImpl::rpo_passed(const TopicConfig& config, const log::SegmentInfo& active) const {
  const std::int64_t limit = config.rpo_ms == -2 ? setup_.rpo_ms : config.rpo_ms;
  if (limit <= 0 || !archives_all(config) || active.sealed || active.bytes == 0) return false;
  return deps_.clock.wall().raw - active.begun.raw >= limit;
}

Result<> PartitionImpl::roll_if_due() {
  const auto config = this->config();
  const auto segments = log_->segments();
  const std::lock_guard hold(append_mutex_);
  TRY(check_open());
  TRY(log_->roll_if_due());
  if (segments.empty()) return done();
  if (rpo_passed(*config, segments.back())) return log_->roll();
  if (!retention_applies(*config) || config->retention_ms < 0) return done();
  const Unit active = units_of({}, std::span(&segments.back(), 1), deps_.clock.wall()).front();
  if (active.sealed || active.bytes == 0 || active.age_ms <= config->retention_ms) return done();
  return log_->roll();  // what is too old goes even when nothing is ever appended again
}

Result<> PartitionImpl::apply_local_only_retention() {
  if (has_archived()) return done();
  return apply_retention();
}

Result<> PartitionImpl::apply_retention() {
  const auto config = this->config();
  if (never_tiers(*config) && has_archived() && log_->local_start() > Offset{log_start_.load()}) {
    TRY(raise_log_start(log_->local_start(), Deadline::in(deps_.clock, kStoreCallTime)).within("delete the archived part"));
  }
  // While the bucket's part is unknown, sizes are wrong and nothing may go by them.
  if (!retention_applies(*config) || !catalogue_complete_) return done();
  const auto all = units();
  const Offset log_start{log_start_.load()};
  const Offset start = retention_start(all, config->retention_ms, config->retention_bytes);
  if (start == kNoOffset || start <= log_start) return done();
  if (all.front().base > log_start) return done();  // what lies before is not known here: not retention's to take
  return raise_log_start(start, Deadline::in(deps_.clock, kStoreCallTime)).within("retention");
}

// ---- the pass

bool PartitionImpl::has_store_work() const {
  if (deps_.engine == nullptr || closed_) return false;
  const auto config = this->config();
  const auto now = view();
  if (!refreshed_) return true;
  const Offset log_start{log_start_.load()};
  if (!now->archived.empty() && now->archived.front().end <= log_start) return true;  // removal that failed
  if (archives_all(*config) && !due_for_archive(PassOrder{}).empty()) return true;
  if (config->remote_storage_enable) {
    const Offset before =
        local_release_end(units(), config->effective_local_retention_ms(), config->effective_local_retention_bytes());
    if (before != kNoOffset) return true;
    if (std::ranges::any_of(now->copies, [this](Offset base) { return !is_pinned(base); })) return true;
  }
  if (!has_archived()) return false;
  if (never_tiers(*config) && log_->local_start() > log_start) return true;
  if (!retention_applies(*config) || !catalogue_complete_) return false;
  return retention_start(units(), config->retention_ms, config->retention_bytes) > log_start;
}

Result<> PartitionImpl::run_pass(const PassOrder& order) {
  FirstError errors;
  const std::lock_guard one_at_a_time(pass_mutex_);
  if (deps_.engine == nullptr) return apply_retention();
  if (!refreshed_ && !errors.go_on(refresh(!catalogue_complete_, Deadline::in(deps_.clock, kStoreCallTime)))) {
    return errors.answer();
  }
  if (!errors.go_on(archive_due(order))) return errors.answer();
  if (!errors.go_on(demote_by_local_retention(order))) return errors.answer();
  if (!errors.go_on(demote_for_space(order))) return errors.answer();
  if (order.evaluate && !config()->remote_storage_enable) {
    if (!errors.go_on(demote_by_policy(order))) return errors.answer();
    if (!errors.go_on(promote_by_policy(order))) return errors.answer();
  }
  if (!errors.go_on(apply_retention())) return errors.answer();
  if (order.evaluate && !errors.go_on(merge_archived(order))) return errors.answer();
  const std::lock_guard hold(change_mutex_);
  errors.go_on(remove_below_log_start(Deadline::in(deps_.clock, kStoreCallTime)));
  return errors.answer();
}

}  // namespace takhin::partition
