// What tools ask: which transactions there are, and what is known of one.

#include <algorithm>

#include "broker/pattern.h"
#include "broker/transactions/coordinator.h"

namespace takhin::broker::transactions {

using protocol::DescribeTransactionsRequest;
using protocol::DescribeTransactionsResponse;
using protocol::ErrorCode;
using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;

namespace {

std::optional<State> state_of(std::string_view name) {
  for (std::int8_t number = 0; number < kStates; ++number) {
    if (name_of(static_cast<State>(number)) == name) return static_cast<State>(number);
  }
  return std::nullopt;
}

/// States of Kafka that nothing here is ever in.
bool is_unused_state(std::string_view name) { return name == "Dead" || name == "PrepareEpochFence"; }

DescribeTransactionsResponse::TransactionState described(const Transaction& transaction) {
  DescribeTransactionsResponse::TransactionState out;
  out.transactional_id = transaction.id;
  out.transaction_state = name_of(transaction.state());
  out.transaction_timeout_ms = transaction.timeout_ms;
  out.transaction_start_time_ms = transaction.started_ms;
  out.producer_id = transaction.producer_id;
  out.producer_epoch = transaction.epoch;
  for (const Participant& one : transaction.participants) {
    if (out.topics.empty() || out.topics.back().topic != one.topic) out.topics.push_back({.topic = one.topic, .partitions = {}});
    out.topics.back().partitions.push_back(one.partition);
  }
  return out;
}

}  // namespace

DescribeTransactionsResponse TransactionCoordinator::describe(const DescribeTransactionsRequest& request) const {
  const std::lock_guard hold(mutex_);
  DescribeTransactionsResponse response;
  for (const std::string& id : request.transactional_ids) {
    const Transaction* transaction = find(id);
    if (transaction != nullptr) {
      response.transaction_states.push_back(described(*transaction));
      continue;
    }
    auto& unknown = response.transaction_states.emplace_back();
    unknown.transactional_id = id;
    unknown.error_code = id.empty() ? ErrorCode::kInvalidRequest : ErrorCode::kTransactionalIdNotFound;
  }
  return response;
}

ListTransactionsResponse TransactionCoordinator::list(const ListTransactionsRequest& request) const {
  ListTransactionsResponse response;
  std::vector<State> states;
  for (const std::string& name : request.state_filters) {
    if (const auto state = state_of(name)) states.push_back(*state);
    else if (!is_unused_state(name)) response.unknown_state_filters.push_back(name);
  }
  std::optional<Pattern> pattern;
  if (request.transactional_id_pattern && !request.transactional_id_pattern->empty()) {
    auto compiled = Pattern::compile(*request.transactional_id_pattern);
    if (!compiled.ok()) {
      response.error_code = ErrorCode::kInvalidRegularExpression;
      return response;
    }
    pattern = *std::move(compiled);
  }
  const std::int64_t now = deps_.clock.wall().raw;
  const auto wanted = [&](const Transaction& one) {
    const auto& ids = request.producer_id_filters;
    if (!request.state_filters.empty() && std::ranges::find(states, one.state()) == states.end()) return false;
    if (!ids.empty() && std::ranges::find(ids, one.producer_id) == ids.end()) return false;
    // Only what is open has lasted for some time.
    if (request.duration_filter >= 0 && (one.started_ms < 0 || now - one.started_ms <= request.duration_filter)) return false;
    return !pattern || pattern->matches(one.id);
  };
  const std::lock_guard hold(mutex_);
  for (const auto& [id, transaction] : transactions_) {
    if (!wanted(*transaction)) continue;
    response.transaction_states.push_back({.transactional_id = id,
                                           .producer_id = transaction->producer_id,
                                           .transaction_state = std::string(name_of(transaction->state()))});
  }
  std::ranges::sort(response.transaction_states, {}, &ListTransactionsResponse::TransactionState::transactional_id);
  return response;
}

}  // namespace takhin::broker::transactions
