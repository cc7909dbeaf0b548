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

namespace create_acls_request {

struct AclCreation {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::int8_t resource_pattern_type = 3;
  std::string principal;
  std::string host;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  static const Table& table();
};

}  // namespace create_acls_request

struct CreateAclsRequest {
  static constexpr std::int16_t kApiKey = 30;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;
  using AclCreation = create_acls_request::AclCreation;

  std::vector<AclCreation> creations;

  static const Table& table();
};

namespace create_acls_response {

struct AclCreationResult {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};

  static const Table& table();
};

}  // namespace create_acls_response

struct CreateAclsResponse {
  static constexpr std::int16_t kApiKey = 30;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;
  using AclCreationResult = create_acls_response::AclCreationResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<AclCreationResult> results;

  static const Table& table();
};

}  // namespace takhin::protocol
