// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/list_partition_reassignments.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& list_partition_reassignments_request::ListPartitionReassignmentsTopics::table() {
  using S = ListPartitionReassignmentsTopics;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"PartitionIndexes", offsetof(S, partition_indexes), kShape<decltype(S::partition_indexes)>, {}},
  };
  static constexpr Table table{"ListPartitionReassignmentsTopics", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ListPartitionReassignmentsRequest::table() {
  using S = ListPartitionReassignmentsRequest;
  static constexpr Row rows[] = {
      {"TimeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"ListPartitionReassignmentsRequest", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& list_partition_reassignments_response::OngoingPartitionReassignment::table() {
  using S = OngoingPartitionReassignment;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"Replicas", offsetof(S, replicas), kShape<decltype(S::replicas)>, {}},
      {"AddingReplicas", offsetof(S, adding_replicas), kShape<decltype(S::adding_replicas)>, {}},
      {"RemovingReplicas", offsetof(S, removing_replicas), kShape<decltype(S::removing_replicas)>, {}},
  };
  static constexpr Table table{"OngoingPartitionReassignment", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& list_partition_reassignments_response::OngoingTopicReassignment::table() {
  using S = OngoingTopicReassignment;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"OngoingTopicReassignment", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ListPartitionReassignmentsResponse::table() {
  using S = ListPartitionReassignmentsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"ListPartitionReassignmentsResponse", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
