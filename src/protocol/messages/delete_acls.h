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

namespace delete_acls_request {

struct DeleteAclsFilter {
  std::int8_t resource_type_filter = 0;
  std::optional<std::string> resource_name_filter{std::string{}};
  std::int8_t pattern_type_filter = 3;
  std::optional<std::string> principal_filter{std::string{}};
  std::optional<std::string> host_filter{std::string{}};
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  static const Table& table();
};

}  // namespace delete_acls_request

struct DeleteAclsRequest {
  static constexpr std::int16_t kApiKey = 31;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;
  using DeleteAclsFilter = delete_acls_request::DeleteAclsFilter;

  std::vector<DeleteAclsFilter> filters;

  static const Table& table();
};

namespace delete_acls_response {

struct DeleteAclsMatchingAcl {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::int8_t pattern_type = 3;
  std::string principal;
  std::string host;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  static const Table& table();
};
struct DeleteAclsFilterResult {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::vector<DeleteAclsMatchingAcl> matching_acls;

  static const Table& table();
};

}  // namespace delete_acls_response

struct DeleteAclsResponse {
  static constexpr std::int16_t kApiKey = 31;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 3;
  static constexpr std::int16_t kFlexibleSince = 2;
  using DeleteAclsMatchingAcl = delete_acls_response::DeleteAclsMatchingAcl;
  using DeleteAclsFilterResult = delete_acls_response::DeleteAclsFilterResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<DeleteAclsFilterResult> filter_results;

  static const Table& table();
};

}  // namespace takhin::protocol
