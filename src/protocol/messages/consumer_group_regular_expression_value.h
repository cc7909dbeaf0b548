#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"

namespace takhin::protocol {

struct Table;

struct ConsumerGroupRegularExpressionValue {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;

  std::vector<std::string> topics;
  std::int64_t version = 0;
  std::int64_t timestamp = 0;

  static const Table& table();
};

}  // namespace takhin::protocol
