// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_transactions.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& DescribeTransactionsRequest::table() {
  using S = DescribeTransactionsRequest;
  static constexpr Row rows[] = {
      {"TransactionalIds", offsetof(S, transactional_ids), kShape<decltype(S::transactional_ids)>, {}},
  };
  static constexpr Table table{"DescribeTransactionsRequest", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_transactions_response::TopicData::table() {
  using S = TopicData;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicData", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_transactions_response::TransactionState::table() {
  using S = TransactionState;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"TransactionalId", offsetof(S, transactional_id), kShape<decltype(S::transactional_id)>, {}},
      {"TransactionState", offsetof(S, transaction_state), kShape<decltype(S::transaction_state)>, {}},
      {"TransactionTimeoutMs", offsetof(S, transaction_timeout_ms),
       kShape<decltype(S::transaction_timeout_ms)>, {}},
      {"TransactionStartTimeMs", offsetof(S, transaction_start_time_ms),
       kShape<decltype(S::transaction_start_time_ms)>, {}},
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"TransactionState", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeTransactionsResponse::table() {
  using S = DescribeTransactionsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"TransactionStates", offsetof(S, transaction_states), kShape<decltype(S::transaction_states)>, {}},
  };
  static constexpr Table table{"DescribeTransactionsResponse", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
