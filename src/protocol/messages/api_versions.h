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

struct ApiVersionsRequest {
  static constexpr std::int16_t kApiKey = 18;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 3;

  std::string client_software_name;
  std::string client_software_version;
  std::optional<std::string> cluster_id;
  std::int32_t node_id = -1;

  static const Table& table();
};

namespace api_versions_response {

struct ApiVersion {
  std::int16_t api_key = 0;
  std::int16_t min_version = 0;
  std::int16_t max_version = 0;

  static const Table& table();
};
struct SupportedFeatureKey {
  std::string name;
  std::int16_t min_version = 0;
  std::int16_t max_version = 0;

  static const Table& table();
};
struct FinalizedFeatureKey {
  std::string name;
  std::int16_t max_version_level = 0;
  std::int16_t min_version_level = 0;

  static const Table& table();
};

}  // namespace api_versions_response

struct ApiVersionsResponse {
  static constexpr std::int16_t kApiKey = 18;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 3;
  using ApiVersion = api_versions_response::ApiVersion;
  using SupportedFeatureKey = api_versions_response::SupportedFeatureKey;
  using FinalizedFeatureKey = api_versions_response::FinalizedFeatureKey;

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ApiVersion> api_keys;
  std::int32_t throttle_time_ms = 0;
  std::vector<SupportedFeatureKey> supported_features;
  std::int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeatureKey> finalized_features;
  bool zk_migration_ready = false;

  static const Table& table();
};

}  // namespace takhin::protocol
