#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>

#include "base/types.h"

namespace takhin::protocol {

struct Table;

struct RequestHeader {
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;

  std::int16_t request_api_key = 0;
  std::int16_t request_api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id{std::string{}};

  static const Table& table();
};

}  // namespace takhin::protocol
