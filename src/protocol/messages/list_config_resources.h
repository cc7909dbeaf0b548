#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

struct ListConfigResourcesRequest {
  static constexpr std::int16_t kApiKey = 74;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 0;

  std::vector<std::int8_t> resource_types;

  static const Table& table();
};

namespace list_config_resources_response {

struct ConfigResource {
  std::string resource_name;
  std::int8_t resource_type = 16;

  static const Table& table();
};

}  // namespace list_config_resources_response

struct ListConfigResourcesResponse {
  static constexpr std::int16_t kApiKey = 74;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 0;
  using ConfigResource = list_config_resources_response::ConfigResource;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ConfigResource> config_resources;

  static const Table& table();
};

}  // namespace takhin::protocol
