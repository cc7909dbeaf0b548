// DeleteTopics, by name or by id.

#include "broker/groups/coordinator.h"
#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/delete_topics.h"

namespace takhin::broker::handlers {
namespace {

using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using protocol::ErrorCode;
using Outcome = DeleteTopicsResponse::DeletableTopicResult;
using Asked = DeleteTopicsRequest::DeleteTopicState;

/// Since v6 topics come in their own field, by name or id.
constexpr std::int16_t kIdsSince = 6;
constexpr std::int16_t kStrictQuotaSince = 5;

std::vector<Asked> asked_topics(const DeleteTopicsRequest& request, std::int16_t version) {
  if (version >= kIdsSince) return request.topics;
  std::vector<Asked> topics;
  for (const auto& name : request.topic_names) topics.push_back({.name = name, .topic_id = {}});
  return topics;
}

Outcome outcome_of(const Asked& asked, ErrorCode error, std::optional<std::string> why = std::nullopt) {
  Outcome outcome;
  outcome.name = asked.name;
  outcome.topic_id = asked.topic_id;
  outcome.error_code = error;
  outcome.error_message = std::move(why);
  return outcome;
}

/// Ids are no secret, names are: they are told only to those who may describe the topic.
Outcome denied(Call& call, const Asked& asked, const partition::TopicInfo* info) {
  Outcome outcome = outcome_of(asked, ErrorCode::kTopicAuthorizationFailed, kTopicDenied);
  const bool named = info != nullptr && call.rights.sees(AclOperation::kDescribe, ResourceType::kTopic, info->name);
  if (named) outcome.name = info->name;
  return outcome;
}

Outcome remove(Call& call, const ChangeBudget& budget, const Asked& asked) {
  const Broker& broker = call.broker;
  const bool by_id = !asked.topic_id.is_zero();
  if (by_id == asked.name.has_value())
    return outcome_of(asked, ErrorCode::kInvalidRequest, "a topic is named by name or by id, not both");
  const auto info = find_topic(broker, asked.name.value_or(""), asked.topic_id, by_id);
  if (!by_id && !may_topic(call, AclOperation::kDelete, *asked.name)) return denied(call, asked, nullptr);
  if (by_id && info != nullptr && !may_topic(call, AclOperation::kDelete, info->name)) return denied(call, asked, info.get());
  if (info == nullptr) return outcome_of(asked, by_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition);
  if (is_internal_topic(info->name)) return outcome_of(asked, ErrorCode::kInvalidRequest, "internal topics are not deleted");
  if (!budget.take(static_cast<std::int32_t>(info->partitions.size()))) {
    return outcome_of(asked, ErrorCode::kThrottlingQuotaExceeded, std::string(kOverQuota));
  }
  const auto removed = broker.topics.remove(info->name);
  if (removed.ok()) broker.groups->forget_topic(info->name);
  Outcome outcome = outcome_of(asked, ErrorCode::kNone);
  outcome.name = info->name;
  outcome.topic_id = info->id;
  if (!removed.ok()) {
    outcome.error_code = protocol::error_code_for(removed.error().kind);
    outcome.error_message = removed.error().text;
  }
  call.changed(ResourceType::kTopic, info->name, outcome.error_code);
  return outcome;
}

void run(const CallPtr& call, DeleteTopicsRequest request) {
  const auto topics = std::make_shared<const std::vector<Asked>>(asked_topics(request, call->version()));
  in_pool(
      call->broker.admin,
      [call, topics] {
        DeleteTopicsResponse response;
        const ChangeBudget budget(call, kStrictQuotaSince);
        for (const Asked& asked : *topics) response.responses.push_back(remove(*call, budget, asked));
        call->answer(response);
      },
      [&] {
        DeleteTopicsResponse response;
        for (const Asked& asked : *topics) response.responses.push_back(outcome_of(asked, ErrorCode::kRequestTimedOut));
        call->answer(response);
      });
}

}  // namespace

void delete_topics(const CallPtr& call) { decoded<DeleteTopicsRequest, run>(call); }

}  // namespace takhin::broker::handlers
