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

namespace offset_fetch_request {

struct OffsetFetchRequestTopic {
  std::string name;
  std::vector<std::int32_t> partition_indexes;

  static const Table& table();
};
struct OffsetFetchRequestTopics {
  std::string name;
  Uuid topic_id;
  std::vector<std::int32_t> partition_indexes;

  static const Table& table();
};
struct OffsetFetchRequestGroup {
  std::string group_id;
  std::optional<std::string> member_id;
  std::int32_t member_epoch = -1;
  std::optional<std::vector<OffsetFetchRequestTopics>> topics{std::vector<OffsetFetchRequestTopics>{}};

  static const Table& table();
};

}  // namespace offset_fetch_request

struct OffsetFetchRequest {
  static constexpr std::int16_t kApiKey = 9;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 10;
  static constexpr std::int16_t kFlexibleSince = 6;
  using OffsetFetchRequestTopic = offset_fetch_request::OffsetFetchRequestTopic;
  using OffsetFetchRequestTopics = offset_fetch_request::OffsetFetchRequestTopics;
  using OffsetFetchRequestGroup = offset_fetch_request::OffsetFetchRequestGroup;

  std::string group_id;
  std::optional<std::vector<OffsetFetchRequestTopic>> topics{std::vector<OffsetFetchRequestTopic>{}};
  std::vector<OffsetFetchRequestGroup> groups;
  bool require_stable = false;

  static const Table& table();
};

namespace offset_fetch_response {

struct OffsetFetchResponsePartition {
  std::int32_t partition_index = 0;
  std::int64_t committed_offset = 0;
  std::int32_t committed_leader_epoch = -1;
  std::optional<std::string> metadata{std::string{}};
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};
struct OffsetFetchResponseTopic {
  std::string name;
  std::vector<OffsetFetchResponsePartition> partitions;

  static const Table& table();
};
struct OffsetFetchResponsePartitions {
  std::int32_t partition_index = 0;
  std::int64_t committed_offset = 0;
  std::int32_t committed_leader_epoch = -1;
  std::optional<std::string> metadata{std::string{}};
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};
struct OffsetFetchResponseTopics {
  std::string name;
  Uuid topic_id;
  std::vector<OffsetFetchResponsePartitions> partitions;

  static const Table& table();
};
struct OffsetFetchResponseGroup {
  std::string group_id;
  std::vector<OffsetFetchResponseTopics> topics;
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};

}  // namespace offset_fetch_response

struct OffsetFetchResponse {
  static constexpr std::int16_t kApiKey = 9;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 10;
  static constexpr std::int16_t kFlexibleSince = 6;
  using OffsetFetchResponsePartition = offset_fetch_response::OffsetFetchResponsePartition;
  using OffsetFetchResponseTopic = offset_fetch_response::OffsetFetchResponseTopic;
  using OffsetFetchResponsePartitions = offset_fetch_response::OffsetFetchResponsePartitions;
  using OffsetFetchResponseTopics = offset_fetch_response::OffsetFetchResponseTopics;
  using OffsetFetchResponseGroup = offset_fetch_response::OffsetFetchResponseGroup;

  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetFetchResponseTopic> topics;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<OffsetFetchResponseGroup> groups;

  static const Table& table();
};

}  // namespace takhin::protocol
