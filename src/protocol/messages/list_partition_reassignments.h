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

namespace list_partition_reassignments_request {

struct ListPartitionReassignmentsTopics {
  std::string name;
  std::vector<std::int32_t> partition_indexes;

  static const Table& table();
};

}  // namespace list_partition_reassignments_request

struct ListPartitionReassignmentsRequest {
  static constexpr std::int16_t kApiKey = 46;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using ListPartitionReassignmentsTopics = list_partition_reassignments_request::ListPartitionReassignmentsTopics;

  std::int32_t timeout_ms = 60000;
  std::optional<std::vector<ListPartitionReassignmentsTopics>> topics;

  static const Table& table();
};

namespace list_partition_reassignments_response {

struct OngoingPartitionReassignment {
  std::int32_t partition_index = 0;
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> adding_replicas;
  std::vector<std::int32_t> removing_replicas;

  static const Table& table();
};
struct OngoingTopicReassignment {
  std::string name;
  std::vector<OngoingPartitionReassignment> partitions;

  static const Table& table();
};

}  // namespace list_partition_reassignments_response

struct ListPartitionReassignmentsResponse {
  static constexpr std::int16_t kApiKey = 46;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using OngoingPartitionReassignment = list_partition_reassignments_response::OngoingPartitionReassignment;
  using OngoingTopicReassignment = list_partition_reassignments_response::OngoingTopicReassignment;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::vector<OngoingTopicReassignment> topics;

  static const Table& table();
};

}  // namespace takhin::protocol
