// DescribeConfigs, IncrementalAlterConfigs, AlterConfigs, ListConfigResources: of topics, of what topics fall back to, of groups,
// and of the few of the broker's own that change at run time; the rest come from its file and are only shown.

#include <algorithm>

#include "base/text.h"
#include "broker/groups/group_configs.h"
#include "broker/handlers/broker_configs.h"
#include "broker/handlers/handlers.h"
#include "broker/live_configs.h"
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

std::vector<ConfigValue> group_config_values(const Broker& broker, const std::string& group) {
  std::vector<ConfigValue> out;
  const auto set = broker.group_configs.find(group);
  for (const auto& row : groups::group_config_rows()) {
    ConfigValue value{
        .name = std::string(row.key), .type = config_type_number("int"), .doc = std::string(row.doc), .synonyms = {}};
    const auto own = set.find(value.name);
    if (own != set.end()) value.synonyms.push_back({value.name, std::to_string(own->second), ConfigSource::kGroup});
    value.synonyms.push_back({std::string(row.broker_key), std::to_string(broker.options.groups.consumer.*row.fallback),
                              ConfigSource::kDefault});
    out.push_back(std::move(value));
  }
  return out;
}

DescribeConfigsResponse::DescribeConfigsResourceResult show(const ConfigValue& value, const DescribeConfigsRequest& request) {
  DescribeConfigsResponse::DescribeConfigsResourceResult out;
  out.name = value.name;
  if (value.sensitive) out.value.reset();
  else out.value = value.synonyms.front().value;
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

const char* denial_of(std::int8_t type) {
  if (type == kTopicResource) return kTopicDenied;
  return type == kGroupResource ? kGroupDenied : kClusterDenied;
}

/// kNone, or the error that the lack of the right is: configs of anything but topics and groups are the cluster's.
ErrorCode check_right(Call& call, AclOperation operation, std::int8_t type, const std::string& name) {
  if (type == kTopicResource) {
    return may_topic(call, operation, name) ? ErrorCode::kNone : ErrorCode::kTopicAuthorizationFailed;
  }
  if (type == kGroupResource) {
    return may_group(call, operation, name) ? ErrorCode::kNone : ErrorCode::kGroupAuthorizationFailed;
  }
  return call.rights.may_in_cluster(operation) ? ErrorCode::kNone : ErrorCode::kClusterAuthorizationFailed;
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
    result.error_code =
        check_right(*call, AclOperation::kDescribeConfigs, resource.resource_type, resource.resource_name);
    if (result.error_code != ErrorCode::kNone) {
      result.error_message = denial_of(resource.resource_type);
    } else if (resource.resource_type == kTopicResource) {
      const auto info = broker.topics.find(resource.resource_name);
      if (info != nullptr) values = topic_config_values(broker.topics.defaults(), info->configs);
      else result.error_code = ErrorCode::kUnknownTopicOrPartition;
    } else if (resource.resource_type == kBrokerResource) {
      if (resource.resource_name == std::to_string(broker.options.broker_id)) values = broker_config_values(broker);
      else if (resource.resource_name.empty()) values = cluster_config_values(broker);
      else result.error_code = ErrorCode::kInvalidRequest;
    } else if (resource.resource_type == kGroupResource && !resource.resource_name.empty()) {
      values = group_config_values(broker, resource.resource_name);
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

/// What a resource holds. The keys are topic configs', also of what they fall back to, the broker's own (LiveRow), or a group's.
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
  if (type == kGroupResource && !name.empty()) {  // which need not exist
    for (const auto& [key, value] : broker.group_configs.find(name)) target.configs.emplace_back(key, std::to_string(value));
    return {};
  }
  if (type != kBrokerResource) return {ErrorCode::kInvalidRequest, fmt::format("resource type {} has no configs here", type)};
  if (!name.empty() && name != std::to_string(broker.options.broker_id)) {
    return {ErrorCode::kInvalidRequest, fmt::format("this is broker {}, not '{}'", broker.options.broker_id, name)};
  }
  const auto defaults = broker.topics.defaults();
  const auto live = broker.live.layers();
  target.configs = name.empty() ? defaults.cluster : defaults.broker;
  const auto& own = name.empty() ? live.cluster : live.broker;
  target.configs.insert(target.configs.end(), own.begin(), own.end());
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
  key = name;
  if (target.type == kGroupResource) {
    if (groups::find_group_config_row(name) != nullptr) return {};
    return {ErrorCode::kInvalidConfig, fmt::format("unknown group config {}", name)};
  }
  if (find_live_row(name) != nullptr) return {};
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
  std::string key;
  Refusal refusal = find_key(target, change.name, key);
  if (refusal.error != ErrorCode::kNone && operation == Operation::kDelete && target.type == kBrokerResource) return {};
  if (refusal.error != ErrorCode::kNone) return refusal;
  if (operation == Operation::kDelete) {
    erase_key(configs, key);
    return {};
  }
  if (!change.value) return {ErrorCode::kInvalidConfig, fmt::format("{}: a value is needed", change.name)};
  std::string value = *change.value;
  if (operation == Operation::kAppend || operation == Operation::kSubtract) {
    const auto* row = partition::find_topic_config_row(key);
    if (row == nullptr || row->type != "list") {
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

/// Both sorts are checked before either is kept.
Result<> store_of_broker(const Broker& broker, const Target& target, const partition::ConfigMap& configs, bool validate_only) {
  partition::ConfigMap topics, own;
  for (const auto& entry : configs) (find_live_row(entry.first) != nullptr ? own : topics).push_back(entry);
  const bool all = target.name.empty();
  const auto defaults = broker.topics.defaults();
  const auto layers = broker.live.layers();
  const LiveConfigs::Layers next{all ? own : layers.cluster, all ? layers.broker : own};
  TRY(broker.live.set(next, true));
  TRY(broker.topics.set_defaults(all ? topics : defaults.cluster, all ? defaults.broker : topics, validate_only));
  const bool same = own == (all ? layers.cluster : layers.broker);
  return validate_only || same ? done() : broker.live.set(next, false);
}

Result<> store(const Broker& broker, const Target& target, const partition::ConfigMap& configs, bool validate_only) {
  if (target.type == kGroupResource) {
    return broker.group_configs.set(target.name, {configs.begin(), configs.end()}, validate_only);
  }
  if (target.type == kBrokerResource) return store_of_broker(broker, target, configs, validate_only);
  if (!validate_only) return broker.topics.set_configs(target.name, configs);
  TRY(partition::parse_topic_config(partition::effective_configs(broker.topics.defaults(), configs)));
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

template <class Resource>
Refusal change_allowed(Call& call, const Resource& resource, bool validate_only) {
  const std::int8_t type = resource.resource_type;
  const ErrorCode denied = check_right(call, AclOperation::kAlterConfigs, type, resource.resource_name);
  if (denied != ErrorCode::kNone) return {denied, denial_of(type)};
  Refusal refusal = change(call.broker, resource, validate_only);
  const ResourceType audited = type == kTopicResource   ? ResourceType::kTopic
                               : type == kGroupResource ? ResourceType::kGroup
                                                        : ResourceType::kCluster;
  if (!validate_only) call.changed(audited, resource.resource_name, refusal.error);
  return refusal;
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
        answer([&](const auto& resource) { return change_allowed(*call, resource, shared->validate_only); });
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
  if (wanted(kGroupResource)) {
    for (const auto& group : broker.group_configs.groups()) response.config_resources.push_back({group, kGroupResource});
  }
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
