// InitProducerId: ids for idempotent producers (KIP-98) from the counter, for transactional ones from their coordinator.

#include "base/log.h"
#include "broker/handlers/handlers.h"
#include "broker/transactions/coordinator.h"
#include "protocol/messages/init_producer_id.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

constexpr std::int16_t kFencedSince = 4;

InitProducerIdResponse refused(ErrorCode error) {
  InitProducerIdResponse response;
  response.error_code = error;
  response.producer_epoch = -1;
  return response;
}

void run(const CallPtr& call, InitProducerIdRequest request) {
  in_pool(
      call->broker.admin,
      [call, request] {
        if (request.transactional_id) {
          return call->broker.transactions->init(request, [call](InitProducerIdResponse response) {
            const bool knows_fencing = call->version() >= kFencedSince || response.error_code != ErrorCode::kProducerFenced;
            if (!knows_fencing) response.error_code = ErrorCode::kInvalidProducerEpoch;
            call->answer(response);
          });
        }
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
