// InitProducerId: ids for idempotent producers (KIP-98). Transactional ones are refused for good, so that a client fails clearly
// instead of trying for ever.

#include "base/log.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/init_producer_id.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

InitProducerIdResponse refused(ErrorCode error) {
  InitProducerIdResponse response;
  response.error_code = error;
  response.producer_epoch = -1;
  return response;
}

void run(const CallPtr& call, InitProducerIdRequest request) {
  if (request.transactional_id && request.transactional_id->empty()) return call->answer(refused(ErrorCode::kInvalidRequest));
  if (request.transactional_id) return call->answer(refused(ErrorCode::kUnsupportedVersion));
  in_pool(
      call->broker.admin,
      [call] {
        const auto id = call->broker.producer_ids.next();
        if (!id.ok()) {
          log_error("broker", "producer id: {}", id.error().text);
          return call->answer(refused(ErrorCode::kCoordinatorNotAvailable));
        }
        InitProducerIdResponse response;
        response.producer_id = *id;
        call->answer(response);
      },
      [&] { call->answer(refused(ErrorCode::kCoordinatorNotAvailable)); });
}

}  // namespace

void init_producer_id(const CallPtr& call) { decoded<InitProducerIdRequest, run>(call); }

}  // namespace takhin::broker::handlers
