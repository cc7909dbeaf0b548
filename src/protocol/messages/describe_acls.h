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

struct DescribeAclsRequest {
  static constexpr std::int16_t kApiKey = 29;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;

  std::int8_t resource_type_filter = 0;
  std::optional<std::string> resource_name_filter{std::string{}};
  std::int8_t pattern_type_filter = 3;
  std::optional<std::string> principal_filter{std::string{}};
  std::optional<std::string> host_filter{std::string{}};
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  static const Table& table();
};

namespace describe_acls_response {

struct AclDescription {
  std::string principal;
  std::string host;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  static const Table& table();
};
struct DescribeAclsResource {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::int8_t pattern_type = 3;
  std::vector<AclDescription> acls;

  static const Table& table();
};

}  // namespace describe_acls_response

struct DescribeAclsResponse {
  static constexpr std::int16_t kApiKey = 29;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;
  using AclDescription = describe_acls_response::AclDescription;
  using DescribeAclsResource = describe_acls_response::DescribeAclsResource;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::vector<DescribeAclsResource> resources;

  static const Table& table();
};

}  // namespace takhin::protocol
