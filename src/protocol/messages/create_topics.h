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

namespace create_topics_request {

struct CreatableReplicaAssignment {
  std::int32_t partition_index = 0;
  std::vector<std::int32_t> broker_ids;

  static const Table& table();
};
struct CreatableTopicConfig {
  std::string name;
  std::optional<std::string> value{std::string{}};

  static const Table& table();
};
struct CreatableTopic {
  std::string name;
  std::int32_t num_partitions = 0;
  std::int16_t replication_factor = 0;
  std::vector<CreatableReplicaAssignment> assignments;
  std::vector<CreatableTopicConfig> configs;

  static const Table& table();
};

}  // namespace create_topics_request

struct CreateTopicsRequest {
  static constexpr std::int16_t kApiKey = 19;
  static constexpr std::int16_t kVersionMin = 2;
  static constexpr std::int16_t kVersionMax = 7;
  static constexpr std::int16_t kFlexibleSince = 5;
  using CreatableReplicaAssignment = create_topics_request::CreatableReplicaAssignment;
  using CreatableTopicConfig = create_topics_request::CreatableTopicConfig;
  using CreatableTopic = create_topics_request::CreatableTopic;

  std::vector<CreatableTopic> topics;
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;

  static const Table& table();
};

namespace create_topics_response {

struct CreatableTopicConfigs {
  std::string name;
  std::optional<std::string> value{std::string{}};
  bool read_only = false;
  std::int8_t config_source = -1;
  bool is_sensitive = false;

  static const Table& table();
};
struct CreatableTopicResult {
  std::string name;
  Uuid topic_id;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::int16_t topic_config_error_code = 0;
  std::int32_t num_partitions = -1;
  std::int16_t replication_factor = -1;
  std::optional<std::vector<CreatableTopicConfigs>> configs{std::vector<CreatableTopicConfigs>{}};

  static const Table& table();
};

}  // namespace create_topics_response

struct CreateTopicsResponse {
  static constexpr std::int16_t kApiKey = 19;
  static constexpr std::int16_t kVersionMin = 2;
  static constexpr std::int16_t kVersionMax = 7;
  static constexpr std::int16_t kFlexibleSince = 5;
  using CreatableTopicConfigs = create_topics_response::CreatableTopicConfigs;
  using CreatableTopicResult = create_topics_response::CreatableTopicResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<CreatableTopicResult> topics;

  static const Table& table();
};

}  // namespace takhin::protocol
