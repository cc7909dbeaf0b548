// How transactions end: decided, stored, marked, complete.

#include "base/log.h"
#include "broker/transactions/coordinator.h"

namespace takhin::broker::transactions {

using protocol::EndTxnRequest;
using protocol::EndTxnResponse;
using protocol::ErrorCode;

/// Whether a transaction in this state may be ended so. `retried`: the client (version 2) asks with the epoch from before the end
/// that it did not hear of. `done_before`: there is nothing to do but to say so.
ErrorCode TransactionCoordinator::may_end(const Transaction& transaction, bool commit, bool version_2, bool retried,
                                          bool& done_before) const {
  switch (transaction.state()) {
    case State::kOngoing: return retried ? ErrorCode::kProducerFenced : ErrorCode::kNone;
    case State::kEmpty: return version_2 && !commit && !retried ? ErrorCode::kNone : ErrorCode::kInvalidTxnState;
    case State::kPrepareCommit: return commit ? ErrorCode::kConcurrentTransactions : ErrorCode::kInvalidTxnState;
    case State::kPrepareAbort: return commit ? ErrorCode::kInvalidTxnState : ErrorCode::kConcurrentTransactions;
    case State::kCompleteCommit:
    case State::kCompleteAbort: {
      const bool same = commit == transaction.is(State::kCompleteCommit);
      done_before = same && (!version_2 || retried);
      if (done_before) return ErrorCode::kNone;
      return version_2 && !commit && !retried ? ErrorCode::kNone : ErrorCode::kInvalidTxnState;
    }
  }
  return ErrorCode::kInvalidTxnState;
}

ErrorCode TransactionCoordinator::check_end(const EndTxnRequest& request, bool version_2, Transaction*& transaction,
                                            bool& done_before) const {
  if (request.transactional_id.empty()) return ErrorCode::kInvalidRequest;
  const auto found = transactions_.find(request.transactional_id);
  if (found == transactions_.end()) return ErrorCode::kInvalidProducerIdMapping;
  transaction = found->second.get();
  // A new id began when the epochs of the old one were used up.
  const bool before_new_id = version_2 && transaction->previous_producer_id == request.producer_id &&
                             request.producer_epoch == kEpochLast && transaction->epoch == 0;
  if (transaction->producer_id != request.producer_id && !before_new_id) return ErrorCode::kInvalidProducerIdMapping;
  const bool before_bump = version_2 && request.producer_epoch + 1 == transaction->epoch;
  const bool retried = before_new_id || before_bump;
  if (request.producer_epoch != transaction->epoch && !retried) return ErrorCode::kProducerFenced;
  return may_end(*transaction, request.committed, version_2, retried, done_before);
}

void TransactionCoordinator::end(const EndTxnRequest& request, bool version_2, EndAnswer answer) {
  const auto reply = [weak = weak_from_this(), id = request.transactional_id, version_2, answer](ErrorCode error) {
    EndTxnResponse response{.error_code = error};
    const auto self = weak.lock();
    if (error == ErrorCode::kNone && version_2 && self != nullptr) {
      const std::lock_guard hold(self->mutex_);
      if (const Transaction* transaction = self->find(id)) {
        response.producer_id = transaction->producer_id;
        response.producer_epoch = transaction->epoch;
      }
    }
    answer(response);
  };
  Later later;
  {
    const std::lock_guard hold(mutex_);
    Transaction* transaction = nullptr;
    bool done_before = false;
    ErrorCode error = check_end(request, version_2, transaction, done_before);
    if (error == ErrorCode::kNone && !done_before && version_2 && transaction->epoch >= kEpochLast) {
      const auto id = deps_.next_producer_id();
      if (id.ok()) transaction->next_producer_id = *id;
      else error = ErrorCode::kCoordinatorNotAvailable;
    }
    if (error != ErrorCode::kNone || done_before) {
      later.push_back([reply, error] { reply(error); });
    } else {
      decide(*transaction, request.committed, version_2, later, reply);
    }
  }
  for (auto& task : later) task();
}

void TransactionCoordinator::decide(Transaction& transaction, bool commit, bool bump, Later& later,
                                    std::function<void(ErrorCode)> then) {
  transaction.prepare(commit, bump, deps_.clock.wall());
  transaction.when_complete.push_back(std::move(then));
  pursue(transaction, later);
}

/// Also after a restart or a failure, when all of it may have been done before.
void TransactionCoordinator::pursue(Transaction& transaction, Later& later) {
  transaction.marking = true;
  when_stored(store(transaction), later, [weak = weak_from_this(), id = transaction.id](const Result<>& stored) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    if (stored.ok()) return self->send_markers(id);
    self->markers_written(id, stored);  // without the decision on disk no marker may be written
  });
}

/// The producer is gone, too slow, or another one takes its place.
void TransactionCoordinator::abort_behind(Transaction& transaction, Later& later, std::function<void(ErrorCode)> then) {
  transaction.fence();
  decide(transaction, false, false, later, std::move(then));
}

void TransactionCoordinator::send_markers(const std::string& id) {
  log::TxnEnd end;
  std::vector<Participant> to;
  {
    const std::lock_guard hold(mutex_);
    const Transaction* transaction = find(id);
    if (transaction == nullptr || !transaction->is_preparing()) return;
    end = {.producer_id = transaction->producer_id,
           .producer_epoch = transaction->epoch,
           .commit = transaction->is(State::kPrepareCommit)};
    to.assign(transaction->participants.begin(), transaction->participants.end());
  }
  deps_.ends.write(end, to, [weak = weak_from_this(), id](const Result<>& written) {
    if (const auto self = weak.lock()) self->markers_written(id, written);
  });
}

void TransactionCoordinator::markers_written(const std::string& id, const Result<>& written) {
  std::vector<std::function<void(ErrorCode)>> waiting;
  ErrorCode error = ErrorCode::kNone;
  {
    const std::lock_guard hold(mutex_);
    Transaction* transaction = find(id);
    if (transaction == nullptr || !transaction->is_preparing()) return;
    transaction->marking = false;
    waiting.swap(transaction->when_complete);
    if (written.ok()) {
      transaction->complete(deps_.clock.wall());
      // Not stored, it is prepared again after a restart, and its markers are written twice, which changes nothing.
      (void)store(*transaction);
    } else {
      log_warn("transactions", "{}: its end is not on disk, tried again: {}", id, written.error().text);
      transaction->mark_again_at = deps_.clock.steady() + std::chrono::milliseconds(options_.mark_again_ms);
      error = ErrorCode::kCoordinatorNotAvailable;
    }
  }
  for (const auto& then : waiting) then(error);
}

void TransactionCoordinator::abort_late(Later& later) {
  const std::int64_t now = deps_.clock.wall().raw;
  for (auto& [id, transaction] : transactions_) {
    if (!transaction->is(State::kOngoing) || now - transaction->started_ms <= transaction->timeout_ms) continue;
    log_info("transactions", "{} took longer than its {} ms and is aborted", id, transaction->timeout_ms);
    abort_behind(*transaction, later, [](ErrorCode) {});
  }
}

}  // namespace takhin::broker::transactions
