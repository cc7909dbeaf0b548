// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/list_offsets.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& list_offsets_request::ListOffsetsPartition::table() {
  using S = ListOffsetsPartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"CurrentLeaderEpoch", offsetof(S, current_leader_epoch),
       kShape<decltype(S::current_leader_epoch)>, {.since = 4}},
      {"Timestamp", offsetof(S, timestamp), kShape<decltype(S::timestamp)>, {}},
  };
  static constexpr Table table{"ListOffsetsPartition", rows, 1, 11, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& list_offsets_request::ListOffsetsTopic::table() {
  using S = ListOffsetsTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"ListOffsetsTopic", rows, 1, 11, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ListOffsetsRequest::table() {
  using S = ListOffsetsRequest;
  static constexpr Row rows[] = {
      {"ReplicaId", offsetof(S, replica_id), kShape<decltype(S::replica_id)>, {}},
      {"IsolationLevel", offsetof(S, isolation_level), kShape<decltype(S::isolation_level)>, {.since = 2}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"TimeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {.since = 10}},
  };
  static constexpr Table table{"ListOffsetsRequest", rows, 1, 11, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& list_offsets_response::ListOffsetsPartitionResponse::table() {
  using S = ListOffsetsPartitionResponse;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"Timestamp", offsetof(S, timestamp), kShape<decltype(S::timestamp)>, {}},
      {"Offset", offsetof(S, offset), kShape<decltype(S::offset)>, {}},
      {"LeaderEpoch", offsetof(S, leader_epoch), kShape<decltype(S::leader_epoch)>, {.since = 4}},
  };
  static constexpr Table table{"ListOffsetsPartitionResponse", rows, 1, 11, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& list_offsets_response::ListOffsetsTopicResponse::table() {
  using S = ListOffsetsTopicResponse;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"ListOffsetsTopicResponse", rows, 1, 11, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ListOffsetsResponse::table() {
  using S = ListOffsetsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 2}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"ListOffsetsResponse", rows, 1, 11, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
