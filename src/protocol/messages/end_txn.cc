// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/end_txn.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& EndTxnRequest::table() {
  using S = EndTxnRequest;
  static constexpr Row rows[] = {
      {"TransactionalId", offsetof(S, transactional_id), kShape<decltype(S::transactional_id)>, {}},
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {}},
      {"Committed", offsetof(S, committed), kShape<decltype(S::committed)>, {}},
  };
  static constexpr Table table{"EndTxnRequest", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& EndTxnResponse::table() {
  using S = EndTxnResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {.since = 5}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {.since = 5}},
  };
  static constexpr Table table{"EndTxnResponse", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
