// Why a segment is where it is, by the decisions that the passes act on (placement.h).

#include <algorithm>

#include "partition/partition_impl.h"
#include "partition/topic_rules.h"

namespace takhin::partition {
namespace {

/// "3 d 4 h", "12 min": two units are enough for a person.
std::string duration(std::int64_t ms) {
  constexpr std::pair<std::int64_t, std::string_view> kUnits[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}};
  for (std::size_t i = 0; i < std::size(kUnits); ++i) {
    if (ms < kUnits[i].first) continue;
    std::string out = fmt::format("{} {}", ms / kUnits[i].first, kUnits[i].second);
    if (i + 1 < std::size(kUnits) && ms % kUnits[i].first >= kUnits[i + 1].first) {
      out += fmt::format(" {} {}", ms % kUnits[i].first / kUnits[i + 1].first, kUnits[i + 1].second);
    }
    return out;
  }
  return fmt::format("{} ms", std::max<std::int64_t>(ms, 0));
}

std::string limits(std::string_view prefix, std::int64_t ms, std::int64_t bytes) {
  const auto time = ms < 0 ? std::string("unlimited") : duration(ms);
  return fmt::format("{0}.ms is {1}, {0}.bytes {2}", prefix, time, bytes < 0 ? "unlimited" : std::to_string(bytes));
}

}  // namespace

CopyRule PartitionImpl::copy_rule(const TopicConfig& config, const PassOrder& order) const {
  CopyRule rule;
  if (deps_.engine == nullptr) {
    rule.topic = Copying::kTieringOff;
  } else if (config.cleanup_compact) {
    rule.topic = Copying::kCompacted;
  } else if (config.remote_copy_disable || never_tiers(config)) {
    rule.topic = Copying::kCopyDisabled;
  }
  rule.all = archives_all(config);
  rule.by_age = order.archive_by_age && !config.remote_storage_enable;
  rule.warm_age_ms = order.policy.warm_age_ms;
  rule.log_start = Offset{log_start_.load()};
  rule.stable = log_->last_stable();
  rule.release_before = order.release_before;
  return rule;
}

SegmentReason PartitionImpl::why_not_archived(const Unit& unit, const TopicConfig& config, const PassOrder& order) const {
  const Copying why = copy_decision(copy_rule(config, order), unit);
  const auto old = duration(unit.age_ms);
  SegmentReason out{"local", name_of(why), {}};
  switch (why) {
    case Copying::kDue: out.detail = "goes to the store with the next pass"; break;
    case Copying::kArchived: break;
    case Copying::kActive: out.detail = "is being appended to"; break;
    case Copying::kTieringOff: out.detail = "storage.tiered.enabled is off"; break;
    case Copying::kCompacted: out.detail = "a compacted topic is not archived"; break;
    case Copying::kCopyDisabled: out.detail = "the topic's configs say that nothing more is copied"; break;
    case Copying::kBelowLogStart:
      out.detail = fmt::format("ends below the log start {}, is being deleted", log_start_.load());
      break;
    case Copying::kOpenTransaction:
      out.detail = fmt::format("a transaction is open since offset {}", log_->last_stable().raw);
      break;
    case Copying::kTooYoung:
      out.detail = fmt::format("{} old, archived from {} on (warm.age)", old, duration(order.policy.warm_age_ms));
      break;
    case Copying::kOnRequestOnly: out.detail = "storage.tiered.auto.archive.enabled is off"; break;
  }
  const std::lock_guard hold(wait_mutex_);
  if (why == Copying::kDue && last_upload_error_ && last_upload_error_->first <= unit.base) {
    return {"local", "upload_failed", last_upload_error_->second.text};
  }
  return out;
}

