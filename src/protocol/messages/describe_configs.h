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

namespace describe_configs_request {

struct DescribeConfigsResource {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::optional<std::vector<std::string>> configuration_keys{std::vector<std::string>{}};

  static const Table& table();
};

}  // namespace describe_configs_request

struct DescribeConfigsRequest {
  static constexpr std::int16_t kApiKey = 32;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 4;
  static constexpr std::int16_t kFlexibleSince = 4;
  using DescribeConfigsResource = describe_configs_request::DescribeConfigsResource;

  std::vector<DescribeConfigsResource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;

  static const Table& table();
};

namespace describe_configs_response {

struct DescribeConfigsSynonym {
  std::string name;
  std::optional<std::string> value{std::string{}};
  std::int8_t source = 0;

  static const Table& table();
};
struct DescribeConfigsResourceResult {
  std::string name;
  std::optional<std::string> value{std::string{}};
  bool read_only = false;
  std::int8_t config_source = -1;
  bool is_sensitive = false;
  std::vector<DescribeConfigsSynonym> synonyms;
  std::int8_t config_type = 0;
  std::optional<std::string> documentation{std::string{}};

  static const Table& table();
};
struct DescribeConfigsResult {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::vector<DescribeConfigsResourceResult> configs;

  static const Table& table();
};

}  // namespace describe_configs_response

struct DescribeConfigsResponse {
  static constexpr std::int16_t kApiKey = 32;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 4;
  static constexpr std::int16_t kFlexibleSince = 4;
  using DescribeConfigsSynonym = describe_configs_response::DescribeConfigsSynonym;
  using DescribeConfigsResourceResult = describe_configs_response::DescribeConfigsResourceResult;
  using DescribeConfigsResult = describe_configs_response::DescribeConfigsResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribeConfigsResult> results;

  static const Table& table();
};

}  // namespace takhin::protocol
