// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/update_features.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& update_features_request::FeatureUpdateKey::table() {
  using S = FeatureUpdateKey;
  static constexpr Row rows[] = {
      {"Feature", offsetof(S, feature), kShape<decltype(S::feature)>, {}},
      {"MaxVersionLevel", offsetof(S, max_version_level), kShape<decltype(S::max_version_level)>, {}},
      {"AllowDowngrade", offsetof(S, allow_downgrade), kShape<decltype(S::allow_downgrade)>, {.until = 0}},
      {"UpgradeType", offsetof(S, upgrade_type), kShape<decltype(S::upgrade_type)>, {.since = 1}},
  };
  static constexpr Table table{"FeatureUpdateKey", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& UpdateFeaturesRequest::table() {
  using S = UpdateFeaturesRequest;
  static constexpr Row rows[] = {
      {"timeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {}},
      {"FeatureUpdates", offsetof(S, feature_updates), kShape<decltype(S::feature_updates)>, {}},
      {"ValidateOnly", offsetof(S, validate_only), kShape<decltype(S::validate_only)>, {.since = 1}},
  };
  static constexpr Table table{"UpdateFeaturesRequest", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& update_features_response::UpdatableFeatureResult::table() {
  using S = UpdatableFeatureResult;
  static constexpr Row rows[] = {
      {"Feature", offsetof(S, feature), kShape<decltype(S::feature)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"UpdatableFeatureResult", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& UpdateFeaturesResponse::table() {
  using S = UpdateFeaturesResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"Results", offsetof(S, results), kShape<decltype(S::results)>, {.until = 1}},
  };
  static constexpr Table table{"UpdateFeaturesResponse", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
