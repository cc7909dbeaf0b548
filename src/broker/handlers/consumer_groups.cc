// ConsumerGroupHeartbeat, ConsumerGroupDescribe: thin over groups/coordinator.h.

#include <algorithm>

#include "broker/features.h"
#include "broker/handlers/common.h"
#include "broker/handlers/groups.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;

/// A member reads from its group, and sees the topics that it names.
ErrorCode refusal_of(Call& call, const protocol::ConsumerGroupHeartbeatRequest& request) {
  if (!may_group(call, AclOperation::kRead, request.group_id)) return ErrorCode::kGroupAuthorizationFailed;
  if (!request.subscribed_topic_names) return ErrorCode::kNone;
  for (const std::string& topic : *request.subscribed_topic_names) {
    if (!may_topic(call, AclOperation::kDescribe, topic)) return ErrorCode::kTopicAuthorizationFailed;
  }
  return ErrorCode::kNone;
}

void beat(const CallPtr& call, protocol::ConsumerGroupHeartbeatRequest request) {
  if (call->broker.features.level("group.version") < 1) {
    return call->answer(protocol::ConsumerGroupHeartbeatResponse{.error_code = protocol::ErrorCode::kUnsupportedVersion});
  }
  if (const ErrorCode refusal = refusal_of(*call, request); refusal != ErrorCode::kNone) {
    return call->answer(protocol::ConsumerGroupHeartbeatResponse{.error_code = refusal});
  }
  call->broker.groups->consumer_heartbeat(caller_of(*call), request,
                                          [call](protocol::ConsumerGroupHeartbeatResponse response) { call->answer(response); });
}
/// A group with topics that the caller may not see is not shown at all, as in Kafka.
bool sees_topics(Call& call, const protocol::ConsumerGroupDescribeResponse::DescribedGroup& group) {
  const auto sees = [&](const std::string& topic) { return may_topic(call, AclOperation::kDescribe, topic); };
  return std::ranges::all_of(group.members, [&](const auto& member) {
    for (const auto* shown : {&member.assignment, &member.target_assignment}) {
      if (!std::ranges::all_of(shown->topic_partitions, [&](const auto& topic) { return sees(topic.topic_name); })) return false;
    }
    return std::ranges::all_of(member.subscribed_topic_names, sees);
  });
}

void describe(const CallPtr& call, protocol::ConsumerGroupDescribeRequest request) {
  auto response = call->broker.groups->describe_consumer(request);
  for (auto& group : response.groups) {
    const auto refuse = [&](ErrorCode why, std::string_view text) {
      const std::string id = group.group_id;
      group = {};
      group.group_id = id;
      group.error_code = why;
      group.error_message = text;
    };
    if (!may_group(*call, AclOperation::kDescribe, group.group_id)) {
      refuse(ErrorCode::kGroupAuthorizationFailed, "not allowed to describe the group");
    } else if (!sees_topics(*call, group)) {
      refuse(ErrorCode::kTopicAuthorizationFailed, "the group has topics that the caller may not describe");
    } else if (request.include_authorized_operations && group.error_code == ErrorCode::kNone) {
      group.authorized_operations = call->rights.operations(ResourceType::kGroup, group.group_id);
    }
  }
  call->answer(response);
}

}  // namespace

void consumer_group_heartbeat(const CallPtr& call) { decoded<protocol::ConsumerGroupHeartbeatRequest, beat>(call); }
void consumer_group_describe(const CallPtr& call) { decoded<protocol::ConsumerGroupDescribeRequest, describe>(call); }

}  // namespace takhin::broker::handlers
