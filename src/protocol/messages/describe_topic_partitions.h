#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "base/uuid.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace describe_topic_partitions_request {

struct TopicRequest {
  std::string name;

  static const Table& table();
};
struct Cursor {
  std::string topic_name;
  std::int32_t partition_index = 0;

  static const Table& table();
};

}  // namespace describe_topic_partitions_request

struct DescribeTopicPartitionsRequest {
  static constexpr std::int16_t kApiKey = 75;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using TopicRequest = describe_topic_partitions_request::TopicRequest;
  using Cursor = describe_topic_partitions_request::Cursor;

  std::vector<TopicRequest> topics;
  std::int32_t response_partition_limit = 2000;
  std::optional<Cursor> cursor;

  static const Table& table();
};

namespace describe_topic_partitions_response {

struct DescribeTopicPartitionsResponsePartition {
  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t partition_index = 0;
  std::int32_t leader_id = 0;
  std::int32_t leader_epoch = -1;
  std::vector<std::int32_t> replica_nodes;
  std::vector<std::int32_t> isr_nodes;
  std::optional<std::vector<std::int32_t>> eligible_leader_replicas;
  std::optional<std::vector<std::int32_t>> last_known_elr;
  std::vector<std::int32_t> offline_replicas;

  static const Table& table();
};
struct DescribeTopicPartitionsResponseTopic {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> name{std::string{}};
  Uuid topic_id;
  bool is_internal = false;
  std::vector<DescribeTopicPartitionsResponsePartition> partitions;
  std::int32_t topic_authorized_operations = std::numeric_limits<std::int32_t>::min();

  static const Table& table();
};
struct Cursor {
  std::string topic_name;
  std::int32_t partition_index = 0;

  static const Table& table();
};

}  // namespace describe_topic_partitions_response

struct DescribeTopicPartitionsResponse {
  static constexpr std::int16_t kApiKey = 75;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using DescribeTopicPartitionsResponsePartition = describe_topic_partitions_response::DescribeTopicPartitionsResponsePartition;
  using DescribeTopicPartitionsResponseTopic = describe_topic_partitions_response::DescribeTopicPartitionsResponseTopic;
  using Cursor = describe_topic_partitions_response::Cursor;

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribeTopicPartitionsResponseTopic> topics;
  std::optional<Cursor> next_cursor;

  static const Table& table();
};

}  // namespace takhin::protocol
