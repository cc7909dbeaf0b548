#include "broker/handlers/common.h"

#include <algorithm>

namespace takhin::broker::handlers {

using protocol::ErrorCode;

bool is_internal_topic(std::string_view name) { return name == "__consumer_offsets" || name == "__transaction_state"; }

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

std::optional<std::string> override_of(const partition::ConfigMap& configs, std::string_view key) {
  const auto found = std::ranges::find(configs, key, [](const auto& entry) -> std::string_view { return entry.first; });
  if (found == configs.end()) return std::nullopt;
  return found->second;
}

partition::ConfigMap with_broker_defaults(const Broker& broker, partition::ConfigMap configs) {
  constexpr std::string_view kKey = "max.message.bytes";
  if (broker.options.message_bytes_max != Options{}.message_bytes_max && !override_of(configs, kKey)) {
    configs.emplace_back(kKey, std::to_string(broker.options.message_bytes_max));
    std::ranges::sort(configs);
  }
  return configs;
}

namespace {

std::int8_t type_number(std::string_view type) {
  constexpr std::pair<std::string_view, std::int8_t> kTypes[] = {{"boolean", 1}, {"string", 2}, {"int", 3},  {"short", 4},
                                                                  {"long", 5},    {"double", 6}, {"list", 7}};
  const auto* found = std::ranges::find(kTypes, type, &std::pair<std::string_view, std::int8_t>::first);
  return found == std::end(kTypes) ? std::int8_t{0} : found->second;
}

}  // namespace

std::vector<ConfigValue> topic_config_values(const partition::ConfigMap& configs) {
  std::vector<ConfigValue> values;
  for (const auto& row : partition::topic_config_rows()) {
    const auto set = override_of(configs, row.key);
    values.push_back({.name = std::string(row.key),
                      .value = set.value_or(std::string(row.fallback)),
                      .source = set ? ConfigSource::kTopic : ConfigSource::kDefault,
                      .type = type_number(row.type),
                      .doc = std::string(row.doc),
                      .fallback = std::string(row.fallback)});
  }
  return values;
}

}  // namespace takhin::broker::handlers
