#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "base/uuid.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace consumer_group_heartbeat_request {

struct TopicPartitions {
  Uuid topic_id;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};

}  // namespace consumer_group_heartbeat_request

struct ConsumerGroupHeartbeatRequest {
  static constexpr std::int16_t kApiKey = 68;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 0;
  using TopicPartitions = consumer_group_heartbeat_request::TopicPartitions;

  std::string group_id;
  std::string member_id;
  std::int32_t member_epoch = 0;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex;
  std::optional<std::string> server_assignor;
  std::optional<std::vector<TopicPartitions>> topic_partitions;

  static const Table& table();
};

namespace consumer_group_heartbeat_response {

struct TopicPartitions {
  Uuid topic_id;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};
struct Assignment {
  std::vector<TopicPartitions> topic_partitions;

  static const Table& table();
};

}  // namespace consumer_group_heartbeat_response

struct ConsumerGroupHeartbeatResponse {
  static constexpr std::int16_t kApiKey = 68;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 0;
  using TopicPartitions = consumer_group_heartbeat_response::TopicPartitions;
  using Assignment = consumer_group_heartbeat_response::Assignment;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::optional<std::string> member_id;
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  std::optional<Assignment> assignment;

  static const Table& table();
};

}  // namespace takhin::protocol
