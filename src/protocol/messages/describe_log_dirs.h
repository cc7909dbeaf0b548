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

namespace describe_log_dirs_request {

struct DescribableLogDirTopic {
  std::string topic;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};

}  // namespace describe_log_dirs_request

struct DescribeLogDirsRequest {
  static constexpr std::int16_t kApiKey = 35;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 2;
  using DescribableLogDirTopic = describe_log_dirs_request::DescribableLogDirTopic;

  std::optional<std::vector<DescribableLogDirTopic>> topics{std::vector<DescribableLogDirTopic>{}};

  static const Table& table();
};

namespace describe_log_dirs_response {

struct DescribeLogDirsPartition {
  std::int32_t partition_index = 0;
  std::int64_t partition_size = 0;
  std::int64_t offset_lag = 0;
  bool is_future_key = false;

  static const Table& table();
};
struct DescribeLogDirsTopic {
  std::string name;
  std::vector<DescribeLogDirsPartition> partitions;

  static const Table& table();
};
struct DescribeLogDirsResult {
  ErrorCode error_code = ErrorCode::kNone;
  std::string log_dir;
  std::vector<DescribeLogDirsTopic> topics;
  std::int64_t total_bytes = -1;
  std::int64_t usable_bytes = -1;
  bool is_cordoned = false;

  static const Table& table();
};

}  // namespace describe_log_dirs_response

struct DescribeLogDirsResponse {
  static constexpr std::int16_t kApiKey = 35;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 2;
  using DescribeLogDirsPartition = describe_log_dirs_response::DescribeLogDirsPartition;
  using DescribeLogDirsTopic = describe_log_dirs_response::DescribeLogDirsTopic;
  using DescribeLogDirsResult = describe_log_dirs_response::DescribeLogDirsResult;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<DescribeLogDirsResult> results;

  static const Table& table();
};

}  // namespace takhin::protocol
