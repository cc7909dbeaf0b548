// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_heartbeat.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& consumer_group_heartbeat_request::TopicPartitions::table() {
  using S = TopicPartitions;
  static constexpr Row rows[] = {
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicPartitions", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ConsumerGroupHeartbeatRequest::table() {
  using S = ConsumerGroupHeartbeatRequest;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"MemberEpoch", offsetof(S, member_epoch), kShape<decltype(S::member_epoch)>, {}},
      {"InstanceId", offsetof(S, instance_id), kShape<decltype(S::instance_id)>, {.nullable_since = 0}},
      {"RackId", offsetof(S, rack_id), kShape<decltype(S::rack_id)>, {.nullable_since = 0}},
      {"RebalanceTimeoutMs", offsetof(S, rebalance_timeout_ms), kShape<decltype(S::rebalance_timeout_ms)>, {}},
      {"SubscribedTopicNames", offsetof(S, subscribed_topic_names),
       kShape<decltype(S::subscribed_topic_names)>, {.nullable_since = 0}},
      {"SubscribedTopicRegex", offsetof(S, subscribed_topic_regex),
       kShape<decltype(S::subscribed_topic_regex)>, {.since = 1, .nullable_since = 1}},
      {"ServerAssignor", offsetof(S, server_assignor),
       kShape<decltype(S::server_assignor)>, {.nullable_since = 0}},
      {"TopicPartitions", offsetof(S, topic_partitions),
       kShape<decltype(S::topic_partitions)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"ConsumerGroupHeartbeatRequest", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& consumer_group_heartbeat_response::TopicPartitions::table() {
  using S = TopicPartitions;
  static constexpr Row rows[] = {
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicPartitions", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& consumer_group_heartbeat_response::Assignment::table() {
  using S = Assignment;
  static constexpr Row rows[] = {
      {"TopicPartitions", offsetof(S, topic_partitions), kShape<decltype(S::topic_partitions)>, {}},
  };
  static constexpr Table table{"Assignment", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ConsumerGroupHeartbeatResponse::table() {
  using S = ConsumerGroupHeartbeatResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {.nullable_since = 0}},
      {"MemberEpoch", offsetof(S, member_epoch), kShape<decltype(S::member_epoch)>, {}},
      {"HeartbeatIntervalMs", offsetof(S, heartbeat_interval_ms), kShape<decltype(S::heartbeat_interval_ms)>, {}},
      {"Assignment", offsetof(S, assignment), kShape<decltype(S::assignment)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"ConsumerGroupHeartbeatResponse", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
