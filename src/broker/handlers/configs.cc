// DescribeConfigs, IncrementalAlterConfigs, AlterConfigs, ListConfigResources: of topics, and of what topics fall back to; the
// rest of the broker's own come from its file and are only shown.

#include <algorithm>

#include "base/text.h"
#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_config_resources.h"

namespace takhin::broker::handlers {
namespace {

using protocol::AlterConfigsRequest;
using protocol::AlterConfigsResponse;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::ErrorCode;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;
using protocol::ListConfigResourcesRequest;
using protocol::ListConfigResourcesResponse;

constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kBrokerResource = 4;
constexpr std::int8_t kBrokerLoggerResource = 8;
constexpr std::int8_t kClientMetricsResource = 16;  // none is ever made, and the one kind that version 0 lists
constexpr std::int8_t kGroupResource = 32;
enum class Operation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

std::vector<ConfigValue> broker_config_values(const Broker& broker) {
  const Options& options = broker.options;
  const std::pair<const char*, std::string> values[] = {
      {"advertised.listeners", fmt::format("{}://{}:{}", security_protocol(broker), broker.host, broker.port)},
      {"auto.create.topics.enable", options.auto_create_topics ? "true" : "false"},
      {"broker.id", std::to_string(options.broker_id)},
      {"connections.max.idle.ms", std::to_string(options.listener.idle_ms)},
      {"default.replication.factor", "1"},
      {"fetch.max.bytes", std::to_string(options.fetch_bytes_max)},
      {"listeners", fmt::format("{}://{}:{}", security_protocol(broker), options.listener.host, broker.port)},
      {"log.dirs", log_dir_of(broker)},
      {"node.id", std::to_string(options.broker_id)},
      {"num.partitions", std::to_string(options.num_partitions)},
      {"socket.request.max.bytes", std::to_string(options.listener.limits.request_bytes_max)},
  };
  std::vector<ConfigValue> out = default_config_values(broker.topics.defaults());
  for (const auto& [name, value] : values) {
    const ConfigSynonym only{name, value, ConfigSource::kStaticBroker};
    out.push_back({.name = name, .type = 2, .read_only = true, .doc = {}, .synonyms = {only}});
  }
  std::ranges::sort(out, {}, &ConfigValue::name);
  return out;
}

/// Of all brokers: only what was set.
std::vector<ConfigValue> cluster_config_values(const Broker& broker) {
  std::vector<ConfigValue> out = default_config_values({.fixed = {}, .cluster = broker.topics.defaults().cluster, .broker = {}});
  std::erase_if(out, [](const ConfigValue& value) { return value.synonyms.front().source != ConfigSource::kDynamicCluster; });
  return out;
}

DescribeConfigsResponse::DescribeConfigsResourceResult show(const ConfigValue& value, const DescribeConfigsRequest& request) {
  DescribeConfigsResponse::DescribeConfigsResourceResult out;
  out.name = value.name;
  out.value = value.synonyms.front().value;
  out.read_only = value.read_only;
  out.config_source = static_cast<std::int8_t>(value.synonyms.front().source);
  out.is_sensitive = value.sensitive;
  out.config_type = value.type;
  out.documentation.reset();
  if (request.include_documentation) out.documentation = value.doc;
  if (!request.include_synonyms) return out;
  for (const ConfigSynonym& one : value.synonyms) {
    out.synonyms.push_back({one.name, one.value, static_cast<std::int8_t>(one.source)});
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
      if (info != nullptr) values = topic_config_values(broker.topics.defaults(), info->configs);
      else result.error_code = ErrorCode::kUnknownTopicOrPartition;
    } else if (resource.resource_type == kBrokerResource) {
      if (resource.resource_name == std::to_string(broker.options.broker_id)) values = broker_config_values(broker);
      else if (resource.resource_name.empty()) values = cluster_config_values(broker);
      else result.error_code = ErrorCode::kInvalidRequest;
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

void erase_key(partition::ConfigMap& configs, const std::string& key) {
  std::erase_if(configs, [&](const auto& entry) { return entry.first == key; });
}

/// What a resource holds. Under all names the keys are topic configs'.
struct Target {
  std::int8_t type = kTopicResource;
  std::string name;              // of a broker: "" = of all
  partition::ConfigMap configs;  // what is set now
};

Refusal find_target(const Broker& broker, std::int8_t type, const std::string& name, Target& target) {
  target = {type, name, {}};
  if (type == kTopicResource) {
    const auto info = broker.topics.find(name);
    if (info == nullptr) return {ErrorCode::kUnknownTopicOrPartition, fmt::format("no topic '{}'", name)};
    target.configs = info->configs;
    return {};
  }
  if (type != kBrokerResource) return {ErrorCode::kInvalidRequest, fmt::format("resource type {} has no configs here", type)};
  if (!name.empty() && name != std::to_string(broker.options.broker_id)) {
    return {ErrorCode::kInvalidRequest, fmt::format("this is broker {}, not '{}'", broker.options.broker_id, name)};
  }
  const auto defaults = broker.topics.defaults();
  target.configs = name.empty() ? defaults.cluster : defaults.broker;
  return {};
}

Refusal find_key(const Target& target, const std::string& name, std::string& key) {
  if (target.type == kTopicResource) {
    key = name;
    if (partition::find_topic_config_row(name) == nullptr) {
      return {ErrorCode::kInvalidConfig, fmt::format("unknown topic config {}", name)};
    }
    return {};
  }
  const auto* found = partition::find_by_broker_key(name);
  if (found == nullptr) return {ErrorCode::kInvalidRequest, fmt::format("{} cannot be changed at run time", name)};
  key = found->topic;
  return {};
}

std::string value_now(const Broker& broker, const Target& target, const partition::ConfigMap& configs, const std::string& key) {
  partition::TopicDefaults defaults = broker.topics.defaults();
  if (target.type == kBrokerResource) (target.name.empty() ? defaults.cluster : defaults.broker) = configs;
  const auto effective = partition::effective_configs(defaults, target.type == kTopicResource ? configs : partition::ConfigMap{});
  return override_of(effective, key).value_or(std::string(partition::find_topic_config_row(key)->fallback));
}

/// One change to `configs`; list operations work on the effective value, as in Kafka.
Refusal apply(const Broker& broker, const Target& target, partition::ConfigMap& configs,
              const IncrementalAlterConfigsRequest::AlterableConfig& change) {
  const auto operation = static_cast<Operation>(change.config_operation);
  // Of a broker, what cannot be set is not set: tools delete throttles of replication to be sure.
  if (operation == Operation::kDelete && target.type == kBrokerResource && !partition::find_by_broker_key(change.name)) return {};
  std::string key;
  if (Refusal refusal = find_key(target, change.name, key); refusal.error != ErrorCode::kNone) return refusal;
  if (operation == Operation::kDelete) {
    erase_key(configs, key);
    return {};
  }
  if (!change.value) return {ErrorCode::kInvalidConfig, fmt::format("{}: a value is needed", change.name)};
  std::string value = *change.value;
  if (operation == Operation::kAppend || operation == Operation::kSubtract) {
    if (partition::find_topic_config_row(key)->type != "list") {
      return {ErrorCode::kInvalidConfig, fmt::format("{} is not a list", change.name)};
    }
    const std::string now = value_now(broker, target, configs, key);
    auto items = members_of(now);
    for (const auto item : members_of(*change.value)) {
      std::erase(items, item);
      if (operation == Operation::kAppend) items.push_back(item);
    }
    value = fmt::format("{}", fmt::join(items, ","));
  } else if (operation != Operation::kSet) {
    return {ErrorCode::kInvalidRequest, fmt::format("{}: unknown operation {}", change.name, change.config_operation)};
  }
  erase_key(configs, key);
  configs.emplace_back(key, value);
  std::ranges::sort(configs);
  return {};
}

Result<> store(const Broker& broker, const Target& target, const partition::ConfigMap& configs, bool validate_only) {
  const auto defaults = broker.topics.defaults();
  if (target.type == kBrokerResource) {
    const bool all = target.name.empty();
    return broker.topics.set_defaults(all ? configs : defaults.cluster, all ? defaults.broker : configs, validate_only);
  }
  if (!validate_only) return broker.topics.set_configs(target.name, configs);
  TRY(partition::parse_topic_config(partition::effective_configs(defaults, configs)));
  return done();
}

/// Checks the outcome and keeps it. Blocks: in the admin pool.
Refusal keep(const Broker& broker, const Target& target, const partition::ConfigMap& configs, bool validate_only) {
  const auto stored = store(broker, target, configs, validate_only);
  if (stored.ok()) return {};
  const bool invalid = stored.error().kind == Kind::kInvalid || stored.error().kind == Kind::kConflict;
  return {invalid ? ErrorCode::kInvalidConfig : protocol::error_code_for(stored.error().kind), stored.error().text};
}

Refusal change(const Broker& broker, const IncrementalAlterConfigsRequest::AlterConfigsResource& resource, bool validate_only) {
  Target target;
  Refusal refusal = find_target(broker, resource.resource_type, resource.resource_name, target);
  partition::ConfigMap configs = target.configs;
  for (const auto& one : resource.configs) {
    if (refusal.error == ErrorCode::kNone) refusal = apply(broker, target, configs, one);
  }
  return refusal.error != ErrorCode::kNone ? refusal : keep(broker, target, configs, validate_only);
}

Refusal change(const Broker& broker, const AlterConfigsRequest::AlterConfigsResource& resource, bool validate_only) {
  Target target;
  Refusal refusal = find_target(broker, resource.resource_type, resource.resource_name, target);
  if (refusal.error != ErrorCode::kNone) return refusal;
  partition::ConfigMap configs;  // all of them: what is not named goes back to its default
  for (const auto& one : resource.configs) {
    std::string key;
    refusal = find_key(target, one.name, key);
    if (refusal.error != ErrorCode::kNone) return refusal;
    if (!one.value) return {ErrorCode::kInvalidConfig, fmt::format("{}: a value is needed", one.name)};
    configs.emplace_back(key, *one.value);
  }
  std::ranges::sort(configs);
  return keep(broker, target, configs, validate_only);
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

void list_resources(const CallPtr& call, ListConfigResourcesRequest request) {
  const Broker& broker = call->broker;
  ListConfigResourcesResponse response;
  const auto& types = request.resource_types;
  const auto wanted = [&](std::int8_t type) {
    if (call->version() == 0) return type == kClientMetricsResource;
    return types.empty() || std::ranges::find(types, type) != types.end();
  };
  constexpr std::int8_t kTypes[] = {kTopicResource, kBrokerResource, kBrokerLoggerResource, kClientMetricsResource,
                                    kGroupResource};
  for (const std::int8_t type : types) {
    if (std::ranges::find(kTypes, type) == std::end(kTypes)) response.error_code = ErrorCode::kUnsupportedVersion;
  }
  if (response.error_code != ErrorCode::kNone) return call->answer(response);
  if (wanted(kTopicResource)) {
    for (const auto& topic : broker.topics.all()) response.config_resources.push_back({topic->name, kTopicResource});
  }
  const std::string self = std::to_string(broker.options.broker_id);
  if (wanted(kBrokerResource)) response.config_resources.push_back({self, kBrokerResource});
  call->answer(response);
}

}  // namespace

void list_config_resources(const CallPtr& call) { decoded<ListConfigResourcesRequest, list_resources>(call); }
void describe_configs(const CallPtr& call) { decoded<DescribeConfigsRequest, describe>(call); }
void alter_configs(const CallPtr& call) { decoded<AlterConfigsRequest, alter<AlterConfigsResponse, AlterConfigsRequest>>(call); }
void incremental_alter_configs(const CallPtr& call) {
  decoded<IncrementalAlterConfigsRequest, alter<IncrementalAlterConfigsResponse, IncrementalAlterConfigsRequest>>(call);
}

}  // namespace takhin::broker::handlers
