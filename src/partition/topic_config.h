#pragma once
// Topic configs: the ones that mean something here, typed, and the table that parses and validates them.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "log/log.h"

namespace takhin::partition {

/// Milliseconds and bytes; -1 = no limit, -2 = "as the total retention" for the local ones (KIP-405).
struct TopicConfig {
  log::LogConfig log;
  std::int64_t retention_ms = 7LL * 24 * 3600 * 1000;
  std::int64_t retention_bytes = -1;
  bool retention_is_set = false;  // the topic itself sets retention.ms or retention.bytes: see PartitionImpl::retention_applies
  std::int64_t local_retention_ms = -2;
  std::int64_t local_retention_bytes = -2;
  bool remote_storage_enable = false;
  bool remote_copy_disable = false;       // remote.log.copy.disable: nothing more is uploaded, what is archived stays readable
  bool remote_delete_on_disable = false;  // remote.log.delete.on.disable
  std::int64_t rpo_ms = -2;               // tier.rpo.ms; 0 = off, -2 = as the broker's tier.rpo.minutes says
  std::uint64_t upload_bytes_per_second = 0;  // tier.upload.bytes.per.second; 0 = no budget of its own
  bool cleanup_delete = true;
  bool cleanup_compact = false;
  double min_cleanable_ratio = 0.5;          // min.cleanable.dirty.ratio
  std::int64_t min_compaction_lag_ms = 0;    // min.compaction.lag.ms
  std::int64_t max_compaction_lag_ms = INT64_MAX;       // max.compaction.lag.ms
  std::int64_t delete_retention_ms = 24LL * 3600 * 1000;  // delete.retention.ms
  std::int32_t min_insync_replicas = 1;
  std::string encryption_key_id;   // takhin.encryption.key.id: of new objects; empty: the default one, "none": not encrypted
  std::optional<int> zstd_level;   // takhin.zstd.level: of new objects; nothing: tier.zstd.level

  std::int64_t effective_local_retention_ms() const {
    return local_retention_ms == -2 ? retention_ms : local_retention_ms;
  }
  std::int64_t effective_local_retention_bytes() const {
    return local_retention_bytes == -2 ? retention_bytes : local_retention_bytes;
  }
};

using ConfigMap = std::vector<std::pair<std::string, std::string>>;  // sorted by key, only what was set

/// Key that new archived segments of a topic are encrypted with.
inline constexpr std::string_view kEncryptionKeyConfig = "takhin.encryption.key.id";

struct TopicConfigRow {
  std::string_view key;
  std::string_view type;      // "long", "int", "boolean", "string", "list", "double": as DescribeConfigs names them
  std::string_view fallback;
  std::string_view doc;
  std::int64_t min = INT64_MIN;                    // int and long only, inclusive; 0..1 is fixed for doubles
  std::int64_t max = INT64_MAX;
  std::span<const std::string_view> choices = {};  // strings and list members; empty = any
};
/// Every topic config that is accepted, sorted by key.
std::span<const TopicConfigRow> topic_config_rows();
/// Null when there is no such key.
const TopicConfigRow* find_topic_config_row(std::string_view key);
/// kInvalid with key, value and rule: unknown key, wrong type, out of bounds, or values that contradict each other.
Result<TopicConfig> parse_topic_config(const ConfigMap& overrides);

}  // namespace takhin::partition