/// An archived segment whose file is here.
SegmentReason PartitionImpl::why_still_local(const Unit& unit, std::span<const Unit> all, const TopicConfig& config,
                                             const PassOrder& order) const {
  const bool tiered = config.remote_storage_enable;
  std::uint64_t from = 0;  // what the log has from the segment on that is looked at
  for (const Unit& each : all) from += each.in_log ? each.bytes : 0;
  const auto decide = [&](const Unit& each) {
    const bool pinned = is_pinned(each.base);
    if (!tiered) return policy_decision(order.policy, each, read_often(order, each.base), pinned);
    if (!each.in_log) return pinned ? Staying::kPinned : Staying::kGoes;  // local.retention.* is the log's
    return local_decision(each, from, config.effective_local_retention_ms(), config.effective_local_retention_bytes());
  };
  const Unit* blocker = nullptr;  // the log lets go of its files oldest first
  for (const Unit& each : all) {
    if (!unit.in_log || each.base >= unit.base) break;
    if (!each.in_log) continue;
    const Staying older = decide(each);
    const bool kept_aside = !tiered && (older == Staying::kPinned || older == Staying::kReadOften);
    if (older != Staying::kGoes && !kept_aside) {
      blocker = &each;
      break;
    }
    from -= each.bytes;
  }
  if (blocker != nullptr) {
    from = 0;
    for (const Unit& each : all) from += each.in_log && each.base >= unit.base ? each.bytes : 0;
  }
  Staying why = decide(unit);
  if (why == Staying::kGoes && blocker != nullptr) why = Staying::kBehind;
  SegmentReason out{"local", name_of(why), {}};
  switch (why) {
    case Staying::kGoes: out.detail = "its local file goes with the next pass"; break;
    case Staying::kActive: out.detail = "is being appended to"; break;
    case Staying::kNotArchived: break;
    case Staying::kTooYoung:
      out.detail = fmt::format("{} old, leaves local disk from {} on (cold.age)", duration(unit.age_ms),
                               duration(order.policy.cold_age_ms));
      break;
    case Staying::kReadOften:
      out.detail = fmt::format("read at least {} times an hour", order.policy.hot_access_hz_min);
      break;
    case Staying::kPinned: {
      const std::lock_guard hold(change_mutex_);
      const auto until = pinned_until_.find(unit.base);
      const std::int64_t left = until == pinned_until_.end() ? 0 : until->second.raw - deps_.clock.wall().raw;
      out.detail = fmt::format("was restored by hand, stays for another {}", duration(left));
      break;
    }
    case Staying::kLocalRetention:
      out.detail = fmt::format("{} old; {}", duration(unit.age_ms),
                               limits("local.retention", config.effective_local_retention_ms(),
                                      config.effective_local_retention_bytes()));
      break;
    case Staying::kBehind: out.detail = fmt::format("{} goes first", segment_path(ref().name(), blocker->base)); break;
  }
  return out;
}

SegmentReason PartitionImpl::why_still_archived(const Unit& unit, std::span<const Unit> all, const TopicConfig& config) const {
  if (unit.end <= Offset{log_start_.load()}) {
    return {"remote", "below_log_start", fmt::format("ends below the log start {}, is being deleted", log_start_.load())};
  }
  const bool applies = retention_applies(config);
  const std::int64_t ms = applies ? config.retention_ms : -1;
  const std::int64_t bytes = applies ? config.retention_bytes : -1;
  std::uint64_t from = 0;
  for (const Unit& each : all) from += each.base >= unit.base ? each.bytes : 0;
  Remaining why = retention_decision(unit, from, ms, bytes);
  if (why == Remaining::kGoes && retention_start(all, ms, bytes) < unit.end) why = Remaining::kBehind;
  SegmentReason out{"remote", name_of(why), {}};
  switch (why) {
    case Remaining::kGoes: out.detail = "its object goes with the next pass"; break;
    case Remaining::kActive: out.detail = "is being appended to"; break;
    case Remaining::kForever:
      out.detail = applies ? "retention is unlimited"
                           : "the topic sets no retention, and the default does not delete archived segments";
      break;
    case Remaining::kRetention:
      out.detail = limits("retention", ms, bytes);
      if (ms >= 0) out.detail += fmt::format("; by age it goes in {}", duration(ms - unit.age_ms));
      break;
    case Remaining::kBehind: out.detail = "older segments go first, and retention still holds one of them"; break;
  }
  return out;
}

Result<std::vector<SegmentReason>> PartitionImpl::why(Offset base, const PassOrder& order) const {
  TRY(const Place place, place_of(base));
  const auto config = this->config();
  const std::vector<Unit> all = units();
  const auto unit = std::ranges::find(all, base, &Unit::base);
  if (unit == all.end()) return fail(Kind::kNotFound, "segment not found");
  std::vector<SegmentReason> out;
  if (place == Place::kActive || place == Place::kSealed) {
    out.push_back(why_not_archived(*unit, *config, order));
    return out;
  }
  if (place == Place::kArchivedAndLocal) out.push_back(why_still_local(*unit, all, *config, order));
  out.push_back(why_still_archived(*unit, all, *config));
  return out;
}

}  // namespace takhin::partition
