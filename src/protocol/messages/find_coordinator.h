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

struct FindCoordinatorRequest {
  static constexpr std::int16_t kApiKey = 10;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 6;
  static constexpr std::int16_t kFlexibleSince = 3;

  std::string key;
  std::int8_t key_type = 0;
  std::vector<std::string> coordinator_keys;

  static const Table& table();
};

namespace find_coordinator_response {

struct Coordinator {
  std::string key;
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};

  static const Table& table();
};

}  // namespace find_coordinator_response

struct FindCoordinatorResponse {
  static constexpr std::int16_t kApiKey = 10;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 6;
  static constexpr std::int16_t kFlexibleSince = 3;
  using Coordinator = find_coordinator_response::Coordinator;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::vector<Coordinator> coordinators;

  static const Table& table();
};

}  // namespace takhin::protocol
