// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/alter_partition_reassignments.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& alter_partition_reassignments_request::ReassignablePartition::table() {
  using S = ReassignablePartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"Replicas", offsetof(S, replicas), kShape<decltype(S::replicas)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"ReassignablePartition", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_partition_reassignments_request::ReassignableTopic::table() {
  using S = ReassignableTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"ReassignableTopic", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AlterPartitionReassignmentsRequest::table() {
  using S = AlterPartitionReassignmentsRequest;
  static constexpr Row rows[] = {
      {"TimeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {}},
      {"AllowReplicationFactorChange", offsetof(S, allow_replication_factor_change),
       kShape<decltype(S::allow_replication_factor_change)>, {.since = 1}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"AlterPartitionReassignmentsRequest", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_partition_reassignments_response::ReassignablePartitionResponse::table() {
  using S = ReassignablePartitionResponse;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"ReassignablePartitionResponse", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_partition_reassignments_response::ReassignableTopicResponse::table() {
  using S = ReassignableTopicResponse;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"ReassignableTopicResponse", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AlterPartitionReassignmentsResponse::table() {
  using S = AlterPartitionReassignmentsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"AllowReplicationFactorChange", offsetof(S, allow_replication_factor_change),
       kShape<decltype(S::allow_replication_factor_change)>, {.since = 1}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"Responses", offsetof(S, responses), kShape<decltype(S::responses)>, {}},
  };
  static constexpr Table table{"AlterPartitionReassignmentsResponse", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
