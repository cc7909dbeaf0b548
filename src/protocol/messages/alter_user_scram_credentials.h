#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/errors.h"
#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

namespace alter_user_scram_credentials_request {

struct ScramCredentialDeletion {
  std::string name;
  std::int8_t mechanism = 0;

  static const Table& table();
};
struct ScramCredentialUpsertion {
  std::string name;
  std::int8_t mechanism = 0;
  std::int32_t iterations = 0;
  Bytes salt;
  Bytes salted_password;

  static const Table& table();
};

}  // namespace alter_user_scram_credentials_request

struct AlterUserScramCredentialsRequest {
  static constexpr std::int16_t kApiKey = 51;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using ScramCredentialDeletion = alter_user_scram_credentials_request::ScramCredentialDeletion;
  using ScramCredentialUpsertion = alter_user_scram_credentials_request::ScramCredentialUpsertion;

  std::vector<ScramCredentialDeletion> deletions;
  std::vector<ScramCredentialUpsertion> upsertions;

  static const Table& table();
};

namespace alter_user_scram_credentials_response {

struct AlterUserScramCredentialsResult {
  std::string user;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};

  static const Table& table();
};

}  // namespace alter_user_scram_credentials_response

struct AlterUserScramCredentialsResponse {
  static constexpr std::int16_t kApiKey = 51;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using AlterUserScramCredentialsResult = alter_user_scram_credentials_response::AlterUserScramCredentialsResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterUserScramCredentialsResult> results;

  static const Table& table();
};

}  // namespace takhin::protocol
