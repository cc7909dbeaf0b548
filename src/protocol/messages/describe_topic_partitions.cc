// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_topic_partitions.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& describe_topic_partitions_request::TopicRequest::table() {
  using S = TopicRequest;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
  };
  static constexpr Table table{"TopicRequest", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_topic_partitions_request::Cursor::table() {
  using S = Cursor;
  static constexpr Row rows[] = {
      {"TopicName", offsetof(S, topic_name), kShape<decltype(S::topic_name)>, {}},
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
  };
  static constexpr Table table{"Cursor", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeTopicPartitionsRequest::table() {
  using S = DescribeTopicPartitionsRequest;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"ResponsePartitionLimit", offsetof(S, response_partition_limit),
       kShape<decltype(S::response_partition_limit)>, {}},
      {"Cursor", offsetof(S, cursor), kShape<decltype(S::cursor)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"DescribeTopicPartitionsRequest", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_topic_partitions_response::DescribeTopicPartitionsResponsePartition::table() {
  using S = DescribeTopicPartitionsResponsePartition;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"LeaderId", offsetof(S, leader_id), kShape<decltype(S::leader_id)>, {}},
      {"LeaderEpoch", offsetof(S, leader_epoch), kShape<decltype(S::leader_epoch)>, {}},
      {"ReplicaNodes", offsetof(S, replica_nodes), kShape<decltype(S::replica_nodes)>, {}},
      {"IsrNodes", offsetof(S, isr_nodes), kShape<decltype(S::isr_nodes)>, {}},
      {"EligibleLeaderReplicas", offsetof(S, eligible_leader_replicas),
       kShape<decltype(S::eligible_leader_replicas)>, {.nullable_since = 0}},
      {"LastKnownElr", offsetof(S, last_known_elr), kShape<decltype(S::last_known_elr)>, {.nullable_since = 0}},
      {"OfflineReplicas", offsetof(S, offline_replicas), kShape<decltype(S::offline_replicas)>, {}},
  };
  static constexpr Table table{"DescribeTopicPartitionsResponsePartition", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_topic_partitions_response::DescribeTopicPartitionsResponseTopic::table() {
  using S = DescribeTopicPartitionsResponseTopic;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.nullable_since = 0}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {}},
      {"IsInternal", offsetof(S, is_internal), kShape<decltype(S::is_internal)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
      {"TopicAuthorizedOperations", offsetof(S, topic_authorized_operations),
       kShape<decltype(S::topic_authorized_operations)>, {}},
  };
  static constexpr Table table{"DescribeTopicPartitionsResponseTopic", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_topic_partitions_response::Cursor::table() {
  using S = Cursor;
  static constexpr Row rows[] = {
      {"TopicName", offsetof(S, topic_name), kShape<decltype(S::topic_name)>, {}},
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
  };
  static constexpr Table table{"Cursor", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeTopicPartitionsResponse::table() {
  using S = DescribeTopicPartitionsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"NextCursor", offsetof(S, next_cursor), kShape<decltype(S::next_cursor)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"DescribeTopicPartitionsResponse", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
