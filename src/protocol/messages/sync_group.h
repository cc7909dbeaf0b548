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

namespace sync_group_request {

struct SyncGroupRequestAssignment {
  std::string member_id;
  Bytes assignment;

  static const Table& table();
};

}  // namespace sync_group_request

struct SyncGroupRequest {
  static constexpr std::int16_t kApiKey = 14;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 4;
  using SyncGroupRequestAssignment = sync_group_request::SyncGroupRequestAssignment;

  std::string group_id;
  std::int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<SyncGroupRequestAssignment> assignments;

  static const Table& table();
};

struct SyncGroupResponse {
  static constexpr std::int16_t kApiKey = 14;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 4;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  Bytes assignment;

  static const Table& table();
};

}  // namespace takhin::protocol
