// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/create_topics.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& create_topics_request::CreatableReplicaAssignment::table() {
  using S = CreatableReplicaAssignment;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"BrokerIds", offsetof(S, broker_ids), kShape<decltype(S::broker_ids)>, {}},
  };
  static constexpr Table table{"CreatableReplicaAssignment", rows, 2, 7, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& create_topics_request::CreatableTopicConfig::table() {
  using S = CreatableTopicConfig;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Value", offsetof(S, value), kShape<decltype(S::value)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"CreatableTopicConfig", rows, 2, 7, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& create_topics_request::CreatableTopic::table() {
  using S = CreatableTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"NumPartitions", offsetof(S, num_partitions), kShape<decltype(S::num_partitions)>, {}},
      {"ReplicationFactor", offsetof(S, replication_factor), kShape<decltype(S::replication_factor)>, {}},
      {"Assignments", offsetof(S, assignments), kShape<decltype(S::assignments)>, {}},
      {"Configs", offsetof(S, configs), kShape<decltype(S::configs)>, {}},
  };
  static constexpr Table table{"CreatableTopic", rows, 2, 7, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& CreateTopicsRequest::table() {
  using S = CreateTopicsRequest;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"timeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {}},
      {"validateOnly", offsetof(S, validate_only), kShape<decltype(S::validate_only)>, {}},
  };
  static constexpr Table table{"CreateTopicsRequest", rows, 2, 7, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& create_topics_response::CreatableTopicConfigs::table() {
  using S = CreatableTopicConfigs;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.since = 5}},
      {"Value", offsetof(S, value), kShape<decltype(S::value)>, {.since = 5, .nullable_since = 5}},
      {"ReadOnly", offsetof(S, read_only), kShape<decltype(S::read_only)>, {.since = 5}},
      {"ConfigSource", offsetof(S, config_source), kShape<decltype(S::config_source)>, {.since = 5}},
      {"IsSensitive", offsetof(S, is_sensitive), kShape<decltype(S::is_sensitive)>, {.since = 5}},
  };
  static constexpr Table table{"CreatableTopicConfigs", rows, 2, 7, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& create_topics_response::CreatableTopicResult::table() {
  using S = CreatableTopicResult;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 7}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"NumPartitions", offsetof(S, num_partitions), kShape<decltype(S::num_partitions)>, {.since = 5}},
      {"ReplicationFactor", offsetof(S, replication_factor),
       kShape<decltype(S::replication_factor)>, {.since = 5}},
      {"Configs", offsetof(S, configs), kShape<decltype(S::configs)>, {.since = 5, .nullable_since = 5}},
      {"TopicConfigErrorCode", offsetof(S, topic_config_error_code),
       kShape<decltype(S::topic_config_error_code)>, {.since = 5, .tag = 0}},
  };
  static constexpr Table table{"CreatableTopicResult", rows, 2, 7, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& CreateTopicsResponse::table() {
  using S = CreateTopicsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"CreateTopicsResponse", rows, 2, 7, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
