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

namespace update_features_request {

struct FeatureUpdateKey {
  std::string feature;
  std::int16_t max_version_level = 0;
  bool allow_downgrade = false;
  std::int8_t upgrade_type = 1;

  static const Table& table();
};

}  // namespace update_features_request

struct UpdateFeaturesRequest {
  static constexpr std::int16_t kApiKey = 57;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 0;
  using FeatureUpdateKey = update_features_request::FeatureUpdateKey;

  std::int32_t timeout_ms = 60000;
  std::vector<FeatureUpdateKey> feature_updates;
  bool validate_only = false;

  static const Table& table();
};

namespace update_features_response {

struct UpdatableFeatureResult {
  std::string feature;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};

  static const Table& table();
};

}  // namespace update_features_response

struct UpdateFeaturesResponse {
  static constexpr std::int16_t kApiKey = 57;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 0;
  using UpdatableFeatureResult = update_features_response::UpdatableFeatureResult;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::vector<UpdatableFeatureResult> results;

  static const Table& table();
};

}  // namespace takhin::protocol
