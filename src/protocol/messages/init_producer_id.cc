// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/init_producer_id.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& InitProducerIdRequest::table() {
  using S = InitProducerIdRequest;
  static constexpr Row rows[] = {
      {"TransactionalId", offsetof(S, transactional_id),
       kShape<decltype(S::transactional_id)>, {.nullable_since = 0}},
      {"TransactionTimeoutMs", offsetof(S, transaction_timeout_ms),
       kShape<decltype(S::transaction_timeout_ms)>, {}},
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {.since = 3}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {.since = 3}},
      {"Enable2Pc", offsetof(S, enable2_pc), kShape<decltype(S::enable2_pc)>, {.since = 6}},
      {"KeepPreparedTxn", offsetof(S, keep_prepared_txn), kShape<decltype(S::keep_prepared_txn)>, {.since = 6}},
  };
  static constexpr Table table{"InitProducerIdRequest", rows, 0, 6, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& InitProducerIdResponse::table() {
  using S = InitProducerIdResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {}},
      {"OngoingTxnProducerId", offsetof(S, ongoing_txn_producer_id),
       kShape<decltype(S::ongoing_txn_producer_id)>, {.since = 6}},
      {"OngoingTxnProducerEpoch", offsetof(S, ongoing_txn_producer_epoch),
       kShape<decltype(S::ongoing_txn_producer_epoch)>, {.since = 6}},
  };
  static constexpr Table table{"InitProducerIdResponse", rows, 0, 6, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
