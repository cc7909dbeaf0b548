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

namespace offset_commit_request {

struct OffsetCommitRequestPartition {
  std::int32_t partition_index = 0;
  std::int64_t committed_offset = 0;
  std::int32_t committed_leader_epoch = -1;
  std::optional<std::string> committed_metadata{std::string{}};

  static const Table& table();
};
struct OffsetCommitRequestTopic {
  std::string name;
  Uuid topic_id;
  std::vector<OffsetCommitRequestPartition> partitions;

  static const Table& table();
};

}  // namespace offset_commit_request

struct OffsetCommitRequest {
  static constexpr std::int16_t kApiKey = 8;
  static constexpr std::int16_t kVersionMin = 2;
  static constexpr std::int16_t kVersionMax = 10;
  static constexpr std::int16_t kFlexibleSince = 8;
  using OffsetCommitRequestPartition = offset_commit_request::OffsetCommitRequestPartition;
  using OffsetCommitRequestTopic = offset_commit_request::OffsetCommitRequestTopic;

  std::string group_id;
  std::int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::int64_t retention_time_ms = -1;
  std::vector<OffsetCommitRequestTopic> topics;

  static const Table& table();
};

namespace offset_commit_response {

struct OffsetCommitResponsePartition {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};
struct OffsetCommitResponseTopic {
  std::string name;
  Uuid topic_id;
  std::vector<OffsetCommitResponsePartition> partitions;

  static const Table& table();
};

}  // namespace offset_commit_response

struct OffsetCommitResponse {
  static constexpr std::int16_t kApiKey = 8;
  static constexpr std::int16_t kVersionMin = 2;
  static constexpr std::int16_t kVersionMax = 10;
  static constexpr std::int16_t kFlexibleSince = 8;
  using OffsetCommitResponsePartition = offset_commit_response::OffsetCommitResponsePartition;
  using OffsetCommitResponseTopic = offset_commit_response::OffsetCommitResponseTopic;

  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetCommitResponseTopic> topics;

  static const Table& table();
};

}  // namespace takhin::protocol
