// JoinGroup, SyncGroup, Heartbeat, LeaveGroup: thin over groups/coordinator.h.

#include "broker/handlers/common.h"
#include "broker/handlers/groups.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"

namespace takhin::broker::handlers {
namespace {

/// Members of a group read from it. False: answered with the error.
template <class Response>
bool may_be_member(const CallPtr& call, const std::string& group) {
  if (may_group(*call, AclOperation::kRead, group)) return true;
  Response response;
  response.error_code = protocol::ErrorCode::kGroupAuthorizationFailed;
  call->answer(response);
  return false;
}

void join(const CallPtr& call, protocol::JoinGroupRequest request) {
  if (!may_be_member<protocol::JoinGroupResponse>(call, request.group_id)) return;
  call->broker.groups->join(caller_of(*call), request, [call](protocol::JoinGroupResponse response) { call->answer(response); });
}
void sync(const CallPtr& call, protocol::SyncGroupRequest request) {
  if (!may_be_member<protocol::SyncGroupResponse>(call, request.group_id)) return;
  call->broker.groups->sync(request, [call](protocol::SyncGroupResponse response) { call->answer(response); });
}
void beat(const CallPtr& call, protocol::HeartbeatRequest request) {
  if (!may_be_member<protocol::HeartbeatResponse>(call, request.group_id)) return;
  call->answer(call->broker.groups->heartbeat(request));
}
void leave(const CallPtr& call, protocol::LeaveGroupRequest request) {
  if (!may_be_member<protocol::LeaveGroupResponse>(call, request.group_id)) return;
  call->answer(call->broker.groups->leave(request));
}

}  // namespace

groups::Caller caller_of(const Call& call) {
  const std::string host = call.peer.substr(0, call.peer.rfind(':'));
  return {.version = call.version(), .client_id = call.client_id(), .host = "/" + host};
}

void join_group(const CallPtr& call) { decoded<protocol::JoinGroupRequest, join>(call); }
void sync_group(const CallPtr& call) { decoded<protocol::SyncGroupRequest, sync>(call); }
void heartbeat(const CallPtr& call) { decoded<protocol::HeartbeatRequest, beat>(call); }
void leave_group(const CallPtr& call) { decoded<protocol::LeaveGroupRequest, leave>(call); }

}  // namespace takhin::broker::handlers
