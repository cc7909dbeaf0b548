// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/elect_leaders.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& elect_leaders_request::TopicPartitions::table() {
  using S = TopicPartitions;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicPartitions", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ElectLeadersRequest::table() {
  using S = ElectLeadersRequest;
  static constexpr Row rows[] = {
      {"ElectionType", offsetof(S, election_type), kShape<decltype(S::election_type)>, {.since = 1}},
      {"TopicPartitions", offsetof(S, topic_partitions),
       kShape<decltype(S::topic_partitions)>, {.nullable_since = 0}},
      {"TimeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {}},
  };
  static constexpr Table table{"ElectLeadersRequest", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& elect_leaders_response::PartitionResult::table() {
  using S = PartitionResult;
  static constexpr Row rows[] = {
      {"PartitionId", offsetof(S, partition_id), kShape<decltype(S::partition_id)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"PartitionResult", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& elect_leaders_response::ReplicaElectionResult::table() {
  using S = ReplicaElectionResult;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {}},
      {"PartitionResult", offsetof(S, partition_result), kShape<decltype(S::partition_result)>, {}},
  };
  static constexpr Table table{"ReplicaElectionResult", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ElectLeadersResponse::table() {
  using S = ElectLeadersResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 1}},
      {"ReplicaElectionResults", offsetof(S, replica_election_results),
       kShape<decltype(S::replica_election_results)>, {}},
  };
  static constexpr Table table{"ElectLeadersResponse", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
