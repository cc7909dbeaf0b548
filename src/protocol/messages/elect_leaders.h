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

namespace elect_leaders_request {

struct TopicPartitions {
  std::string topic;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};

}  // namespace elect_leaders_request

struct ElectLeadersRequest {
  static constexpr std::int16_t kApiKey = 43;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;
  using TopicPartitions = elect_leaders_request::TopicPartitions;

  std::int8_t election_type = 0;
  std::optional<std::vector<TopicPartitions>> topic_partitions{std::vector<TopicPartitions>{}};
  std::int32_t timeout_ms = 60000;

  static const Table& table();
};

namespace elect_leaders_response {

struct PartitionResult {
  std::int32_t partition_id = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};

  static const Table& table();
};
struct ReplicaElectionResult {
  std::string topic;
  std::vector<PartitionResult> partition_result;

  static const Table& table();
};

}  // namespace elect_leaders_response

struct ElectLeadersResponse {
  static constexpr std::int16_t kApiKey = 43;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;
  using PartitionResult = elect_leaders_response::PartitionResult;
  using ReplicaElectionResult = elect_leaders_response::ReplicaElectionResult;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ReplicaElectionResult> replica_election_results;

  static const Table& table();
};

}  // namespace takhin::protocol
