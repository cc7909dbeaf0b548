#include "broker/transactions/coordinator.h"

#include "base/log.h"
#include "broker/transactions/records.h"

namespace takhin::broker::transactions {

using protocol::ErrorCode;

Result<std::shared_ptr<TransactionCoordinator>> TransactionCoordinator::open(Deps deps, TransactionOptions options) {
  std::shared_ptr<TransactionCoordinator> coordinator(new TransactionCoordinator(std::move(deps), options));
  TRY(coordinator->load().within("load transactions"));
  return coordinator;
}

Result<> TransactionCoordinator::load() {
  const std::lock_guard hold(mutex_);
  Result<> read = done();
  const auto take = [&](View key, std::optional<View> value) -> Result<> {
    TRY(const auto id, parse_key(key));
    if (!id) return done();
    if (!value) {
      transactions_.erase(*id);
      return done();
    }
    TRY(const auto stored, parse_value(*value));
    auto transaction = std::make_unique<Transaction>(*id);
    if (!transaction->restore(stored)) return fail(Kind::kCorrupt, "{}: state {}", *id, stored.transaction_status);
    transactions_.insert_or_assign(*id, std::move(transaction));
    return done();
  };
  TRY(deps_.store.replay({.record =
                              [&](View key, std::optional<View> value, std::int64_t) {
                                if (read.ok()) read = take(key, value);
                              },
                          .end = [](std::int64_t, bool) {}}));
  expiry_looked_at_ = deps_.clock.steady();
  return read;
}

Transaction* TransactionCoordinator::find(const std::string& id) {
  const auto found = transactions_.find(id);
  return found == transactions_.end() ? nullptr : found->second.get();
}
const Transaction* TransactionCoordinator::find(const std::string& id) const {
  const auto found = transactions_.find(id);
  return found == transactions_.end() ? nullptr : found->second.get();
}

Result<Offset> TransactionCoordinator::store(const Transaction& transaction) {
  const StoredRecord record = transaction_record(transaction);
  auto end = deps_.store.append(std::span(&record, 1), deps_.clock.wall());
  if (!end.ok()) log_error("transactions", "{}: state not stored: {}", transaction.id, end.error().text);
  return end;
}

void TransactionCoordinator::when_stored(const Result<Offset>& end, Later& later, std::function<void(Result<>)> then) {
  if (end.ok()) {
    later.push_back([&store = deps_.store, at = *end, then = std::move(then)] { store.when_durable(at, then); });
  } else {
    later.push_back([then = std::move(then), error = end.error()] { then(error); });
  }
}

void TransactionCoordinator::tick() {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    const Steady now = deps_.clock.steady();
    if (now - timeouts_looked_at_ >= std::chrono::milliseconds(options_.timeout_check_ms)) {
      timeouts_looked_at_ = now;
      abort_late(later);
      for (auto& [id, transaction] : transactions_) {
        const bool stuck = transaction->is_preparing() && !transaction->marking && transaction->mark_again_at <= now;
        if (stuck) pursue(*transaction, later);
      }
    }
    if (now - expiry_looked_at_ >= std::chrono::milliseconds(options_.expiry_check_ms)) {
      expiry_looked_at_ = now;
      expire_ids(later);
    }
    snapshot_if_grown(later);
  }
  for (auto& task : later) task();
}

void TransactionCoordinator::expire_ids(Later& later) {
  const std::int64_t now = deps_.clock.wall().raw;
  std::vector<StoredRecord> gone;
  for (auto at = transactions_.begin(); at != transactions_.end();) {
    const Transaction& one = *at->second;
    const bool idle = one.is(State::kEmpty) || one.is_complete();
    if (!idle || now - one.updated_ms < options_.id_expiration_ms) {
      ++at;
      continue;
    }
    gone.push_back(transaction_tombstone(one.id));
    at = transactions_.erase(at);
  }
  if (gone.empty()) return;
  log_info("transactions", "{} transactional ids expired", gone.size());
  when_stored(deps_.store.append(gone, deps_.clock.wall()), later, [](const Result<>& stored) {
    if (!stored.ok()) log_error("transactions", "expiry of ids not stored: {}", stored.error().text);
  });
}

void TransactionCoordinator::snapshot_if_grown(Later& later) {
  if (snapshot_running_ || !options_.snapshot.due(deps_.store, transactions_.size())) return;
  std::vector<StoredRecord> live;
  live.reserve(transactions_.size());
  for (const auto& [id, transaction] : transactions_) live.push_back(transaction_record(*transaction));
  snapshot_running_ = true;
  const Offset before = deps_.store.end();
  const auto end = live.empty() ? Result<Offset>(before) : deps_.store.append(live, deps_.clock.wall());
  when_stored(end, later, [weak = weak_from_this(), before](const Result<>& written) {
    const auto self = weak.lock();
    if (!self) return;
    if (written.ok()) self->deps_.store.forget_before(before);
    else log_warn("transactions", "snapshot not stored: {}", written.error().text);
    const std::lock_guard hold(self->mutex_);
    self->snapshot_running_ = false;
  });
}

}  // namespace takhin::broker::transactions
