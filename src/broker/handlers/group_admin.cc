// DescribeGroups, ListGroups, DeleteGroups.

#include "broker/handlers/groups.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/list_groups.h"

namespace takhin::broker::handlers {
namespace {

void describe(const CallPtr& call, protocol::DescribeGroupsRequest request) {
  call->answer(call->broker.groups->describe(caller_of(*call), request));
}
void list(const CallPtr& call, protocol::ListGroupsRequest request) { call->answer(call->broker.groups->list(request)); }
void remove(const CallPtr& call, protocol::DeleteGroupsRequest request) {
  call->broker.groups->remove(request, [call](protocol::DeleteGroupsResponse response) { call->answer(response); });
}

}  // namespace

void describe_groups(const CallPtr& call) { decoded<protocol::DescribeGroupsRequest, describe>(call); }
void list_groups(const CallPtr& call) { decoded<protocol::ListGroupsRequest, list>(call); }
void delete_groups(const CallPtr& call) { decoded<protocol::DeleteGroupsRequest, remove>(call); }

}  // namespace takhin::broker::handlers
