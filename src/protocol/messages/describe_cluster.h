#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

struct DescribeClusterRequest {
  static constexpr std::int16_t kApiKey = 60;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 0;

  bool include_cluster_authorized_operations = false;
  std::int8_t endpoint_type = 1;
  bool include_fenced_brokers = false;

  static const Table& table();
};

namespace describe_cluster_response {

struct DescribeClusterBroker {
  std::int32_t broker_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack;
  bool is_fenced = false;

  static const Table& table();
};

}  // namespace describe_cluster_response

struct DescribeClusterResponse {
  static constexpr std::int16_t kApiKey = 60;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 0;
  using DescribeClusterBroker = describe_cluster_response::DescribeClusterBroker;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::int8_t endpoint_type = 1;
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::vector<DescribeClusterBroker> brokers;
  std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min();

  static const Table& table();
};

}  // namespace takhin::protocol
