#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace list_offsets_request {

struct ListOffsetsPartition {
  std::int32_t partition_index = 0;
  std::int32_t current_leader_epoch = -1;
  std::int64_t timestamp = 0;

  static const Table& table();
};
struct ListOffsetsTopic {
  std::string name;
  std::vector<ListOffsetsPartition> partitions;

  static const Table& table();
};

}  // namespace list_offsets_request

struct ListOffsetsRequest {
  static constexpr std::int16_t kApiKey = 2;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 11;
  static constexpr std::int16_t kFlexibleSince = 6;
  using ListOffsetsPartition = list_offsets_request::ListOffsetsPartition;
  using ListOffsetsTopic = list_offsets_request::ListOffsetsTopic;

  std::int32_t replica_id = 0;
  std::int8_t isolation_level = 0;
  std::vector<ListOffsetsTopic> topics;
  std::int32_t timeout_ms = 0;

  static const Table& table();
};

namespace list_offsets_response {

struct ListOffsetsPartitionResponse {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t timestamp = -1;
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;

  static const Table& table();
};
struct ListOffsetsTopicResponse {
  std::string name;
  std::vector<ListOffsetsPartitionResponse> partitions;

  static const Table& table();
};

}  // namespace list_offsets_response

struct ListOffsetsResponse {
  static constexpr std::int16_t kApiKey = 2;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 11;
  static constexpr std::int16_t kFlexibleSince = 6;
  using ListOffsetsPartitionResponse = list_offsets_response::ListOffsetsPartitionResponse;
  using ListOffsetsTopicResponse = list_offsets_response::ListOffsetsTopicResponse;

  std::int32_t throttle_time_ms = 0;
  std::vector<ListOffsetsTopicResponse> topics;

  static const Table& table();
};

}  // namespace takhin::protocol
