#pragma once
// A data directory from nothing but a bucket (docs/care.md, "takhin recover").

#include <optional>
#include <string>
#include <vector>

#include "assembly/system.h"
#include "config/option.h"
#include "metrics/metrics.h"
#include "tier/segment.h"

namespace takhin::assembly {

/// Stands in a data directory while it is being recovered; no broker starts on one that has it.
inline constexpr std::string_view kRecoveryMark = "recovery-under-way";

/// Where a cluster keeps what its groups have committed: "groups/{cluster_id}.snapshot".
std::string groups_object_name(const std::string& cluster_id);

struct RecoveredPartition {
  tier::PartitionRef partition;
  std::size_t segments = 0;
  Offset log_start{0};
  Offset end{0};
};

struct RecoverReport {
  std::vector<RecoveredPartition> partitions;
  std::size_t topics = 0;
  std::optional<std::string> groups_object;  // whose records were taken; nothing when the bucket has none
  std::optional<Error> groups_fault;         // why it could not be read: the groups begin anew
  std::size_t group_records = 0;
  std::size_t offsets_lowered = 0;  // committed offsets that lay beyond the archived end
  std::string cluster_id;           // empty: the broker makes a new one
  std::int64_t next_producer_id = 0;
};

/// Rebuilds the data directory that `settings` name from the store that they name. `topics`: names, or NAME.ID where two topics
/// have one name; empty = all. kConflict: the directory is not empty (one that a recovery left half done is started over), is in
/// use, or a name stands for two topics. kNotFound: no such topic. kUnavailable: the store. Retry-safe: after any failure, and
/// after a crash, do it again.
/// Cost: as tier::survey(), and for each partition 1 LIST per 1,000 objects, 1 HEAD and 2 GETs.
Result<RecoverReport> recover(const System& system, metrics::Metrics& metrics, const config::Settings& settings,
                              const std::vector<std::string>& topics);

/// kConflict when the directory is one that a recovery left half done.
Result<> check_not_half_recovered(FileSystem& files, const std::string& data_dir);

}  // namespace takhin::assembly
