#include "broker/handlers/common.h"

#include <algorithm>

namespace takhin::broker::handlers {

using protocol::ErrorCode;

std::int32_t cluster_operations(Call& call) {
  if (!call.rights.may_in_cluster(AclOperation::kDescribe)) return 0;
  return call.rights.operations(ResourceType::kCluster, security::kClusterName);
}

std::string log_dir_of(const Broker& broker) { return broker.options.data_dir + "/log"; }

std::shared_ptr<const partition::TopicInfo> find_topic(const Broker& broker, const std::string& name, const Uuid& id,
                                                       bool by_id) {
  return by_id ? broker.topics.find(id) : broker.topics.find(name);
}

Located locate(const partition::TopicInfo* topic, std::int32_t index, ErrorCode missing) {
  if (topic == nullptr) return {nullptr, missing};
  if (index < 0 || static_cast<std::size_t>(index) >= topic->partitions.size())
    return {nullptr, ErrorCode::kUnknownTopicOrPartition};
  const auto& partition = topic->partitions[static_cast<std::size_t>(index)];
  if (partition == nullptr) return {nullptr, ErrorCode::kKafkaStorageError};  // its log could not be opened
  return {partition, ErrorCode::kNone};
}

ErrorCode check_epoch(const partition::Partition& partition, std::int32_t client_epoch) {
  if (client_epoch < 0) return ErrorCode::kNone;
  const std::int32_t epoch = partition.epoch().raw;
  if (client_epoch < epoch) return ErrorCode::kFencedLeaderEpoch;
  return client_epoch > epoch ? ErrorCode::kUnknownLeaderEpoch : ErrorCode::kNone;
}

bool ChangeBudget::take(std::int32_t partitions) const {
  if (!call_->limited(quotas::Quota::kMutation)) return true;
  const auto taken = call_->broker.quotas.take(call_->client(), partitions, strict_);
  call_->throttle(quotas::Quota::kMutation, taken.throttle_ms);
  return taken.taken;
}

std::optional<std::string> override_of(const partition::ConfigMap& configs, std::string_view key) {
  const auto found = std::ranges::find(configs, key, [](const auto& entry) -> std::string_view { return entry.first; });
  if (found == configs.end()) return std::nullopt;
  return found->second;
}

std::int8_t config_type_number(std::string_view type) {
  constexpr std::pair<std::string_view, std::int8_t> kTypes[] = {{"boolean", 1}, {"string", 2}, {"int", 3},  {"short", 4},
                                                                  {"long", 5},    {"double", 6}, {"list", 7}};
  const auto* found = std::ranges::find(kTypes, type, &std::pair<std::string_view, std::int8_t>::first);
  return found == std::end(kTypes) ? std::int8_t{0} : found->second;
}

namespace {

/// A topic config as topics without it have it: the layers of the broker's defaults, and Kafka's own.
std::vector<ConfigSynonym> inherited(const partition::TopicDefaults& defaults, const partition::TopicConfigRow& row) {
  const partition::BrokerKey* key = partition::find_by_topic_key(row.key);
  const std::string name(key != nullptr ? key->broker : row.key);
  std::vector<ConfigSynonym> out;
  const auto add = [&](const partition::ConfigMap& layer, ConfigSource source) {
    if (const auto set = override_of(layer, row.key)) out.push_back({name, *set, source});
  };
  add(defaults.broker, ConfigSource::kDynamicBroker);
  add(defaults.cluster, ConfigSource::kDynamicCluster);
  add(defaults.fixed, ConfigSource::kStaticBroker);
  out.push_back({name, std::string(row.fallback), ConfigSource::kDefault});
  return out;
}

ConfigValue value_of(std::string_view name, const partition::TopicConfigRow& row, std::vector<ConfigSynonym> synonyms) {
  return {.name = std::string(name),
          .type = config_type_number(row.type),
          .doc = std::string(row.doc),
          .synonyms = std::move(synonyms)};
}

}  // namespace

std::vector<ConfigValue> topic_config_values(const partition::TopicDefaults& defaults, const partition::ConfigMap& configs) {
  std::vector<ConfigValue> values;
  for (const auto& row : partition::topic_config_rows()) {
    std::vector<ConfigSynonym> synonyms = inherited(defaults, row);
    if (const auto set = override_of(configs, row.key)) {
      synonyms.insert(synonyms.begin(), {std::string(row.key), *set, ConfigSource::kTopic});
    }
    values.push_back(value_of(row.key, row, std::move(synonyms)));
  }
  return values;
}

std::vector<ConfigValue> default_config_values(const partition::TopicDefaults& defaults) {
  std::vector<ConfigValue> values;
  for (const auto& key : partition::broker_keys()) {
    const auto& row = *partition::find_topic_config_row(key.topic);
    values.push_back(value_of(key.broker, row, inherited(defaults, row)));
  }
  return values;
}

}  // namespace takhin::broker::handlers
