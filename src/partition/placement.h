#pragma once
// One segment, one question, one answer with its reason: does it go to the bucket, leave local disk, leave the bucket? The
// passes act on these answers and `takhin tier why` shows them, so that what is told is what is done. Pure.

#include <optional>
#include <string_view>

#include "partition/retention.h"
#include "tier/policy.h"

namespace takhin::partition {

/// Why a segment goes to the bucket, or does not.
enum class Copying : std::uint8_t {
  kDue,
  kArchived,
  kActive,
  kTieringOff,
  kCompacted,        // a compacted log changes under its objects
  kCopyDisabled,     // remote.copy.disable, or remote.log.delete.on.disable of a topic that is not tiered
  kBelowLogStart,
  kOpenTransaction,  // its transaction index is not complete yet
  kTooYoung,
  kOnRequestOnly,    // storage.tiered.auto.archive.enabled = false
};
struct CopyRule {
  Copying topic = Copying::kDue;  // why no segment of this topic is archived; kDue: they may be
  bool all = false;               // KIP-405: every sealed segment, at once
  bool by_age = false;
  std::int64_t warm_age_ms = 0;
  Offset log_start{0};
  Offset stable{0};
  Offset release_before = kNoOffset;  // local disk holds too much: what is below this
};
Copying copy_decision(const CopyRule& rule, const Unit& unit);

/// Why a local file goes, or stays.
enum class Staying : std::uint8_t {
  kGoes,
  kActive,
  kNotArchived,
  kTooYoung,        // for cold.age
  kReadOften,
  kPinned,          // restored by hand
  kLocalRetention,  // local.retention.* holds it
  kBehind,          // an older one has to go first
};
/// By age and access: topics that are not tiered.
Staying policy_decision(const tier::PolicyOptions& policy, const Unit& unit, bool read_often, bool pinned);
/// By local.retention.*: tiered topics. `local_bytes_from`: what the log has from this segment on.
Staying local_decision(const Unit& unit, std::uint64_t local_bytes_from, std::int64_t local_ms, std::int64_t local_bytes);

/// Why a segment is deleted in either tier, or is not.
enum class Remaining : std::uint8_t {
  kGoes,
  kActive,
  kForever,    // no retention applies
  kRetention,  // retention.ms and retention.bytes hold it
  kBehind,     // an older one has to go first
};
/// `bytes_from`: what the partition has from this segment on.
Remaining retention_decision(const Unit& unit, std::uint64_t bytes_from, std::int64_t retention_ms,
                             std::int64_t retention_bytes);

/// Stable words: "too_young".
std::string_view name_of(Copying reason);
std::string_view name_of(Staying reason);
std::string_view name_of(Remaining reason);

}  // namespace takhin::partition
