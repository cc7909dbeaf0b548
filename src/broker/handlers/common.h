#pragma once
// What several handlers share: names, lookups, authorised operations, config values as tools see them.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/call.h"
#include "partition/topics.h"

namespace takhin::broker::handlers {

/// AclOperation bits of everything that may be done (there is no authoriser): what Kafka answers then.
inline constexpr std::int32_t kTopicOperations = 0b1101'1111'1000;     // READ WRITE CREATE DELETE ALTER DESCRIBE, CONFIGS both
inline constexpr std::int32_t kClusterOperations =
    0b1'1111'1010'0000;  // CREATE ALTER DESCRIBE CLUSTER_ACTION, CONFIGS, IDEMPOTENT_WRITE
static_assert(kTopicOperations == 3576 && kClusterOperations == 8096);

bool is_internal_topic(std::string_view name);

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
/// With kafka.message.max.bytes where the topic does not say, when that is not Kafka's default.
partition::ConfigMap with_broker_defaults(const Broker& broker, partition::ConfigMap configs);

/// ConfigSource and ConfigType as DescribeConfigs numbers them.
enum class ConfigSource : std::int8_t { kTopic = 1, kStaticBroker = 4, kDefault = 5 };
struct ConfigValue {
  std::string name;
  std::string value;
  ConfigSource source = ConfigSource::kDefault;
  std::int8_t type = 0;
  bool read_only = false;
  bool sensitive = false;
  std::string doc;
  std::optional<std::string> fallback;  // what it is without the override
};
std::vector<ConfigValue> topic_config_values(const partition::ConfigMap& configs);

}  // namespace takhin::broker::handlers
