// InitProducerId: ids for idempotent producers (KIP-98) from the counter, for transactional ones from their coordinator.

#include "base/log.h"
#include "broker/handlers/common.h"
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

/// Whoever may write to some topic may do so idempotently (KIP-679).
ErrorCode check_right(Call& call, const InitProducerIdRequest& request) {
  if (request.transactional_id) {
    const bool allowed = may_transaction(call, AclOperation::kWrite, *request.transactional_id);
    return allowed ? ErrorCode::kNone : ErrorCode::kTransactionalIdAuthorizationFailed;
  }
  const bool allowed = call.rights.sees(AclOperation::kIdempotentWrite, ResourceType::kCluster, security::kClusterName) ||
                       call.rights.may_somewhere(AclOperation::kWrite, ResourceType::kTopic);
  return allowed ? ErrorCode::kNone : ErrorCode::kClusterAuthorizationFailed;
}

void run(const CallPtr& call, InitProducerIdRequest request) {
  if (const ErrorCode denied = check_right(*call, request); denied != ErrorCode::kNone) return call->answer(refused(denied));
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
