// Who takes part in a transaction: added by the client, or with its first batch (KIP-890).

#include <algorithm>

#include "base/log.h"
#include "broker/transactions/coordinator.h"

namespace takhin::broker::transactions {

using protocol::ErrorCode;

ErrorCode TransactionCoordinator::check(const Producer& who, const Transaction*& transaction) const {
  if (who.transactional_id.empty()) return ErrorCode::kInvalidRequest;
  transaction = find(who.transactional_id);
  if (transaction == nullptr || transaction->producer_id != who.id) return ErrorCode::kInvalidProducerIdMapping;
  if (transaction->epoch != who.epoch) return ErrorCode::kProducerFenced;
  return transaction->is_preparing() ? ErrorCode::kConcurrentTransactions : ErrorCode::kNone;
}

void TransactionCoordinator::add(const Producer& who, const std::vector<Participant>& partitions, ErrorAnswer answer) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    const Transaction* known = nullptr;
    const ErrorCode error = check(who, known);
    if (error != ErrorCode::kNone) {
      later.push_back([answer, error] { answer(error); });
    } else {
      Transaction& transaction = *find(who.transactional_id);
      const bool new_to_it = !transaction.is(State::kOngoing) || !transaction.has_all(partitions);
      if (new_to_it) transaction.add(partitions, deps_.clock.wall());
      // What is there already may still be on its way to the disk.
      when_stored(new_to_it ? store(transaction) : Result<Offset>(deps_.store.end()), later, [answer](const Result<>& stored) {
        answer(stored.ok() ? ErrorCode::kNone : ErrorCode::kCoordinatorNotAvailable);
      });
    }
  }
  for (auto& task : later) task();
}

std::vector<ErrorCode> TransactionCoordinator::verify(const Producer& who, const std::vector<Participant>& partitions) const {
  const std::lock_guard hold(mutex_);
  const Transaction* transaction = nullptr;
  const ErrorCode error = check(who, transaction);
  if (error != ErrorCode::kNone) return std::vector<ErrorCode>(partitions.size(), error);
  std::vector<ErrorCode> out;
  for (const Participant& one : partitions) {
    const bool part = transaction->is(State::kOngoing) && transaction->participants.contains(one);
    out.push_back(part ? ErrorCode::kNone : ErrorCode::kTransactionAbortable);
  }
  return out;
}

Admission TransactionCoordinator::admit(const Producer& who, const Participant& partition, bool may_add) {
  const std::lock_guard hold(mutex_);
  const Transaction* known = nullptr;
  if (const ErrorCode error = check(who, known); error != ErrorCode::kNone) return {.error = error};
  if (known->is(State::kOngoing) && known->participants.contains(partition)) return {.durable = deps_.store.end()};
  if (!may_add) return {.error = ErrorCode::kTransactionAbortable};
  Transaction& transaction = *find(who.transactional_id);
  transaction.add({partition}, deps_.clock.wall());
  const auto end = store(transaction);
  if (!end.ok()) return {.error = ErrorCode::kCoordinatorNotAvailable};
  return {.durable = *end};
}

bool TransactionCoordinator::is_orphan(std::int64_t producer_id, std::int16_t epoch, const Participant& partition) {
  const std::lock_guard hold(mutex_);
  const auto found = std::ranges::find_if(transactions_, [&](const auto& one) { return one.second->producer_id == producer_id; });
  if (found == transactions_.end()) return true;
  Transaction& transaction = *found->second;
  // Decided with it: the marker comes with the first tick, whatever epoch it carries.
  if (transaction.is_preparing() && transaction.participants.contains(partition)) return false;
  if (!transaction.is(State::kOngoing) || transaction.epoch != epoch) return true;
  if (transaction.participants.contains(partition)) return false;
  transaction.add({partition}, deps_.clock.wall());
  return !store(transaction).ok();
}

}  // namespace takhin::broker::transactions
