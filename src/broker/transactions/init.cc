// InitProducerId: a producer takes over a transactional id, or bumps its own epoch after an error (KIP-360).

#include "base/log.h"
#include "broker/transactions/coordinator.h"

namespace takhin::broker::transactions {

using protocol::ErrorCode;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

namespace {

bool names_a_producer(const InitProducerIdRequest& request) { return request.producer_id != kNoProducer; }

InitProducerIdResponse answer_of(ErrorCode error) {
  InitProducerIdResponse response;
  response.error_code = error;
  response.producer_epoch = kNoEpoch;
  return response;
}

}  // namespace

ErrorCode TransactionCoordinator::give_new_id(Transaction& transaction) {
  const auto id = deps_.next_producer_id();
  if (!id.ok()) {
    log_error("transactions", "{}: producer id: {}", transaction.id, id.error().text);
    return ErrorCode::kCoordinatorNotAvailable;
  }
  transaction.previous_producer_id = transaction.producer_id;
  transaction.producer_id = *id;
  transaction.epoch = 0;
  return ErrorCode::kNone;
}

/// The epoch that the producer goes on with. `request` names nobody, or a producer that the transaction knows.
ErrorCode TransactionCoordinator::bump_for(Transaction& transaction, const InitProducerIdRequest& request) {
  const bool named = names_a_producer(request);
  const bool current = request.producer_id == transaction.producer_id && request.producer_epoch == transaction.epoch;
  if (transaction.epoch >= kEpochLast) {
    if (named && !current) return ErrorCode::kProducerFenced;
    const ErrorCode error = give_new_id(transaction);
    // One that asked for its next epoch may ask again with the old id: it gets the same answer.
    if (error == ErrorCode::kNone) transaction.last_epoch = named ? request.producer_epoch : kNoEpoch;
    return error;
  }
  if (!named || transaction.epoch == kNoEpoch) {
    transaction.last_epoch = kNoEpoch;
    ++transaction.epoch;
  } else if (current) {
    transaction.last_epoch = transaction.epoch;
    ++transaction.epoch;
  } else if (request.producer_epoch != transaction.last_epoch) {
    return ErrorCode::kProducerFenced;
  }
  return ErrorCode::kNone;
}

TransactionCoordinator::Initialised TransactionCoordinator::init_locked(const InitProducerIdRequest& request) {
  const std::string& id = *request.transactional_id;
  Transaction* transaction = find(id);
  if (transaction == nullptr) {
    if (transactions_.size() >= options_.transactions_max) return {.error = ErrorCode::kCoordinatorNotAvailable};
    auto fresh = std::make_unique<Transaction>(id);
    const ErrorCode error = give_new_id(*fresh);
    if (error != ErrorCode::kNone) return {.error = error};
    fresh->epoch = kNoEpoch;
    transaction = transactions_.emplace(id, std::move(fresh)).first->second.get();
  }
  const bool before_new_id = request.producer_id == transaction->previous_producer_id &&
                             request.producer_epoch == transaction->last_epoch;
  const bool known = !names_a_producer(request) || transaction->epoch == kNoEpoch ||
                     request.producer_id == transaction->producer_id || before_new_id;
  if (!known) return {.error = ErrorCode::kProducerFenced};
  if (transaction->is_preparing()) return {.error = ErrorCode::kConcurrentTransactions};
  if (transaction->is(State::kOngoing)) {
    const bool fenced = names_a_producer(request) && request.producer_epoch < transaction->epoch;
    if (fenced && request.producer_epoch != transaction->last_epoch) return {.error = ErrorCode::kProducerFenced};
    return {.abort_first = true, .transaction = transaction};
  }
  const ErrorCode error = bump_for(*transaction, request);
  if (error != ErrorCode::kNone) return {.error = error};
  transaction->timeout_ms = request.transaction_timeout_ms;
  transaction->move_to(State::kEmpty, deps_.clock.wall());
  return {.transaction = transaction};
}

void TransactionCoordinator::init(const InitProducerIdRequest& request, InitAnswer answer) {
  if (request.transactional_id->empty()) return answer(answer_of(ErrorCode::kInvalidRequest));
  if (request.transaction_timeout_ms <= 0 || request.transaction_timeout_ms > options_.timeout_max_ms) {
    return answer(answer_of(ErrorCode::kInvalidTransactionTimeout));
  }
  Later later;
  {
    const std::lock_guard hold(mutex_);
    const Initialised got = init_locked(request);
    if (got.error != ErrorCode::kNone) {
      later.push_back([answer, error = got.error] { answer(answer_of(error)); });
    } else if (got.abort_first) {
      // The client asks again; by then nothing is in its way.
      abort_behind(*got.transaction, later, [answer](ErrorCode error) {
        answer(answer_of(error == ErrorCode::kNone ? ErrorCode::kConcurrentTransactions : error));
      });
    } else {
      InitProducerIdResponse response;
      response.producer_id = got.transaction->producer_id;
      response.producer_epoch = got.transaction->epoch;
      when_stored(store(*got.transaction), later, [answer, response](const Result<>& stored) {
        answer(stored.ok() ? response : answer_of(ErrorCode::kCoordinatorNotAvailable));
      });
    }
  }
  for (auto& task : later) task();
}

}  // namespace takhin::broker::transactions
