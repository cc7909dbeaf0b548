#include "broker/handlers/refusals.h"

#include <set>

#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/elect_leaders.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
constexpr auto kDenied = ErrorCode::kClusterAuthorizationFailed;

void log_dirs(const CallPtr& call, protocol::AlterReplicaLogDirsRequest request) {
  protocol::AlterReplicaLogDirsResponse response;
  for (const auto& dir : request.dirs) {
    for (const auto& topic : dir.topics) {
      auto& to = response.results.emplace_back();
      to.topic_name = topic.name;
      for (const std::int32_t index : topic.partitions) to.partitions.push_back({index, kDenied});
    }
  }
  call->answer(response);
}

/// Version 0 has no error for all.
void election(const CallPtr& call, protocol::ElectLeadersRequest request) {
  protocol::ElectLeadersResponse response;
  response.error_code = kDenied;
  if (request.topic_partitions) {
    for (const auto& topic : *request.topic_partitions) {
      auto& to = response.replica_election_results.emplace_back();
      to.topic = topic.topic;
      for (const std::int32_t index : topic.partitions) {
        to.partition_result.push_back({.partition_id = index, .error_code = kDenied, .error_message = kClusterDenied});
      }
    }
  }
  call->answer(response);
}

void scram_users(const CallPtr& call, protocol::AlterUserScramCredentialsRequest request) {
  std::set<std::string> users;
  for (const auto& one : request.deletions) users.insert(one.name);
  for (const auto& one : request.upsertions) users.insert(one.name);
  protocol::AlterUserScramCredentialsResponse response;
  for (const auto& user : users) {
    auto& result = response.results.emplace_back();
    result.user = user;
    result.error_code = kDenied;
    result.error_message = kClusterDenied;
  }
  call->answer(response);
}

void quotas_of(const CallPtr& call, protocol::AlterClientQuotasRequest request) {
  protocol::AlterClientQuotasResponse response;
  for (const auto& entry : request.entries) {
    auto& to = response.entries.emplace_back();
    to.error_code = kDenied;
    to.error_message = kClusterDenied;
    for (const auto& one : entry.entity) to.entity.push_back({one.entity_type, one.entity_name});
  }
  call->answer(response);
}

void acl_creations(const CallPtr& call, protocol::CreateAclsRequest request) {
  protocol::CreateAclsResponse response;
  for (std::size_t i = 0; i < request.creations.size(); ++i) response.results.push_back({kDenied, kClusterDenied});
  call->answer(response);
}

void acl_deletions(const CallPtr& call, protocol::DeleteAclsRequest request) {
  protocol::DeleteAclsResponse response;
  for (std::size_t i = 0; i < request.filters.size(); ++i) {
    response.filter_results.push_back({.error_code = kDenied, .error_message = kClusterDenied, .matching_acls = {}});
  }
  call->answer(response);
}

}  // namespace

void refuse_log_dirs(const CallPtr& call) { decoded<protocol::AlterReplicaLogDirsRequest, log_dirs>(call); }
void refuse_election(const CallPtr& call) { decoded<protocol::ElectLeadersRequest, election>(call); }
void refuse_scram_users(const CallPtr& call) { decoded<protocol::AlterUserScramCredentialsRequest, scram_users>(call); }
void refuse_quotas(const CallPtr& call) { decoded<protocol::AlterClientQuotasRequest, quotas_of>(call); }
void refuse_acl_creations(const CallPtr& call) { decoded<protocol::CreateAclsRequest, acl_creations>(call); }
void refuse_acl_deletions(const CallPtr& call) { decoded<protocol::DeleteAclsRequest, acl_deletions>(call); }

}  // namespace takhin::broker::handlers
