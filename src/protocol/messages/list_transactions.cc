// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/list_transactions.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ListTransactionsRequest::table() {
  using S = ListTransactionsRequest;
  static constexpr Row rows[] = {
      {"StateFilters", offsetof(S, state_filters), kShape<decltype(S::state_filters)>, {}},
      {"ProducerIdFilters", offsetof(S, producer_id_filters), kShape<decltype(S::producer_id_filters)>, {}},
      {"DurationFilter", offsetof(S, duration_filter), kShape<decltype(S::duration_filter)>, {.since = 1}},
      {"TransactionalIdPattern", offsetof(S, transactional_id_pattern),
       kShape<decltype(S::transactional_id_pattern)>, {.since = 2, .nullable_since = 2}},
  };
  static constexpr Table table{"ListTransactionsRequest", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& list_transactions_response::TransactionState::table() {
  using S = TransactionState;
  static constexpr Row rows[] = {
      {"TransactionalId", offsetof(S, transactional_id), kShape<decltype(S::transactional_id)>, {}},
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"TransactionState", offsetof(S, transaction_state), kShape<decltype(S::transaction_state)>, {}},
  };
  static constexpr Table table{"TransactionState", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ListTransactionsResponse::table() {
  using S = ListTransactionsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"UnknownStateFilters", offsetof(S, unknown_state_filters), kShape<decltype(S::unknown_state_filters)>, {}},
      {"TransactionStates", offsetof(S, transaction_states), kShape<decltype(S::transaction_states)>, {}},
  };
  static constexpr Table table{"ListTransactionsResponse", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
