// FindCoordinator: this broker coordinates every group. The first one to ask has __consumer_offsets made, as in Kafka, so that no
// later request has to wait for that.

#include "base/log.h"
#include "broker/handlers/handlers.h"
#include "broker/offsets_store.h"
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

FindCoordinatorResponse::Coordinator coordinator_of(const Broker& broker, const std::string& key, std::int8_t type) {
  FindCoordinatorResponse::Coordinator out;
  out.key = key;
  out.error_message.reset();
  if (type == kGroup) {
    out.node_id = broker.options.broker_id;
    out.host = broker.host;
    out.port = broker.port;
    return out;
  }
  out.node_id = -1;
  out.port = -1;
  if (type == kTransaction) {
    out.error_code = ErrorCode::kUnsupportedVersion;
    out.error_message = "transactions are not supported";
  } else {
    out.error_code = ErrorCode::kInvalidRequest;
    out.error_message = fmt::format("coordinators of type {} are not known", type);
  }
  return out;
}

void answer(const CallPtr& call, const FindCoordinatorRequest& request) {
  FindCoordinatorResponse response;
  if (call->version() >= kBatchedSince) {
    for (const auto& key : request.coordinator_keys) {
      response.coordinators.push_back(coordinator_of(call->broker, key, request.key_type));
    }
    return call->answer(response);
  }
  const auto one = coordinator_of(call->broker, request.key, request.key_type);
  response.error_code = one.error_code;
  response.error_message = one.error_message;
  response.node_id = one.node_id;
  response.host = one.host;
  response.port = one.port;
  call->answer(response);
}

void run(const CallPtr& call, FindCoordinatorRequest request) {
  const bool first = request.key_type == kGroup && call->broker.topics.find(std::string(kOffsetsTopic)) == nullptr;
  if (!first) return answer(call, request);
  const auto shared = std::make_shared<const FindCoordinatorRequest>(std::move(request));
  in_pool(
      call->broker.admin,
      [call, shared] {
        // A failure is told when something is to be stored.
        if (const auto made = call->broker.offsets_store.ensure(); !made.ok()) log_warn("broker", "{}", made.error().text);
        answer(call, *shared);
      },
      [&] { answer(call, *shared); });
}

}  // namespace

void find_coordinator(const CallPtr& call) { decoded<FindCoordinatorRequest, run>(call); }

}  // namespace takhin::broker::handlers
