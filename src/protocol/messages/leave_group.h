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

namespace leave_group_request {

struct MemberIdentity {
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> reason;

  static const Table& table();
};

}  // namespace leave_group_request

struct LeaveGroupRequest {
  static constexpr std::int16_t kApiKey = 13;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 4;
  using MemberIdentity = leave_group_request::MemberIdentity;

  std::string group_id;
  std::string member_id;
  std::vector<MemberIdentity> members;

  static const Table& table();
};

namespace leave_group_response {

struct MemberResponse {
  std::string member_id;
  std::optional<std::string> group_instance_id{std::string{}};
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};

}  // namespace leave_group_response

struct LeaveGroupResponse {
  static constexpr std::int16_t kApiKey = 13;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 4;
  using MemberResponse = leave_group_response::MemberResponse;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<MemberResponse> members;

  static const Table& table();
};

}  // namespace takhin::protocol
