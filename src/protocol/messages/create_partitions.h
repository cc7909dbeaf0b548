#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace create_partitions_request {

struct CreatePartitionsAssignment {
  std::vector<std::int32_t> broker_ids;

  static const Table& table();
};
struct CreatePartitionsTopic {
  std::string name;
  std::int32_t count = 0;
  std::optional<std::vector<CreatePartitionsAssignment>> assignments{std::vector<CreatePartitionsAssignment>{}};

  static const Table& table();
};

}  // namespace create_partitions_request

struct CreatePartitionsRequest {
  static constexpr std::int16_t kApiKey = 37;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;
  using CreatePartitionsAssignment = create_partitions_request::CreatePartitionsAssignment;
  using CreatePartitionsTopic = create_partitions_request::CreatePartitionsTopic;

  std::vector<CreatePartitionsTopic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;

  static const Table& table();
};

namespace create_partitions_response {

struct CreatePartitionsTopicResult {
  std::string name;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;

  static const Table& table();
};

}  // namespace create_partitions_response

struct CreatePartitionsResponse {
  static constexpr std::int16_t kApiKey = 37;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;
  using CreatePartitionsTopicResult = create_partitions_response::CreatePartitionsTopicResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<CreatePartitionsTopicResult> results;

  static const Table& table();
};

}  // namespace takhin::protocol
