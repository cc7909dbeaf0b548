#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/errors.h"
#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

namespace join_group_request {

struct JoinGroupRequestProtocol {
  std::string name;
  Bytes metadata;

  static const Table& table();
};

}  // namespace join_group_request

struct JoinGroupRequest {
  static constexpr std::int16_t kApiKey = 11;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 9;
  static constexpr std::int16_t kFlexibleSince = 6;
  using JoinGroupRequestProtocol = join_group_request::JoinGroupRequestProtocol;

  std::string group_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::string protocol_type;
  std::vector<JoinGroupRequestProtocol> protocols;
  std::optional<std::string> reason;

  static const Table& table();
};

namespace join_group_response {

struct JoinGroupResponseMember {
  std::string member_id;
  std::optional<std::string> group_instance_id;
  Bytes metadata;

  static const Table& table();
};

}  // namespace join_group_response

struct JoinGroupResponse {
  static constexpr std::int16_t kApiKey = 11;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 9;
  static constexpr std::int16_t kFlexibleSince = 6;
  using JoinGroupResponseMember = join_group_response::JoinGroupResponseMember;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name{std::string{}};
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<JoinGroupResponseMember> members;

  static const Table& table();
};

}  // namespace takhin::protocol
