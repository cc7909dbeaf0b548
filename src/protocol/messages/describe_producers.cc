// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_producers.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& describe_producers_request::TopicRequest::table() {
  using S = TopicRequest;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"PartitionIndexes", offsetof(S, partition_indexes), kShape<decltype(S::partition_indexes)>, {}},
  };
  static constexpr Table table{"TopicRequest", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeProducersRequest::table() {
  using S = DescribeProducersRequest;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"DescribeProducersRequest", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_producers_response::ProducerState::table() {
  using S = ProducerState;
  static constexpr Row rows[] = {
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {}},
      {"LastSequence", offsetof(S, last_sequence), kShape<decltype(S::last_sequence)>, {}},
      {"LastTimestamp", offsetof(S, last_timestamp), kShape<decltype(S::last_timestamp)>, {}},
      {"CoordinatorEpoch", offsetof(S, coordinator_epoch), kShape<decltype(S::coordinator_epoch)>, {}},
      {"CurrentTxnStartOffset", offsetof(S, current_txn_start_offset),
       kShape<decltype(S::current_txn_start_offset)>, {}},
  };
  static constexpr Table table{"ProducerState", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_producers_response::PartitionResponse::table() {
  using S = PartitionResponse;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"ActiveProducers", offsetof(S, active_producers), kShape<decltype(S::active_producers)>, {}},
  };
  static constexpr Table table{"PartitionResponse", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_producers_response::TopicResponse::table() {
  using S = TopicResponse;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicResponse", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeProducersResponse::table() {
  using S = DescribeProducersResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"DescribeProducersResponse", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
