// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_quorum.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& describe_quorum_request::PartitionData::table() {
  using S = PartitionData;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
  };
  static constexpr Table table{"PartitionData", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_quorum_request::TopicData::table() {
  using S = TopicData;
  static constexpr Row rows[] = {
      {"TopicName", offsetof(S, topic_name), kShape<decltype(S::topic_name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicData", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeQuorumRequest::table() {
  using S = DescribeQuorumRequest;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"DescribeQuorumRequest", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_quorum_response::ReplicaState::table() {
  using S = ReplicaState;
  static constexpr Row rows[] = {
      {"ReplicaId", offsetof(S, replica_id), kShape<decltype(S::replica_id)>, {}},
      {"ReplicaDirectoryId", offsetof(S, replica_directory_id),
       kShape<decltype(S::replica_directory_id)>, {.since = 2}},
      {"LogEndOffset", offsetof(S, log_end_offset), kShape<decltype(S::log_end_offset)>, {}},
      {"LastFetchTimestamp", offsetof(S, last_fetch_timestamp),
       kShape<decltype(S::last_fetch_timestamp)>, {.since = 1}},
      {"LastCaughtUpTimestamp", offsetof(S, last_caught_up_timestamp),
       kShape<decltype(S::last_caught_up_timestamp)>, {.since = 1}},
  };
  static constexpr Table table{"ReplicaState", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_quorum_response::PartitionData::table() {
  using S = PartitionData;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message),
       kShape<decltype(S::error_message)>, {.since = 2, .nullable_since = 2}},
      {"LeaderId", offsetof(S, leader_id), kShape<decltype(S::leader_id)>, {}},
      {"LeaderEpoch", offsetof(S, leader_epoch), kShape<decltype(S::leader_epoch)>, {}},
      {"HighWatermark", offsetof(S, high_watermark), kShape<decltype(S::high_watermark)>, {}},
      {"CurrentVoters", offsetof(S, current_voters), kShape<decltype(S::current_voters)>, {}},
      {"Observers", offsetof(S, observers), kShape<decltype(S::observers)>, {}},
  };
  static constexpr Table table{"PartitionData", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_quorum_response::TopicData::table() {
  using S = TopicData;
  static constexpr Row rows[] = {
      {"TopicName", offsetof(S, topic_name), kShape<decltype(S::topic_name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicData", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_quorum_response::Listener::table() {
  using S = Listener;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.since = 2}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {.since = 2}},
      {"Port", offsetof(S, port), kShape<decltype(S::port)>, {.since = 2}},
  };
  static constexpr Table table{"Listener", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_quorum_response::Node::table() {
  using S = Node;
  static constexpr Row rows[] = {
      {"NodeId", offsetof(S, node_id), kShape<decltype(S::node_id)>, {.since = 2}},
      {"Listeners", offsetof(S, listeners), kShape<decltype(S::listeners)>, {.since = 2}},
  };
  static constexpr Table table{"Node", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeQuorumResponse::table() {
  using S = DescribeQuorumResponse;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message),
       kShape<decltype(S::error_message)>, {.since = 2, .nullable_since = 2}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"Nodes", offsetof(S, nodes), kShape<decltype(S::nodes)>, {.since = 2}},
  };
  static constexpr Table table{"DescribeQuorumResponse", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
