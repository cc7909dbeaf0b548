#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocol/errors.h"
#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

struct DescribeGroupsRequest {
  static constexpr std::int16_t kApiKey = 15;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 6;
  static constexpr std::int16_t kFlexibleSince = 5;

  std::vector<std::string> groups;
  bool include_authorized_operations = false;

  static const Table& table();
};

namespace describe_groups_response {

struct DescribedGroupMember {
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::string client_id;
  std::string client_host;
  Bytes member_metadata;
  Bytes member_assignment;

  static const Table& table();
};
struct DescribedGroup {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::string group_id;
  std::string group_state;
  std::string protocol_type;
  std::string protocol_data;
  std::vector<DescribedGroupMember> members;
  std::int32_t authorized_operations = std::numeric_limits<std::int32_t>::min();

  static const Table& table();
};

}  // namespace describe_groups_response

struct DescribeGroupsResponse {
  static constexpr std::int16_t kApiKey = 15;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 6;
  static constexpr std::int16_t kFlexibleSince = 5;
  using DescribedGroupMember = describe_groups_response::DescribedGroupMember;
  using DescribedGroup = describe_groups_response::DescribedGroup;

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;

  static const Table& table();
};

}  // namespace takhin::protocol
