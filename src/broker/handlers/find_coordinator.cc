// FindCoordinator: this broker coordinates every group and transaction. The first one to ask has the coordinator's topic made, as
// in Kafka, so that no later request has to wait for that.

#include "base/log.h"
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

FindCoordinatorResponse::Coordinator coordinator_of(const Call& call, const std::string& key, std::int8_t type) {
  FindCoordinatorResponse::Coordinator out;
  out.key = key;
  out.error_message.reset();
  if (type == kGroup || type == kTransaction) {
    out.node_id = call.broker.options.broker_id;
    out.host = call.listener().advertised_host;
    out.port = call.listener().advertised_port;
    return out;
  }
  out.node_id = -1;
  out.port = -1;
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

void run(const CallPtr& call, FindCoordinatorRequest request) {
  InternalTopic& topic = request.key_type == kTransaction ? call->broker.transactions_topic : call->broker.offsets_topic;
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
