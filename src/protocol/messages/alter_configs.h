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

namespace alter_configs_request {

struct AlterableConfig {
  std::string name;
  std::optional<std::string> value{std::string{}};

  static const Table& table();
};
struct AlterConfigsResource {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::vector<AlterableConfig> configs;

  static const Table& table();
};

}  // namespace alter_configs_request

struct AlterConfigsRequest {
  static constexpr std::int16_t kApiKey = 33;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;
  using AlterableConfig = alter_configs_request::AlterableConfig;
  using AlterConfigsResource = alter_configs_request::AlterConfigsResource;

  std::vector<AlterConfigsResource> resources;
  bool validate_only = false;

  static const Table& table();
};

namespace alter_configs_response {

struct AlterConfigsResourceResponse {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::int8_t resource_type = 0;
  std::string resource_name;

  static const Table& table();
};

}  // namespace alter_configs_response

struct AlterConfigsResponse {
  static constexpr std::int16_t kApiKey = 33;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;
  using AlterConfigsResourceResponse = alter_configs_response::AlterConfigsResourceResponse;

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterConfigsResourceResponse> responses;

  static const Table& table();
};

}  // namespace takhin::protocol
