#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace offset_delete_request {

struct OffsetDeleteRequestPartition {
  std::int32_t partition_index = 0;

  static const Table& table();
};
struct OffsetDeleteRequestTopic {
  std::string name;
  std::vector<OffsetDeleteRequestPartition> partitions;

  static const Table& table();
};

}  // namespace offset_delete_request

struct OffsetDeleteRequest {
  static constexpr std::int16_t kApiKey = 47;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  using OffsetDeleteRequestPartition = offset_delete_request::OffsetDeleteRequestPartition;
  using OffsetDeleteRequestTopic = offset_delete_request::OffsetDeleteRequestTopic;

  std::string group_id;
  std::vector<OffsetDeleteRequestTopic> topics;

  static const Table& table();
};

namespace offset_delete_response {

struct OffsetDeleteResponsePartition {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};
struct OffsetDeleteResponseTopic {
  std::string name;
  std::vector<OffsetDeleteResponsePartition> partitions;

  static const Table& table();
};

}  // namespace offset_delete_response

struct OffsetDeleteResponse {
  static constexpr std::int16_t kApiKey = 47;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  using OffsetDeleteResponsePartition = offset_delete_response::OffsetDeleteResponsePartition;
  using OffsetDeleteResponseTopic = offset_delete_response::OffsetDeleteResponseTopic;

  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetDeleteResponseTopic> topics;

  static const Table& table();
};

}  // namespace takhin::protocol
