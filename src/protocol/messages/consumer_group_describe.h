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

struct ConsumerGroupDescribeRequest {
  static constexpr std::int16_t kApiKey = 69;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 0;

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;

  static const Table& table();
};

namespace consumer_group_describe_response {

struct TopicPartitions {
  Uuid topic_id;
  std::string topic_name;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};
struct Assignment {
  std::vector<TopicPartitions> topic_partitions;

  static const Table& table();
};
struct Member {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t member_epoch = 0;
  std::string client_id;
  std::string client_host;
  std::vector<std::string> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex;
  Assignment assignment;
  Assignment target_assignment;
  std::int8_t member_type = -1;

  static const Table& table();
};
struct DescribedGroup {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::string group_id;
  std::string group_state;
  std::int32_t group_epoch = 0;
  std::int32_t assignment_epoch = 0;
  std::string assignor_name;
  std::vector<Member> members;
  std::int32_t authorized_operations = std::numeric_limits<std::int32_t>::min();

  static const Table& table();
};

}  // namespace consumer_group_describe_response

struct ConsumerGroupDescribeResponse {
  static constexpr std::int16_t kApiKey = 69;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 0;
  using TopicPartitions = consumer_group_describe_response::TopicPartitions;
  using Assignment = consumer_group_describe_response::Assignment;
  using Member = consumer_group_describe_response::Member;
  using DescribedGroup = consumer_group_describe_response::DescribedGroup;

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;

  static const Table& table();
};

}  // namespace takhin::protocol
