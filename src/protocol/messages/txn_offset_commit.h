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

namespace txn_offset_commit_request {

struct TxnOffsetCommitRequestPartition {
  std::int32_t partition_index = 0;
  std::int64_t committed_offset = 0;
  std::int32_t committed_leader_epoch = -1;
  std::optional<std::string> committed_metadata{std::string{}};

  static const Table& table();
};
struct TxnOffsetCommitRequestTopic {
  std::string name;
  Uuid topic_id;
  std::vector<TxnOffsetCommitRequestPartition> partitions;

  static const Table& table();
};

}  // namespace txn_offset_commit_request

struct TxnOffsetCommitRequest {
  static constexpr std::int16_t kApiKey = 28;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 6;
  static constexpr std::int16_t kFlexibleSince = 3;
  using TxnOffsetCommitRequestPartition = txn_offset_commit_request::TxnOffsetCommitRequestPartition;
  using TxnOffsetCommitRequestTopic = txn_offset_commit_request::TxnOffsetCommitRequestTopic;

  std::string transactional_id;
  std::string group_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::vector<TxnOffsetCommitRequestTopic> topics;

  static const Table& table();
};

namespace txn_offset_commit_response {

struct TxnOffsetCommitResponsePartition {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};
struct TxnOffsetCommitResponseTopic {
  std::string name;
  Uuid topic_id;
  std::vector<TxnOffsetCommitResponsePartition> partitions;

  static const Table& table();
};

}  // namespace txn_offset_commit_response

struct TxnOffsetCommitResponse {
  static constexpr std::int16_t kApiKey = 28;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 6;
  static constexpr std::int16_t kFlexibleSince = 3;
  using TxnOffsetCommitResponsePartition = txn_offset_commit_response::TxnOffsetCommitResponsePartition;
  using TxnOffsetCommitResponseTopic = txn_offset_commit_response::TxnOffsetCommitResponseTopic;

  std::int32_t throttle_time_ms = 0;
  std::vector<TxnOffsetCommitResponseTopic> topics;

  static const Table& table();
};

}  // namespace takhin::protocol
