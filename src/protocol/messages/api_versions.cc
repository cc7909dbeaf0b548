// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/api_versions.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ApiVersionsRequest::table() {
  using S = ApiVersionsRequest;
  static constexpr Row rows[] = {
      {"ClientSoftwareName", offsetof(S, client_software_name),
       kShape<decltype(S::client_software_name)>, {.since = 3}},
      {"ClientSoftwareVersion", offsetof(S, client_software_version),
       kShape<decltype(S::client_software_version)>, {.since = 3}},
      {"ClusterId", offsetof(S, cluster_id), kShape<decltype(S::cluster_id)>, {.since = 5, .nullable_since = 5}},
      {"NodeId", offsetof(S, node_id), kShape<decltype(S::node_id)>, {.since = 5}},
  };
  static constexpr Table table{"ApiVersionsRequest", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& api_versions_response::ApiVersion::table() {
  using S = ApiVersion;
  static constexpr Row rows[] = {
      {"ApiKey", offsetof(S, api_key), kShape<decltype(S::api_key)>, {}},
      {"MinVersion", offsetof(S, min_version), kShape<decltype(S::min_version)>, {}},
      {"MaxVersion", offsetof(S, max_version), kShape<decltype(S::max_version)>, {}},
  };
  static constexpr Table table{"ApiVersion", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& api_versions_response::SupportedFeatureKey::table() {
  using S = SupportedFeatureKey;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.since = 3}},
      {"MinVersion", offsetof(S, min_version), kShape<decltype(S::min_version)>, {.since = 3}},
      {"MaxVersion", offsetof(S, max_version), kShape<decltype(S::max_version)>, {.since = 3}},
  };
  static constexpr Table table{"SupportedFeatureKey", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& api_versions_response::FinalizedFeatureKey::table() {
  using S = FinalizedFeatureKey;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.since = 3}},
      {"MaxVersionLevel", offsetof(S, max_version_level), kShape<decltype(S::max_version_level)>, {.since = 3}},
      {"MinVersionLevel", offsetof(S, min_version_level), kShape<decltype(S::min_version_level)>, {.since = 3}},
  };
  static constexpr Table table{"FinalizedFeatureKey", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ApiVersionsResponse::table() {
  using S = ApiVersionsResponse;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ApiKeys", offsetof(S, api_keys), kShape<decltype(S::api_keys)>, {}},
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 1}},
      {"SupportedFeatures", offsetof(S, supported_features),
       kShape<decltype(S::supported_features)>, {.since = 3, .tag = 0}},
      {"FinalizedFeaturesEpoch", offsetof(S, finalized_features_epoch),
       kShape<decltype(S::finalized_features_epoch)>, {.since = 3, .tag = 1}},
      {"FinalizedFeatures", offsetof(S, finalized_features),
       kShape<decltype(S::finalized_features)>, {.since = 3, .tag = 2}},
      {"ZkMigrationReady", offsetof(S, zk_migration_ready),
       kShape<decltype(S::zk_migration_ready)>, {.since = 3, .tag = 3}},
  };
  static constexpr Table table{"ApiVersionsResponse", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
