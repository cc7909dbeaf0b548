// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/metadata.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& metadata_request::MetadataRequestTopic::table() {
  using S = MetadataRequestTopic;
  static constexpr Row rows[] = {
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 10}},
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.nullable_since = 10}},
  };
  static constexpr Table table{"MetadataRequestTopic", rows, 0, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& MetadataRequest::table() {
  using S = MetadataRequest;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {.nullable_since = 1}},
      {"AllowAutoTopicCreation", offsetof(S, allow_auto_topic_creation),
       kShape<decltype(S::allow_auto_topic_creation)>, {.since = 4}},
      {"IncludeClusterAuthorizedOperations", offsetof(S, include_cluster_authorized_operations),
       kShape<decltype(S::include_cluster_authorized_operations)>, {.since = 8, .until = 10}},
      {"IncludeTopicAuthorizedOperations", offsetof(S, include_topic_authorized_operations),
       kShape<decltype(S::include_topic_authorized_operations)>, {.since = 8}},
  };
  static constexpr Table table{"MetadataRequest", rows, 0, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& metadata_response::MetadataResponseBroker::table() {
  using S = MetadataResponseBroker;
  static constexpr Row rows[] = {
      {"NodeId", offsetof(S, node_id), kShape<decltype(S::node_id)>, {}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {}},
      {"Port", offsetof(S, port), kShape<decltype(S::port)>, {}},
      {"Rack", offsetof(S, rack), kShape<decltype(S::rack)>, {.since = 1, .nullable_since = 1}},
  };
  static constexpr Table table{"MetadataResponseBroker", rows, 0, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& metadata_response::MetadataResponsePartition::table() {
  using S = MetadataResponsePartition;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"LeaderId", offsetof(S, leader_id), kShape<decltype(S::leader_id)>, {}},
      {"LeaderEpoch", offsetof(S, leader_epoch), kShape<decltype(S::leader_epoch)>, {.since = 7}},
      {"ReplicaNodes", offsetof(S, replica_nodes), kShape<decltype(S::replica_nodes)>, {}},
      {"IsrNodes", offsetof(S, isr_nodes), kShape<decltype(S::isr_nodes)>, {}},
      {"OfflineReplicas", offsetof(S, offline_replicas), kShape<decltype(S::offline_replicas)>, {.since = 5}},
  };
  static constexpr Table table{"MetadataResponsePartition", rows, 0, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& metadata_response::MetadataResponseTopic::table() {
  using S = MetadataResponseTopic;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.nullable_since = 12}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 10}},
      {"IsInternal", offsetof(S, is_internal), kShape<decltype(S::is_internal)>, {.since = 1}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
      {"TopicAuthorizedOperations", offsetof(S, topic_authorized_operations),
       kShape<decltype(S::topic_authorized_operations)>, {.since = 8}},
  };
  static constexpr Table table{"MetadataResponseTopic", rows, 0, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& MetadataResponse::table() {
  using S = MetadataResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 3}},
      {"Brokers", offsetof(S, brokers), kShape<decltype(S::brokers)>, {}},
      {"ClusterId", offsetof(S, cluster_id), kShape<decltype(S::cluster_id)>, {.since = 2, .nullable_since = 2}},
      {"ControllerId", offsetof(S, controller_id), kShape<decltype(S::controller_id)>, {.since = 1}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"ClusterAuthorizedOperations", offsetof(S, cluster_authorized_operations),
       kShape<decltype(S::cluster_authorized_operations)>, {.since = 8, .until = 10}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 13}},
  };
  static constexpr Table table{"MetadataResponse", rows, 0, 13, 9,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
