#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>

#include "base/types.h"

namespace takhin::protocol {

struct Table;

struct ConsumerGroupMetadataValue {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;

  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;

  static const Table& table();
};

}  // namespace takhin::protocol
