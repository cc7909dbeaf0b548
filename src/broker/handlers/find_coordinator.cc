// FindCoordinator: this broker coordinates every group and transaction. The first one to ask has the coordinator's topic made, as
// in Kafka, so that no later request has to wait for that.

#include <algorithm>

#include "base/log.h"
#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "broker/internal_topic.h"
#include "protocol/messages/find_coordinator.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

constexpr std::int8_t kGroup = 0;
constexpr std::int8_t kTransaction = 1;
/// KIP-699: several keys in one request.
constexpr std::int16_t kBatchedSince = 4;

bool may_find(Call& call, const std::string& key, std::int8_t type) {
  if (type == kTransaction) return may_transaction(call, AclOperation::kDescribe, key);
  return type != kGroup || may_group(call, AclOperation::kDescribe, key);
}

FindCoordinatorResponse::Coordinator coordinator_of(Call& call, const std::string& key, std::int8_t type) {
  FindCoordinatorResponse::Coordinator out;
  out.key = key;
  out.error_message.reset();
  const bool allowed = may_find(call, key, type);
  if (allowed && (type == kGroup || type == kTransaction)) {
    out.node_id = call.broker.options.broker_id;
    out.host = call.listener().advertised_host;
    out.port = call.listener().advertised_port;
    return out;
  }
  out.node_id = -1;
  out.port = -1;
  if (!allowed) {
    out.error_code =
        type == kTransaction ? ErrorCode::kTransactionalIdAuthorizationFailed : ErrorCode::kGroupAuthorizationFailed;
    return out;
  }
  out.error_code = ErrorCode::kInvalidRequest;
  out.error_message = fmt::format("coordinators of type {} are not known", type);
  return out;
}

void answer(const CallPtr& call, const FindCoordinatorRequest& request) {
  FindCoordinatorResponse response;
  if (call->version() >= kBatchedSince) {
    for (const auto& key : request.coordinator_keys) {
      response.coordinators.push_back(coordinator_of(*call, key, request.key_type));
    }
    return call->answer(response);
  }
  const auto one = coordinator_of(*call, request.key, request.key_type);
  response.error_code = one.error_code;
  response.error_message = one.error_message;
  response.node_id = one.node_id;
  response.host = one.host;
  response.port = one.port;
  call->answer(response);
}

/// The topic is made for those who may use it.
bool finds_any(Call& call, const FindCoordinatorRequest& request) {
  const ResourceType type = request.key_type == kTransaction ? ResourceType::kTransactionalId : ResourceType::kGroup;
  const auto sees = [&](const std::string& key) { return call.rights.sees(AclOperation::kDescribe, type, key); };
  return call.version() >= kBatchedSince ? std::ranges::any_of(request.coordinator_keys, sees) : sees(request.key);
}

void run(const CallPtr& call, FindCoordinatorRequest request) {
  InternalTopic& topic = request.key_type == kTransaction ? call->broker.transactions_topic : call->broker.offsets_topic;
  if (!finds_any(*call, request)) return answer(call, request);
  if (topic.exists() || (request.key_type != kGroup && request.key_type != kTransaction)) return answer(call, request);
  const auto shared = std::make_shared<const FindCoordinatorRequest>(std::move(request));
  in_pool(
      call->broker.admin,
      [call, shared, &topic] {
        // A failure is told when something is to be stored.
        if (const auto made = topic.ensure(); !made.ok()) log_warn("broker", "{}", made.error().text);
        answer(call, *shared);
      },
      [&] { answer(call, *shared); });
}

}  // namespace

void find_coordinator(const CallPtr& call) { decoded<FindCoordinatorRequest, run>(call); }

}  // namespace takhin::broker::handlers
