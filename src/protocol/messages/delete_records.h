#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/errors.h"
#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

namespace delete_records_request {

struct DeleteRecordsPartition {
  std::int32_t partition_index = 0;
  std::int64_t offset = 0;

  static const Table& table();
};
struct DeleteRecordsTopic {
  std::string name;
  std::vector<DeleteRecordsPartition> partitions;

  static const Table& table();
};

}  // namespace delete_records_request

struct DeleteRecordsRequest {
  static constexpr std::int16_t kApiKey = 21;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;
  using DeleteRecordsPartition = delete_records_request::DeleteRecordsPartition;
  using DeleteRecordsTopic = delete_records_request::DeleteRecordsTopic;

  std::vector<DeleteRecordsTopic> topics;
  std::int32_t timeout_ms = 0;

  static const Table& table();
};

namespace delete_records_response {

struct DeleteRecordsPartitionResult {
  std::int32_t partition_index = 0;
  std::int64_t low_watermark = 0;
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};
struct DeleteRecordsTopicResult {
  std::string name;
  std::vector<DeleteRecordsPartitionResult> partitions;

  static const Table& table();
};

}  // namespace delete_records_response

struct DeleteRecordsResponse {
  static constexpr std::int16_t kApiKey = 21;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;
  using DeleteRecordsPartitionResult = delete_records_response::DeleteRecordsPartitionResult;
  using DeleteRecordsTopicResult = delete_records_response::DeleteRecordsTopicResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<DeleteRecordsTopicResult> topics;

  static const Table& table();
};

}  // namespace takhin::protocol
