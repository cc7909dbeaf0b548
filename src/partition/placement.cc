#include "partition/placement.h"

namespace takhin::partition {

Copying copy_decision(const CopyRule& rule, const Unit& unit) {
  if (unit.archived || !unit.in_log) return Copying::kArchived;
  if (rule.topic != Copying::kDue) return rule.topic;
  if (!unit.sealed) return Copying::kActive;
  if (unit.end <= rule.log_start) return Copying::kBelowLogStart;
  if (unit.end > rule.stable) return Copying::kOpenTransaction;
  if (rule.all || unit.end <= rule.release_before) return Copying::kDue;
  if (unit.age_ms < rule.warm_age_ms) return Copying::kTooYoung;
  return rule.by_age ? Copying::kDue : Copying::kOnRequestOnly;
}

Staying policy_decision(const tier::PolicyOptions& policy, const Unit& unit, bool read_often, bool pinned) {
  if (!unit.sealed) return Staying::kActive;
  if (!unit.archived) return Staying::kNotArchived;
  if (unit.age_ms < policy.cold_age_ms) return Staying::kTooYoung;
  if (pinned) return Staying::kPinned;
  return read_often ? Staying::kReadOften : Staying::kGoes;
}

Staying local_decision(const Unit& unit, std::uint64_t local_bytes_from, std::int64_t local_ms, std::int64_t local_bytes) {
  if (!unit.sealed) return Staying::kActive;
  if (!unit.archived) return Staying::kNotArchived;
  const bool too_old = local_ms >= 0 && unit.age_ms > local_ms;
  const bool too_much = local_bytes >= 0 && local_bytes_from - unit.bytes >= static_cast<std::uint64_t>(local_bytes);
  return too_old || too_much ? Staying::kGoes : Staying::kLocalRetention;
}

Remaining retention_decision(const Unit& unit, std::uint64_t bytes_from, std::int64_t retention_ms,
                             std::int64_t retention_bytes) {
  if (!unit.sealed) return Remaining::kActive;
  if (retention_ms < 0 && retention_bytes < 0) return Remaining::kForever;
  const bool too_old = retention_ms >= 0 && unit.age_ms > retention_ms;
  const bool too_much = retention_bytes >= 0 && bytes_from - unit.bytes >= static_cast<std::uint64_t>(retention_bytes);
  return too_old || too_much ? Remaining::kGoes : Remaining::kRetention;
}

std::string_view name_of(Copying reason) {
  switch (reason) {
    case Copying::kDue: return "due";
    case Copying::kArchived: return "archived";
    case Copying::kActive: return "active";
    case Copying::kTieringOff: return "tiering_off";
    case Copying::kCompacted: return "compacted";
    case Copying::kCopyDisabled: return "copy_disabled";
    case Copying::kBelowLogStart: return "below_log_start";
    case Copying::kOpenTransaction: return "open_transaction";
    case Copying::kTooYoung: return "too_young";
    case Copying::kOnRequestOnly: return "on_request_only";
  }
  return "unknown";
}

std::string_view name_of(Staying reason) {
  switch (reason) {
    case Staying::kGoes: return "due";
    case Staying::kActive: return "active";
    case Staying::kNotArchived: return "not_archived";
    case Staying::kTooYoung: return "too_young";
    case Staying::kReadOften: return "read_often";
    case Staying::kPinned: return "pinned";
    case Staying::kLocalRetention: return "local_retention";
    case Staying::kBehind: return "behind_older";
  }
  return "unknown";
}

std::string_view name_of(Remaining reason) {
  switch (reason) {
    case Remaining::kGoes: return "due";
    case Remaining::kActive: return "active";
    case Remaining::kForever: return "no_retention";
    case Remaining::kRetention: return "retention";
    case Remaining::kBehind: return "behind_older";
  }
  return "unknown";
}

}  // namespace takhin::partition
