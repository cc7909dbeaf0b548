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

namespace describe_user_scram_credentials_request {

struct UserName {
  std::string name;

  static const Table& table();
};

}  // namespace describe_user_scram_credentials_request

struct DescribeUserScramCredentialsRequest {
  static constexpr std::int16_t kApiKey = 50;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using UserName = describe_user_scram_credentials_request::UserName;

  std::optional<std::vector<UserName>> users{std::vector<UserName>{}};

  static const Table& table();
};

namespace describe_user_scram_credentials_response {

struct CredentialInfo {
  std::int8_t mechanism = 0;
  std::int32_t iterations = 0;

  static const Table& table();
};
struct DescribeUserScramCredentialsResult {
  std::string user;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::vector<CredentialInfo> credential_infos;

  static const Table& table();
};

}  // namespace describe_user_scram_credentials_response

struct DescribeUserScramCredentialsResponse {
  static constexpr std::int16_t kApiKey = 50;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using CredentialInfo = describe_user_scram_credentials_response::CredentialInfo;
  using DescribeUserScramCredentialsResult = describe_user_scram_credentials_response::DescribeUserScramCredentialsResult;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::vector<DescribeUserScramCredentialsResult> results;

  static const Table& table();
};

}  // namespace takhin::protocol
