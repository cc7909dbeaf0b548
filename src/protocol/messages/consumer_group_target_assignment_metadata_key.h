#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>

#include "base/types.h"

namespace takhin::protocol {

struct Table;

struct ConsumerGroupTargetAssignmentMetadataKey {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;

  std::string group_id;

  static const Table& table();
};

}  // namespace takhin::protocol
