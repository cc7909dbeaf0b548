// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/add_offsets_to_txn.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& AddOffsetsToTxnRequest::table() {
  using S = AddOffsetsToTxnRequest;
  static constexpr Row rows[] = {
      {"TransactionalId", offsetof(S, transactional_id), kShape<decltype(S::transactional_id)>, {}},
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {}},
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
  };
  static constexpr Table table{"AddOffsetsToTxnRequest", rows, 0, 4, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AddOffsetsToTxnResponse::table() {
  using S = AddOffsetsToTxnResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
  };
  static constexpr Table table{"AddOffsetsToTxnResponse", rows, 0, 4, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
