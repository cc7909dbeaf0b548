// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/fetch.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& fetch_request::ReplicaState::table() {
  using S = ReplicaState;
  static constexpr Row rows[] = {
      {"ReplicaId", offsetof(S, replica_id), kShape<decltype(S::replica_id)>, {.since = 15}},
      {"ReplicaEpoch", offsetof(S, replica_epoch), kShape<decltype(S::replica_epoch)>, {.since = 15}},
  };
  static constexpr Table table{"ReplicaState", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_request::FetchPartition::table() {
  using S = FetchPartition;
  static constexpr Row rows[] = {
      {"Partition", offsetof(S, partition), kShape<decltype(S::partition)>, {}},
      {"CurrentLeaderEpoch", offsetof(S, current_leader_epoch),
       kShape<decltype(S::current_leader_epoch)>, {.since = 9}},
      {"FetchOffset", offsetof(S, fetch_offset), kShape<decltype(S::fetch_offset)>, {}},
      {"LastFetchedEpoch", offsetof(S, last_fetched_epoch),
       kShape<decltype(S::last_fetched_epoch)>, {.since = 12}},
      {"LogStartOffset", offsetof(S, log_start_offset), kShape<decltype(S::log_start_offset)>, {.since = 5}},
      {"PartitionMaxBytes", offsetof(S, partition_max_bytes), kShape<decltype(S::partition_max_bytes)>, {}},
      {"ReplicaDirectoryId", offsetof(S, replica_directory_id),
       kShape<decltype(S::replica_directory_id)>, {.since = 17, .tag = 0}},
      {"HighWatermark", offsetof(S, high_watermark), kShape<decltype(S::high_watermark)>, {.since = 18, .tag = 1}},
  };
  static constexpr Table table{"FetchPartition", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_request::FetchTopic::table() {
  using S = FetchTopic;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {.until = 12}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 13}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"FetchTopic", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_request::ForgottenTopic::table() {
  using S = ForgottenTopic;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {.since = 7, .until = 12}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 13}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {.since = 7}},
  };
  static constexpr Table table{"ForgottenTopic", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& FetchRequest::table() {
  using S = FetchRequest;
  static constexpr Row rows[] = {
      {"ReplicaId", offsetof(S, replica_id), kShape<decltype(S::replica_id)>, {.until = 14}},
      {"MaxWaitMs", offsetof(S, max_wait_ms), kShape<decltype(S::max_wait_ms)>, {}},
      {"MinBytes", offsetof(S, min_bytes), kShape<decltype(S::min_bytes)>, {}},
      {"MaxBytes", offsetof(S, max_bytes), kShape<decltype(S::max_bytes)>, {}},
      {"IsolationLevel", offsetof(S, isolation_level), kShape<decltype(S::isolation_level)>, {}},
      {"SessionId", offsetof(S, session_id), kShape<decltype(S::session_id)>, {.since = 7}},
      {"SessionEpoch", offsetof(S, session_epoch), kShape<decltype(S::session_epoch)>, {.since = 7}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"ForgottenTopicsData", offsetof(S, forgotten_topics_data),
       kShape<decltype(S::forgotten_topics_data)>, {.since = 7}},
      {"RackId", offsetof(S, rack_id), kShape<decltype(S::rack_id)>, {.since = 11}},
      {"ClusterId", offsetof(S, cluster_id),
       kShape<decltype(S::cluster_id)>, {.since = 12, .nullable_since = 12, .tag = 0}},
      {"ReplicaState", offsetof(S, replica_state), kShape<decltype(S::replica_state)>, {.since = 15, .tag = 1}},
  };
  static constexpr Table table{"FetchRequest", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_response::EpochEndOffset::table() {
  using S = EpochEndOffset;
  static constexpr Row rows[] = {
      {"Epoch", offsetof(S, epoch), kShape<decltype(S::epoch)>, {.since = 12}},
      {"EndOffset", offsetof(S, end_offset), kShape<decltype(S::end_offset)>, {.since = 12}},
  };
  static constexpr Table table{"EpochEndOffset", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_response::LeaderIdAndEpoch::table() {
  using S = LeaderIdAndEpoch;
  static constexpr Row rows[] = {
      {"LeaderId", offsetof(S, leader_id), kShape<decltype(S::leader_id)>, {.since = 12}},
      {"LeaderEpoch", offsetof(S, leader_epoch), kShape<decltype(S::leader_epoch)>, {.since = 12}},
  };
  static constexpr Table table{"LeaderIdAndEpoch", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_response::SnapshotId::table() {
  using S = SnapshotId;
  static constexpr Row rows[] = {
      {"EndOffset", offsetof(S, end_offset), kShape<decltype(S::end_offset)>, {}},
      {"Epoch", offsetof(S, epoch), kShape<decltype(S::epoch)>, {}},
  };
  static constexpr Table table{"SnapshotId", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_response::AbortedTransaction::table() {
  using S = AbortedTransaction;
  static constexpr Row rows[] = {
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"FirstOffset", offsetof(S, first_offset), kShape<decltype(S::first_offset)>, {}},
  };
  static constexpr Table table{"AbortedTransaction", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_response::PartitionData::table() {
  using S = PartitionData;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"HighWatermark", offsetof(S, high_watermark), kShape<decltype(S::high_watermark)>, {}},
      {"LastStableOffset", offsetof(S, last_stable_offset), kShape<decltype(S::last_stable_offset)>, {}},
      {"LogStartOffset", offsetof(S, log_start_offset), kShape<decltype(S::log_start_offset)>, {.since = 5}},
      {"AbortedTransactions", offsetof(S, aborted_transactions),
       kShape<decltype(S::aborted_transactions)>, {.nullable_since = 0}},
      {"PreferredReadReplica", offsetof(S, preferred_read_replica),
       kShape<decltype(S::preferred_read_replica)>, {.since = 11}},
      {"Records", offsetof(S, records), kShape<decltype(S::records)>, {.nullable_since = 0}},
      {"DivergingEpoch", offsetof(S, diverging_epoch),
       kShape<decltype(S::diverging_epoch)>, {.since = 12, .tag = 0}},
      {"CurrentLeader", offsetof(S, current_leader), kShape<decltype(S::current_leader)>, {.since = 12, .tag = 1}},
      {"SnapshotId", offsetof(S, snapshot_id), kShape<decltype(S::snapshot_id)>, {.since = 12, .tag = 2}},
  };
  static constexpr Table table{"PartitionData", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_response::FetchableTopicResponse::table() {
  using S = FetchableTopicResponse;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {.until = 12}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 13}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"FetchableTopicResponse", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& fetch_response::NodeEndpoint::table() {
  using S = NodeEndpoint;
  static constexpr Row rows[] = {
      {"NodeId", offsetof(S, node_id), kShape<decltype(S::node_id)>, {.since = 16}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {.since = 16}},
      {"Port", offsetof(S, port), kShape<decltype(S::port)>, {.since = 16}},
      {"Rack", offsetof(S, rack), kShape<decltype(S::rack)>, {.since = 16, .nullable_since = 16}},
  };
  static constexpr Table table{"NodeEndpoint", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& FetchResponse::table() {
  using S = FetchResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 7}},
      {"SessionId", offsetof(S, session_id), kShape<decltype(S::session_id)>, {.since = 7}},
      {"Responses", offsetof(S, responses), kShape<decltype(S::responses)>, {}},
      {"NodeEndpoints", offsetof(S, node_endpoints), kShape<decltype(S::node_endpoints)>, {.since = 16, .tag = 0}},
  };
  static constexpr Table table{"FetchResponse", rows, 4, 18, 12,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
