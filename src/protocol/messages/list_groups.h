#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

struct ListGroupsRequest {
  static constexpr std::int16_t kApiKey = 16;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 3;

  std::vector<std::string> states_filter;
  std::vector<std::string> types_filter;

  static const Table& table();
};

namespace list_groups_response {

struct ListedGroup {
  std::string group_id;
  std::string protocol_type;
  std::string group_state;
  std::string group_type;

  static const Table& table();
};

}  // namespace list_groups_response

struct ListGroupsResponse {
  static constexpr std::int16_t kApiKey = 16;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 3;
  using ListedGroup = list_groups_response::ListedGroup;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ListedGroup> groups;

  static const Table& table();
};

}  // namespace takhin::protocol
