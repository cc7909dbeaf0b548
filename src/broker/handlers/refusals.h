#pragma once
// How the APIs say that their caller lacks a right on the cluster: each in its own words, for the table of APIs.

#include "broker/handlers/common.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/list_config_resources.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "protocol/messages/update_features.h"

namespace takhin::broker::handlers {

/// For answers that have one error for all.
template <protocol::Message Response>
void refuse_whole(const CallPtr& call) {
  Response response;
  response.error_code = protocol::ErrorCode::kClusterAuthorizationFailed;
  if constexpr (requires { response.error_message; }) response.error_message = kClusterDenied;
  call->answer(response);
}

void refuse_log_dirs(const CallPtr& call);
void refuse_election(const CallPtr& call);
void refuse_scram_users(const CallPtr& call);
void refuse_quotas(const CallPtr& call);
void refuse_acl_creations(const CallPtr& call);
void refuse_acl_deletions(const CallPtr& call);

}  // namespace takhin::broker::handlers
