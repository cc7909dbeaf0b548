// CreateTopics: one broker, so one replica; configs are checked before anything is made.

#include <algorithm>
#include <map>

#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "broker/live_configs.h"
#include "protocol/messages/create_topics.h"

namespace takhin::broker::handlers {
namespace {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::ErrorCode;
using Asked = CreateTopicsRequest::CreatableTopic;
using Outcome = CreateTopicsResponse::CreatableTopicResult;

constexpr std::int16_t kStrictQuotaSince = 6;

struct Plan {
  ErrorCode error = ErrorCode::kNone;
  std::string why;
  std::int32_t partitions = 0;
  partition::ConfigMap configs;  // with the broker's defaults
};

Plan refused(ErrorCode error, std::string why) { return {.error = error, .why = std::move(why)}; }

/// The partition count that hand-made assignments ask for: all on this broker, numbered from 0.
Plan plan_assignments(const Broker& broker, const Asked& asked) {
  if (asked.num_partitions != -1 || asked.replication_factor != -1) {
    return refused(ErrorCode::kInvalidRequest,
                   "partition count and replication factor must be -1 when replicas are assigned by hand");
  }
  std::vector<std::int32_t> indexes;
  for (const auto& assignment : asked.assignments) {
    if (assignment.broker_ids != std::vector{broker.options.broker_id}) {
      return refused(ErrorCode::kInvalidReplicaAssignment,
                     fmt::format("partition {}: its one replica can only be on broker {}", assignment.partition_index,
                                 broker.options.broker_id));
    }
    indexes.push_back(assignment.partition_index);
  }
  std::ranges::sort(indexes);
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    if (indexes[i] != static_cast<std::int32_t>(i)) {
      return refused(ErrorCode::kInvalidReplicaAssignment, "partitions must be numbered from 0 without gaps");
    }
  }
  return {.partitions = static_cast<std::int32_t>(indexes.size())};
}

Plan plan_counts(const Broker& broker, const Asked& asked) {
  if (!asked.assignments.empty()) return plan_assignments(broker, asked);
  if (asked.num_partitions == 0 || asked.num_partitions < -1) {
    return refused(ErrorCode::kInvalidPartitions, "number of partitions must be larger than 0, or -1 for the broker's default");
  }
  if (asked.num_partitions > broker.options.partitions_max) {
    return refused(ErrorCode::kInvalidPartitions,
                   fmt::format("a topic has at most {} partitions", broker.options.partitions_max));
  }
  if (asked.replication_factor == 0 || asked.replication_factor < -1) {
    return refused(ErrorCode::kInvalidReplicationFactor,
                   "replication factor must be larger than 0, or -1 for the broker's default");
  }
  if (asked.replication_factor > 1) {
    return refused(ErrorCode::kInvalidReplicationFactor,
                   fmt::format("replication factor {} is larger than the number of brokers, 1", asked.replication_factor));
  }
  return {.partitions = asked.num_partitions == -1 ? broker.live.num_partitions() : asked.num_partitions};
}

Plan plan_for(const Broker& broker, const Asked& asked) {
  if (broker.topics.find(asked.name) != nullptr) {
    return refused(ErrorCode::kTopicAlreadyExists, fmt::format("topic '{}' already exists", asked.name));
  }
  Plan plan = plan_counts(broker, asked);
  if (plan.error != ErrorCode::kNone) return plan;
  for (const auto& config : asked.configs) {
    if (!config.value) return refused(ErrorCode::kInvalidConfig, fmt::format("{}: a topic config needs a value", config.name));
    if (override_of(plan.configs, config.name))
      return refused(ErrorCode::kInvalidConfig, fmt::format("{} is set twice", config.name));
    plan.configs.emplace_back(config.name, *config.value);
  }
  std::ranges::sort(plan.configs);
  if (const auto parsed = partition::parse_topic_config(partition::effective_configs(broker.topics.defaults(), plan.configs));
      !parsed.ok()) {
    return refused(ErrorCode::kInvalidConfig, parsed.error().text);
  }
  if (const auto valid = broker.topics.validate(asked.name, plan.partitions, plan.configs); !valid.ok()) {
    const bool taken = valid.error().kind == Kind::kConflict;
    return refused(taken ? ErrorCode::kTopicAlreadyExists : ErrorCode::kInvalidTopic, valid.error().text);
  }
  return plan;
}

ErrorCode code_of(const Error& error) {
  if (error.kind == Kind::kConflict) return ErrorCode::kTopicAlreadyExists;
  return error.kind == Kind::kInvalid ? ErrorCode::kInvalidTopic : protocol::error_code_for(error.kind);
}

/// Nothing is said of a topic that the caller may not create, not even that it is there.
Plan plan_allowed(Call& call, const Asked& asked) {
  const bool allowed = call.rights.sees(AclOperation::kCreate, ResourceType::kCluster, security::kClusterName) ||
                       may_topic(call, AclOperation::kCreate, asked.name);
  return allowed ? plan_for(call.broker, asked) : refused(ErrorCode::kTopicAuthorizationFailed, kTopicDenied);
}

void tell_configs(const Broker& broker, const Plan& plan, Outcome& outcome) {
  outcome.num_partitions = plan.partitions;
  outcome.replication_factor = 1;
  for (const ConfigValue& value : topic_config_values(broker.topics.defaults(), plan.configs)) {
    const ConfigSynonym& now = value.synonyms.front();
    outcome.configs->push_back({value.name, now.value, value.read_only, static_cast<std::int8_t>(now.source), value.sensitive});
  }
}

Outcome create(Call& call, const ChangeBudget& budget, const Asked& asked, bool validate_only) {
  const Broker& broker = call.broker;
  Outcome outcome;
  outcome.name = asked.name;
  outcome.error_message.reset();
  Plan plan = plan_allowed(call, asked);
  const bool allowed = plan.error != ErrorCode::kTopicAuthorizationFailed;
  if (plan.error == ErrorCode::kNone && !budget.take(plan.partitions)) {
    plan = refused(ErrorCode::kThrottlingQuotaExceeded, std::string(kOverQuota));
  }
  if (plan.error == ErrorCode::kNone && !validate_only) {
    const auto made = broker.topics.create(asked.name, plan.partitions, plan.configs);
    if (made.ok()) {
      outcome.topic_id = (*made)->id;
    } else {
      plan = refused(code_of(made.error()), made.error().text);
    }
  }
  outcome.error_code = plan.error;
  if (allowed && !validate_only) call.changed(ResourceType::kTopic, asked.name, plan.error);
  if (plan.error != ErrorCode::kNone) {
    outcome.error_message = plan.why;
    return outcome;
  }
  if (call.rights.sees(AclOperation::kDescribeConfigs, ResourceType::kTopic, asked.name)) {
    tell_configs(broker, plan, outcome);
  } else {
    outcome.topic_config_error_code = static_cast<std::int16_t>(ErrorCode::kTopicAuthorizationFailed);
    outcome.configs.reset();
  }
  return outcome;
}

/// Blocks: in the admin pool.
CreateTopicsResponse create_all(const CallPtr& call, const CreateTopicsRequest& request) {
  const ChangeBudget budget(call, kStrictQuotaSince);
  std::map<std::string, int> times;
  for (const Asked& asked : request.topics) ++times[asked.name];
  CreateTopicsResponse response;
  for (const Asked& asked : request.topics) {
    if (times[asked.name] == 1) {
      response.topics.push_back(create(*call, budget, asked, request.validate_only));
    } else if (times[asked.name] > 1) {
      Outcome outcome;
      outcome.name = asked.name;
      outcome.error_code = ErrorCode::kInvalidRequest;
      outcome.error_message = "the request names this topic more than once";
      response.topics.push_back(std::move(outcome));
      times[asked.name] = 0;  // answered once for all
    }
  }
  return response;
}

CreateTopicsResponse all_busy(const CreateTopicsRequest& request) {
  CreateTopicsResponse response;
  for (const Asked& asked : request.topics) {
    Outcome outcome;
    outcome.name = asked.name;
    outcome.error_code = ErrorCode::kRequestTimedOut;
    outcome.error_message = "too many topics are being made or removed; try again";
    response.topics.push_back(std::move(outcome));
  }
  return response;
}

void run(const CallPtr& call, CreateTopicsRequest request) {
  const auto shared = std::make_shared<const CreateTopicsRequest>(std::move(request));
  in_pool(
      call->broker.admin, [call, shared] { call->answer(create_all(call, *shared)); },
      [&] { call->answer(all_busy(*shared)); });
}

}  // namespace

void create_topics(const CallPtr& call) { decoded<CreateTopicsRequest, run>(call); }

}  // namespace takhin::broker::handlers
