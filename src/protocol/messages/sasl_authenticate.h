#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/errors.h"
#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

struct SaslAuthenticateRequest {
  static constexpr std::int16_t kApiKey = 36;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;

  Bytes auth_bytes;

  static const Table& table();
};

struct SaslAuthenticateResponse {
  static constexpr std::int16_t kApiKey = 36;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;

  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  Bytes auth_bytes;
  std::int64_t session_lifetime_ms = 0;

  static const Table& table();
};

}  // namespace takhin::protocol
