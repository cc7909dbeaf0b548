// DescribeConfigs, IncrementalAlterConfigs, AlterConfigs: of topics; the broker's own come from its file and are only shown.

#include <algorithm>

#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"

namespace takhin::broker::handlers {
namespace {

using protocol::AlterConfigsRequest;
using protocol::AlterConfigsResponse;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::ErrorCode;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kBrokerResource = 4;
enum class Operation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

std::vector<ConfigValue> broker_config_values(const Broker& broker) {
  const Options& options = broker.options;
  const std::pair<const char*, std::string> values[] = {
      {"advertised.listeners", fmt::format("PLAINTEXT://{}:{}", broker.host, broker.port)},
      {"auto.create.topics.enable", options.auto_create_topics ? "true" : "false"},
      {"broker.id", std::to_string(options.broker_id)},
      {"connections.max.idle.ms", std::to_string(options.listener.idle_ms)},
      {"default.replication.factor", "1"},
      {"fetch.max.bytes", std::to_string(options.fetch_bytes_max)},
      {"listeners", fmt::format("PLAINTEXT://{}:{}", options.listener.host, broker.port)},
      {"log.dirs", options.data_dir + "/log"},
      {"message.max.bytes", std::to_string(options.message_bytes_max)},
      {"node.id", std::to_string(options.broker_id)},
      {"num.partitions", std::to_string(options.num_partitions)},
      {"socket.request.max.bytes", std::to_string(options.listener.limits.request_bytes_max)},
  };
  std::vector<ConfigValue> out;
  for (const auto& [name, value] : values) {
    out.push_back({.name = name,
                   .value = value,
                   .source = ConfigSource::kStaticBroker,
                   .type = 2,
                   .read_only = true,
                   .doc = {},
                   .fallback = {}});
  }
  return out;
}

DescribeConfigsResponse::DescribeConfigsResourceResult show(const ConfigValue& value, const DescribeConfigsRequest& request) {
  DescribeConfigsResponse::DescribeConfigsResourceResult out;
  out.name = value.name;
  out.value = value.value;
  out.read_only = value.read_only;
  out.config_source = static_cast<std::int8_t>(value.source);
  out.is_sensitive = value.sensitive;
  out.config_type = value.type;
  out.documentation.reset();
  if (request.include_documentation) out.documentation = value.doc;
  if (request.include_synonyms) {
    out.synonyms.push_back({value.name, value.value, static_cast<std::int8_t>(value.source)});
    if (value.source == ConfigSource::kTopic)
      out.synonyms.push_back({value.name, value.fallback, static_cast<std::int8_t>(ConfigSource::kDefault)});
  }
  return out;
}

void describe(const CallPtr& call, DescribeConfigsRequest request) {
  const Broker& broker = call->broker;
  DescribeConfigsResponse response;
  for (const auto& resource : request.resources) {
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    result.error_message.reset();
    std::vector<ConfigValue> values;
    if (resource.resource_type == kTopicResource) {
      const auto info = broker.topics.find(resource.resource_name);
      if (info != nullptr) values = topic_config_values(info->configs);
      else result.error_code = ErrorCode::kUnknownTopicOrPartition;
    } else if (resource.resource_type == kBrokerResource) {
      if (resource.resource_name == std::to_string(broker.options.broker_id)) values = broker_config_values(broker);
      else if (!resource.resource_name.empty())
        result.error_code = ErrorCode::kInvalidRequest;  // "": the cluster's dynamic ones, there are none
    } else {
      result.error_code = ErrorCode::kInvalidRequest;
      result.error_message = fmt::format("resource type {} has no configs here", resource.resource_type);
    }
    const auto& keys = resource.configuration_keys;
    for (const ConfigValue& value : values) {
      const bool wanted = !keys || keys->empty() || std::ranges::find(*keys, value.name) != keys->end();
      if (wanted) result.configs.push_back(show(value, request));
    }
  }
  call->answer(response);
}

struct Refusal {
  ErrorCode error = ErrorCode::kNone;
  std::string why;
};

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    if (comma > at) items.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return items;
}

void erase_key(partition::ConfigMap& configs, const std::string& key) {
  std::erase_if(configs, [&](const auto& entry) { return entry.first == key; });
}

/// One change to `configs`; list operations work on the effective value, as in Kafka.
Refusal apply(partition::ConfigMap& configs, const IncrementalAlterConfigsRequest::AlterableConfig& change) {
  const auto operation = static_cast<Operation>(change.config_operation);
  const auto* row = partition::find_topic_config_row(change.name);
  if (row == nullptr) return {ErrorCode::kInvalidConfig, fmt::format("unknown topic config {}", change.name)};
  if (operation == Operation::kDelete) {
    erase_key(configs, change.name);
    return {};
  }
  if (!change.value) return {ErrorCode::kInvalidConfig, fmt::format("{}: a value is needed", change.name)};
  std::string value = *change.value;
  if (operation == Operation::kAppend || operation == Operation::kSubtract) {
    if (row->type != "list") return {ErrorCode::kInvalidConfig, fmt::format("{} is not a list", change.name)};
    auto items = split_list(override_of(configs, change.name).value_or(std::string(row->fallback)));
    for (const auto& item : split_list(value)) {
      std::erase(items, item);
      if (operation == Operation::kAppend) items.push_back(item);
    }
    value = fmt::format("{}", fmt::join(items, ","));
  } else if (operation != Operation::kSet) {
    return {ErrorCode::kInvalidRequest, fmt::format("{}: unknown operation {}", change.name, change.config_operation)};
  }
  erase_key(configs, change.name);
  configs.emplace_back(change.name, value);
  std::ranges::sort(configs);
  return {};
}

/// Checks the outcome and keeps it. Blocks: in the admin pool.
Refusal keep(const Broker& broker, const std::string& topic, const partition::ConfigMap& configs, bool validate_only) {
  if (const auto parsed = partition::parse_topic_config(configs); !parsed.ok())
    return {ErrorCode::kInvalidConfig, parsed.error().text};
  if (validate_only) return {};
  const auto set = broker.topics.set_configs(topic, configs);
  if (set.ok()) return {};
  const bool invalid = set.error().kind == Kind::kInvalid || set.error().kind == Kind::kConflict;
  return {invalid ? ErrorCode::kInvalidConfig : protocol::error_code_for(set.error().kind), set.error().text};
}

Refusal check_resource(const Broker& broker, std::int8_t type, const std::string& name) {
  if (type == kBrokerResource) return {ErrorCode::kInvalidRequest, "the broker's configs come from its configuration file"};
  if (type != kTopicResource) return {ErrorCode::kInvalidRequest, fmt::format("resource type {} has no configs here", type)};
  if (broker.topics.find(name) == nullptr) return {ErrorCode::kUnknownTopicOrPartition, fmt::format("no topic '{}'", name)};
  return {};
}

Refusal change(const Broker& broker, const IncrementalAlterConfigsRequest::AlterConfigsResource& resource, bool validate_only) {
  if (Refusal refusal = check_resource(broker, resource.resource_type, resource.resource_name);
      refusal.error != ErrorCode::kNone)
    return refusal;
  const auto info = broker.topics.find(resource.resource_name);
  if (info == nullptr) return {ErrorCode::kUnknownTopicOrPartition, "deleted meanwhile"};
  partition::ConfigMap configs = info->configs;
  for (const auto& one : resource.configs) {
    if (Refusal refusal = apply(configs, one); refusal.error != ErrorCode::kNone) return refusal;
  }
  return keep(broker, resource.resource_name, configs, validate_only);
}

Refusal change(const Broker& broker, const AlterConfigsRequest::AlterConfigsResource& resource, bool validate_only) {
  if (Refusal refusal = check_resource(broker, resource.resource_type, resource.resource_name);
      refusal.error != ErrorCode::kNone)
    return refusal;
  partition::ConfigMap configs;  // all of them: what is not named goes back to its default
  for (const auto& one : resource.configs) {
    if (!one.value) return {ErrorCode::kInvalidConfig, fmt::format("{}: a value is needed", one.name)};
    configs.emplace_back(one.name, *one.value);
  }
  std::ranges::sort(configs);
  return keep(broker, resource.resource_name, configs, validate_only);
}

template <class Response, class Request>
void alter(const CallPtr& call, Request request) {
  const auto shared = std::make_shared<const Request>(std::move(request));
  const auto answer = [call, shared](auto outcome_of) {
    Response response;
    for (const auto& resource : shared->resources) {
      const Refusal refusal = outcome_of(resource);
      auto& out = response.responses.emplace_back();
      out.resource_type = resource.resource_type;
      out.resource_name = resource.resource_name;
      out.error_code = refusal.error;
      out.error_message.reset();
      if (!refusal.why.empty()) out.error_message = refusal.why;
    }
    call->answer(response);
  };
  in_pool(
      call->broker.admin,
      [call, shared, answer] {
        answer([&](const auto& resource) { return change(call->broker, resource, shared->validate_only); });
      },
      [&] {
        answer([](const auto&) { return Refusal{ErrorCode::kRequestTimedOut, "too much is being changed; try again"}; });
      });
}

}  // namespace

void describe_configs(const CallPtr& call) { decoded<DescribeConfigsRequest, describe>(call); }
void alter_configs(const CallPtr& call) { decoded<AlterConfigsRequest, alter<AlterConfigsResponse, AlterConfigsRequest>>(call); }
void incremental_alter_configs(const CallPtr& call) {
  decoded<IncrementalAlterConfigsRequest, alter<IncrementalAlterConfigsResponse, IncrementalAlterConfigsRequest>>(call);
}

}  // namespace takhin::broker::handlers
