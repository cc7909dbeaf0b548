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

namespace incremental_alter_configs_request {

struct AlterableConfig {
  std::string name;
  std::int8_t config_operation = 0;
  std::optional<std::string> value{std::string{}};

  static const Table& table();
};
struct AlterConfigsResource {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::vector<AlterableConfig> configs;

  static const Table& table();
};

}  // namespace incremental_alter_configs_request

struct IncrementalAlterConfigsRequest {
  static constexpr std::int16_t kApiKey = 44;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 1;
  using AlterableConfig = incremental_alter_configs_request::AlterableConfig;
  using AlterConfigsResource = incremental_alter_configs_request::AlterConfigsResource;

  std::vector<AlterConfigsResource> resources;
  bool validate_only = false;

  static const Table& table();
};

namespace incremental_alter_configs_response {

struct AlterConfigsResourceResponse {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::int8_t resource_type = 0;
  std::string resource_name;

  static const Table& table();
};

}  // namespace incremental_alter_configs_response

struct IncrementalAlterConfigsResponse {
  static constexpr std::int16_t kApiKey = 44;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 1;
  using AlterConfigsResourceResponse = incremental_alter_configs_response::AlterConfigsResourceResponse;

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterConfigsResourceResponse> responses;

  static const Table& table();
};

}  // namespace takhin::protocol
