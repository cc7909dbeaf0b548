#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>

#include "base/types.h"

namespace takhin::protocol {

struct Table;

struct ResponseHeader {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 1;

  std::int32_t correlation_id = 0;

  static const Table& table();
};

}  // namespace takhin::protocol
