// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/add_partitions_to_txn.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& add_partitions_to_txn_request::AddPartitionsToTxnTopic::table() {
  using S = AddPartitionsToTxnTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"AddPartitionsToTxnTopic", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& add_partitions_to_txn_request::AddPartitionsToTxnTransaction::table() {
  using S = AddPartitionsToTxnTransaction;
  static constexpr Row rows[] = {
      {"TransactionalId", offsetof(S, transactional_id), kShape<decltype(S::transactional_id)>, {.since = 4}},
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {.since = 4}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {.since = 4}},
      {"VerifyOnly", offsetof(S, verify_only), kShape<decltype(S::verify_only)>, {.since = 4}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {.since = 4}},
  };
  static constexpr Table table{"AddPartitionsToTxnTransaction", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AddPartitionsToTxnRequest::table() {
  using S = AddPartitionsToTxnRequest;
  static constexpr Row rows[] = {
      {"Transactions", offsetof(S, transactions), kShape<decltype(S::transactions)>, {.since = 4}},
      {"V3AndBelowTransactionalId", offsetof(S, v3_and_below_transactional_id),
       kShape<decltype(S::v3_and_below_transactional_id)>, {.until = 3}},
      {"V3AndBelowProducerId", offsetof(S, v3_and_below_producer_id),
       kShape<decltype(S::v3_and_below_producer_id)>, {.until = 3}},
      {"V3AndBelowProducerEpoch", offsetof(S, v3_and_below_producer_epoch),
       kShape<decltype(S::v3_and_below_producer_epoch)>, {.until = 3}},
      {"V3AndBelowTopics", offsetof(S, v3_and_below_topics),
       kShape<decltype(S::v3_and_below_topics)>, {.until = 3}},
  };
  static constexpr Table table{"AddPartitionsToTxnRequest", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& add_partitions_to_txn_response::AddPartitionsToTxnPartitionResult::table() {
  using S = AddPartitionsToTxnPartitionResult;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"PartitionErrorCode", offsetof(S, partition_error_code), kShape<decltype(S::partition_error_code)>, {}},
  };
  static constexpr Table table{"AddPartitionsToTxnPartitionResult", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& add_partitions_to_txn_response::AddPartitionsToTxnTopicResult::table() {
  using S = AddPartitionsToTxnTopicResult;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"ResultsByPartition", offsetof(S, results_by_partition), kShape<decltype(S::results_by_partition)>, {}},
  };
  static constexpr Table table{"AddPartitionsToTxnTopicResult", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& add_partitions_to_txn_response::AddPartitionsToTxnResult::table() {
  using S = AddPartitionsToTxnResult;
  static constexpr Row rows[] = {
      {"TransactionalId", offsetof(S, transactional_id), kShape<decltype(S::transactional_id)>, {.since = 4}},
      {"TopicResults", offsetof(S, topic_results), kShape<decltype(S::topic_results)>, {.since = 4}},
  };
  static constexpr Table table{"AddPartitionsToTxnResult", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AddPartitionsToTxnResponse::table() {
  using S = AddPartitionsToTxnResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 4}},
      {"ResultsByTransaction", offsetof(S, results_by_transaction),
       kShape<decltype(S::results_by_transaction)>, {.since = 4}},
      {"ResultsByTopicV3AndBelow", offsetof(S, results_by_topic_v3_and_below),
       kShape<decltype(S::results_by_topic_v3_and_below)>, {.until = 3}},
  };
  static constexpr Table table{"AddPartitionsToTxnResponse", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
