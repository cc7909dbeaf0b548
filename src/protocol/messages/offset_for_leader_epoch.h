#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace offset_for_leader_epoch_request {

struct OffsetForLeaderPartition {
  std::int32_t partition = 0;
  std::int32_t current_leader_epoch = -1;
  std::int32_t leader_epoch = 0;

  static const Table& table();
};
struct OffsetForLeaderTopic {
  std::string topic;
  std::vector<OffsetForLeaderPartition> partitions;

  static const Table& table();
};

}  // namespace offset_for_leader_epoch_request

struct OffsetForLeaderEpochRequest {
  static constexpr std::int16_t kApiKey = 23;
  static constexpr std::int16_t kVersionMin = 2;
  static constexpr std::int16_t kVersionMax = 4;
  static constexpr std::int16_t kFlexibleSince = 4;
  using OffsetForLeaderPartition = offset_for_leader_epoch_request::OffsetForLeaderPartition;
  using OffsetForLeaderTopic = offset_for_leader_epoch_request::OffsetForLeaderTopic;

  std::int32_t replica_id = -2;
  std::vector<OffsetForLeaderTopic> topics;

  static const Table& table();
};

namespace offset_for_leader_epoch_response {

struct EpochEndOffset {
  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t partition = 0;
  std::int32_t leader_epoch = -1;
  std::int64_t end_offset = -1;

  static const Table& table();
};
struct OffsetForLeaderTopicResult {
  std::string topic;
  std::vector<EpochEndOffset> partitions;

  static const Table& table();
};

}  // namespace offset_for_leader_epoch_response

struct OffsetForLeaderEpochResponse {
  static constexpr std::int16_t kApiKey = 23;
  static constexpr std::int16_t kVersionMin = 2;
  static constexpr std::int16_t kVersionMax = 4;
  static constexpr std::int16_t kFlexibleSince = 4;
  using EpochEndOffset = offset_for_leader_epoch_response::EpochEndOffset;
  using OffsetForLeaderTopicResult = offset_for_leader_epoch_response::OffsetForLeaderTopicResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetForLeaderTopicResult> topics;

  static const Table& table();
};

}  // namespace takhin::protocol
