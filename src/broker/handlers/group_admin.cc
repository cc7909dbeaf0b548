// DescribeGroups, ListGroups, DeleteGroups.

#include "broker/handlers/common.h"
#include "broker/handlers/groups.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/list_groups.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;

/// Takes out of `groups` what the caller may not `operation`, and answers it.
std::vector<std::string> take_refused(Call& call, AclOperation operation, std::vector<std::string>& groups) {
  std::vector<std::string> allowed, refused;
  for (std::string& group : groups) (may_group(call, operation, group) ? allowed : refused).push_back(std::move(group));
  groups = std::move(allowed);
  return refused;
}

void describe(const CallPtr& call, protocol::DescribeGroupsRequest request) {
  const auto refused = take_refused(*call, AclOperation::kDescribe, request.groups);
  auto response = call->broker.groups->describe(caller_of(*call), request);
  for (auto& group : response.groups) {
    if (!request.include_authorized_operations || group.error_code != ErrorCode::kNone) continue;
    group.authorized_operations = call->rights.operations(ResourceType::kGroup, group.group_id);
  }
  for (const std::string& group : refused) {
    auto& out = response.groups.emplace_back();
    out.group_id = group;
    out.error_code = ErrorCode::kGroupAuthorizationFailed;
  }
  call->answer(response);
}

void list(const CallPtr& call, protocol::ListGroupsRequest request) {
  auto response = call->broker.groups->list(request);
  if (!call->rights.sees(AclOperation::kDescribe, ResourceType::kCluster, security::kClusterName)) {
    std::erase_if(response.groups, [&](const auto& group) {
      return !call->rights.sees(AclOperation::kDescribe, ResourceType::kGroup, group.group_id);
    });
  }
  call->answer(response);
}

void remove(const CallPtr& call, protocol::DeleteGroupsRequest request) {
  const auto refused = take_refused(*call, AclOperation::kDelete, request.groups_names);
  call->broker.groups->remove(request, [call, refused](protocol::DeleteGroupsResponse response) {
    for (const auto& result : response.results) call->changed(ResourceType::kGroup, result.group_id, result.error_code);
    for (const std::string& group : refused) {
      response.results.push_back({.group_id = group, .error_code = ErrorCode::kGroupAuthorizationFailed});
    }
    call->answer(response);
  });
}

}  // namespace

void describe_groups(const CallPtr& call) { decoded<protocol::DescribeGroupsRequest, describe>(call); }
void list_groups(const CallPtr& call) { decoded<protocol::ListGroupsRequest, list>(call); }
void delete_groups(const CallPtr& call) { decoded<protocol::DeleteGroupsRequest, remove>(call); }

}  // namespace takhin::broker::handlers
