// ConsumerGroupHeartbeat, ConsumerGroupDescribe: thin over groups/coordinator.h.

#include "broker/features.h"
#include "broker/handlers/groups.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"

namespace takhin::broker::handlers {
namespace {

void beat(const CallPtr& call, protocol::ConsumerGroupHeartbeatRequest request) {
  if (call->broker.features.level("group.version") < 1) {
    return call->answer(protocol::ConsumerGroupHeartbeatResponse{.error_code = protocol::ErrorCode::kUnsupportedVersion});
  }
  call->broker.groups->consumer_heartbeat(caller_of(*call), request,
                                          [call](protocol::ConsumerGroupHeartbeatResponse response) { call->answer(response); });
}
void describe(const CallPtr& call, protocol::ConsumerGroupDescribeRequest request) {
  call->answer(call->broker.groups->describe_consumer(request));
}

}  // namespace

void consumer_group_heartbeat(const CallPtr& call) { decoded<protocol::ConsumerGroupHeartbeatRequest, beat>(call); }
void consumer_group_describe(const CallPtr& call) { decoded<protocol::ConsumerGroupDescribeRequest, describe>(call); }

}  // namespace takhin::broker::handlers
