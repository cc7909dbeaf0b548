// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/transaction_log_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& transaction_log_value::PartitionsSchema::table() {
  using S = PartitionsSchema;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {}},
      {"PartitionIds", offsetof(S, partition_ids), kShape<decltype(S::partition_ids)>, {}},
  };
  static constexpr Table table{"PartitionsSchema", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& TransactionLogValue::table() {
  using S = TransactionLogValue;
  static constexpr Row rows[] = {
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {}},
      {"TransactionTimeoutMs", offsetof(S, transaction_timeout_ms),
       kShape<decltype(S::transaction_timeout_ms)>, {}},
      {"TransactionStatus", offsetof(S, transaction_status), kShape<decltype(S::transaction_status)>, {}},
      {"TransactionPartitions", offsetof(S, transaction_partitions),
       kShape<decltype(S::transaction_partitions)>, {.nullable_since = 0}},
      {"TransactionLastUpdateTimestampMs", offsetof(S, transaction_last_update_timestamp_ms),
       kShape<decltype(S::transaction_last_update_timestamp_ms)>, {}},
      {"TransactionStartTimestampMs", offsetof(S, transaction_start_timestamp_ms),
       kShape<decltype(S::transaction_start_timestamp_ms)>, {}},
      {"PreviousProducerId", offsetof(S, previous_producer_id),
       kShape<decltype(S::previous_producer_id)>, {.since = 1, .tag = 0}},
      {"NextProducerId", offsetof(S, next_producer_id),
       kShape<decltype(S::next_producer_id)>, {.since = 1, .tag = 1}},
      {"ClientTransactionVersion", offsetof(S, client_transaction_version),
       kShape<decltype(S::client_transaction_version)>, {.since = 1, .tag = 2}},
      {"NextProducerEpoch", offsetof(S, next_producer_epoch),
       kShape<decltype(S::next_producer_epoch)>, {.since = 1, .tag = 3}},
  };
  static constexpr Table table{"TransactionLogValue", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
