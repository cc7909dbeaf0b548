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

namespace alter_partition_reassignments_request {

struct ReassignablePartition {
  std::int32_t partition_index = 0;
  std::optional<std::vector<std::int32_t>> replicas;

  static const Table& table();
};
struct ReassignableTopic {
  std::string name;
  std::vector<ReassignablePartition> partitions;

  static const Table& table();
};

}  // namespace alter_partition_reassignments_request

struct AlterPartitionReassignmentsRequest {
  static constexpr std::int16_t kApiKey = 45;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 0;
  using ReassignablePartition = alter_partition_reassignments_request::ReassignablePartition;
  using ReassignableTopic = alter_partition_reassignments_request::ReassignableTopic;

  std::int32_t timeout_ms = 60000;
  bool allow_replication_factor_change = true;
  std::vector<ReassignableTopic> topics;

  static const Table& table();
};

namespace alter_partition_reassignments_response {

struct ReassignablePartitionResponse {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};

  static const Table& table();
};
struct ReassignableTopicResponse {
  std::string name;
  std::vector<ReassignablePartitionResponse> partitions;

  static const Table& table();
};

}  // namespace alter_partition_reassignments_response

struct AlterPartitionReassignmentsResponse {
  static constexpr std::int16_t kApiKey = 45;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 0;
  using ReassignablePartitionResponse = alter_partition_reassignments_response::ReassignablePartitionResponse;
  using ReassignableTopicResponse = alter_partition_reassignments_response::ReassignableTopicResponse;

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::vector<ReassignableTopicResponse> responses;

  static const Table& table();
};

}  // namespace takhin::protocol
