// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/produce.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& produce_request::PartitionProduceData::table() {
  using S = PartitionProduceData;
  static constexpr Row rows[] = {
      {"Index", offsetof(S, index), kShape<decltype(S::index)>, {}},
      {"Records", offsetof(S, records), kShape<decltype(S::records)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"PartitionProduceData", rows, 3, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& produce_request::TopicProduceData::table() {
  using S = TopicProduceData;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.until = 12}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 13}},
      {"PartitionData", offsetof(S, partition_data), kShape<decltype(S::partition_data)>, {}},
  };
  static constexpr Table table{"TopicProduceData", rows, 3, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ProduceRequest::table() {
  using S = ProduceRequest;
  static constexpr Row rows[] = {
      {"TransactionalId", offsetof(S, transactional_id),
       kShape<decltype(S::transactional_id)>, {.nullable_since = 0}},
      {"Acks", offsetof(S, acks), kShape<decltype(S::acks)>, {}},
      {"TimeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {}},
      {"TopicData", offsetof(S, topic_data), kShape<decltype(S::topic_data)>, {}},
  };
  static constexpr Table table{"ProduceRequest", rows, 3, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& produce_response::BatchIndexAndErrorMessage::table() {
  using S = BatchIndexAndErrorMessage;
  static constexpr Row rows[] = {
      {"BatchIndex", offsetof(S, batch_index), kShape<decltype(S::batch_index)>, {.since = 8}},
      {"BatchIndexErrorMessage", offsetof(S, batch_index_error_message),
       kShape<decltype(S::batch_index_error_message)>, {.since = 8, .nullable_since = 8}},
  };
  static constexpr Table table{"BatchIndexAndErrorMessage", rows, 3, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& produce_response::LeaderIdAndEpoch::table() {
  using S = LeaderIdAndEpoch;
  static constexpr Row rows[] = {
      {"LeaderId", offsetof(S, leader_id), kShape<decltype(S::leader_id)>, {.since = 10}},
      {"LeaderEpoch", offsetof(S, leader_epoch), kShape<decltype(S::leader_epoch)>, {.since = 10}},
  };
  static constexpr Table table{"LeaderIdAndEpoch", rows, 3, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& produce_response::PartitionProduceResponse::table() {
  using S = PartitionProduceResponse;
  static constexpr Row rows[] = {
      {"Index", offsetof(S, index), kShape<decltype(S::index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"BaseOffset", offsetof(S, base_offset), kShape<decltype(S::base_offset)>, {}},
      {"LogAppendTimeMs", offsetof(S, log_append_time_ms), kShape<decltype(S::log_append_time_ms)>, {}},
      {"LogStartOffset", offsetof(S, log_start_offset), kShape<decltype(S::log_start_offset)>, {.since = 5}},
      {"RecordErrors", offsetof(S, record_errors), kShape<decltype(S::record_errors)>, {.since = 8}},
      {"ErrorMessage", offsetof(S, error_message),
       kShape<decltype(S::error_message)>, {.since = 8, .nullable_since = 8}},
      {"CurrentLeader", offsetof(S, current_leader), kShape<decltype(S::current_leader)>, {.since = 10, .tag = 0}},
  };
  static constexpr Table table{"PartitionProduceResponse", rows, 3, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& produce_response::TopicProduceResponse::table() {
  using S = TopicProduceResponse;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.until = 12}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 13}},
      {"PartitionResponses", offsetof(S, partition_responses), kShape<decltype(S::partition_responses)>, {}},
  };
  static constexpr Table table{"TopicProduceResponse", rows, 3, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& produce_response::NodeEndpoint::table() {
  using S = NodeEndpoint;
  static constexpr Row rows[] = {
      {"NodeId", offsetof(S, node_id), kShape<decltype(S::node_id)>, {.since = 10}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {.since = 10}},
      {"Port", offsetof(S, port), kShape<decltype(S::port)>, {.since = 10}},
      {"Rack", offsetof(S, rack), kShape<decltype(S::rack)>, {.since = 10, .nullable_since = 10}},
  };
  static constexpr Table table{"NodeEndpoint", rows, 3, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ProduceResponse::table() {
  using S = ProduceResponse;
  static constexpr Row rows[] = {
      {"Responses", offsetof(S, responses), kShape<decltype(S::responses)>, {}},
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"NodeEndpoints", offsetof(S, node_endpoints), kShape<decltype(S::node_endpoints)>, {.since = 10, .tag = 0}},
  };
  static constexpr Table table{"ProduceResponse", rows, 3, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
