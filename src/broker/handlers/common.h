#pragma once
// What several handlers share: names, lookups, rights, config values as tools see them.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/call.h"
#include "partition/topic_rules.h"
#include "partition/topics.h"

namespace takhin::broker::handlers {

using security::AclOperation;
using security::ResourceType;
using partition::is_internal_topic;

/// As Kafka says it.
inline constexpr const char* kClusterDenied = "Cluster authorization failed.";
inline constexpr const char* kTopicDenied = "Topic authorization failed.";
inline constexpr const char* kGroupDenied = "Group authorization failed.";

/// Whether the caller may; see security::Rights.
inline bool may_topic(Call& call, AclOperation operation, std::string_view name) {
  return call.rights.may(operation, ResourceType::kTopic, name);
}
inline bool may_group(Call& call, AclOperation operation, std::string_view name) {
  return call.rights.may(operation, ResourceType::kGroup, name);
}
inline bool may_transaction(Call& call, AclOperation operation, std::string_view id) {
  return call.rights.may(operation, ResourceType::kTransactionalId, id);
}
/// authorized_operations of the cluster, which are themselves told only to those who may describe it.
std::int32_t cluster_operations(Call& call);

/// As DescribeLogDirs names it.
std::string log_dir_of(const Broker& broker);

/// A topic as a request names it: by id since some version, by name before.
std::shared_ptr<const partition::TopicInfo> find_topic(const Broker& broker, const std::string& name, const Uuid& id, bool by_id);

struct Located {
  std::shared_ptr<partition::Partition> partition;
  protocol::ErrorCode error = protocol::ErrorCode::kNone;  // anything else: there is no partition
};
/// `topic` may be null. `missing` is what an unknown topic is answered with.
Located locate(const partition::TopicInfo* topic, std::int32_t index, protocol::ErrorCode missing);
/// FENCED or UNKNOWN_LEADER_EPOCH; none when the client does not say (-1) or is right.
protocol::ErrorCode check_epoch(const partition::Partition& partition, std::int32_t client_epoch);

/// The value that the topic sets, nothing when it is the default.
std::optional<std::string> override_of(const partition::ConfigMap& configs, std::string_view key);

/// What one request may change of topics (controller_mutation_rate, KIP-599).
class ChangeBudget {
 public:
  static constexpr std::int16_t kNeverStrict = INT16_MAX;
  /// Since version `strict` clients know THROTTLING_QUOTA_EXCEEDED; older ones are served and then made to wait.
  ChangeBudget(const CallPtr& call, std::int16_t strict) : call_(call), strict_(call->version() >= strict) {}
  /// Counts partitions that are made or removed. False: refuse with THROTTLING_QUOTA_EXCEEDED.
  bool take(std::int32_t partitions) const;

 private:
  const CallPtr& call_;
  const bool strict_;
};
inline constexpr std::string_view kOverQuota = "The throttling quota has been exceeded.";

/// ConfigSource and ConfigType as DescribeConfigs numbers them.
enum class ConfigSource : std::int8_t {
  kTopic = 1,
  kDynamicBroker = 2,
  kDynamicCluster = 3,
  kStaticBroker = 4,
  kDefault = 5,
  kGroup = 8,
};
struct ConfigSynonym {
  std::string name;
  std::string value;
  ConfigSource source = ConfigSource::kDefault;
};
struct ConfigValue {
  std::string name;
  std::int8_t type = 0;
  bool read_only = false;
  bool sensitive = false;
  std::string doc;
  std::vector<ConfigSynonym> synonyms;  // where the value may come from, strongest first: the first one is in force; never empty
};
std::int8_t config_type_number(std::string_view type);
std::vector<ConfigValue> topic_config_values(const partition::TopicDefaults& defaults, const partition::ConfigMap& configs);
/// Those that topics fall back to, under the broker's names.
std::vector<ConfigValue> default_config_values(const partition::TopicDefaults& defaults);

}  // namespace takhin::broker::handlers
