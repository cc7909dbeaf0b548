#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

struct SaslHandshakeRequest {
  static constexpr std::int16_t kApiKey = 17;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;

  std::string mechanism;

  static const Table& table();
};

struct SaslHandshakeResponse {
  static constexpr std::int16_t kApiKey = 17;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<std::string> mechanisms;

  static const Table& table();
};

}  // namespace takhin::protocol
