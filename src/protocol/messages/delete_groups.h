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

struct DeleteGroupsRequest {
  static constexpr std::int16_t kApiKey = 42;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;

  std::vector<std::string> groups_names;

  static const Table& table();
};

namespace delete_groups_response {

struct DeletableGroupResult {
  std::string group_id;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;

  static const Table& table();
};

}  // namespace delete_groups_response

struct DeleteGroupsResponse {
  static constexpr std::int16_t kApiKey = 42;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;
  using DeletableGroupResult = delete_groups_response::DeletableGroupResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<DeletableGroupResult> results;

  static const Table& table();
};

}  // namespace takhin::protocol
