// ApiVersions (KIP-35, KIP-511, KIP-584): what is served, told to a client before anything else.

#include <algorithm>

#include "broker/api_table.h"
#include "broker/features.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/api_versions.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::ErrorCode;

constexpr std::int16_t kNamesSince = 3;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// KIP-511: letters and digits, with '-' and '.' between them.
bool is_software_name(std::string_view text) {
  return !text.empty() && is_word(text.front()) && is_word(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_word(c) || c == '-' || c == '.'; });
}

ApiVersionsResponse response_of(const Features& features, ErrorCode error) {
  ApiVersionsResponse response;
  response.error_code = error;
  if (error != ErrorCode::kNone && error != ErrorCode::kUnsupportedVersion) return response;
  for (const ServedApi& api : served_apis()) {
    response.api_keys.push_back({static_cast<std::int16_t>(api.key), api.listed_min, api.version_max});
  }
  if (error != ErrorCode::kNone) return response;
  for (const FeatureRow& row : feature_rows()) {
    response.supported_features.push_back({std::string(row.name), row.min, row.max});
  }
  const FinalizedFeatures now = features.finalized();
  response.finalized_features_epoch = now.epoch;
  for (const auto& [name, level] : now.levels) {
    if (level > 0) response.finalized_features.push_back({name, level, level});
  }
  return response;
}

void run(const CallPtr& call, ApiVersionsRequest request) {
  const bool named = is_software_name(request.client_software_name) && is_software_name(request.client_software_version);
  const ErrorCode error = call->version() < kNamesSince || named ? ErrorCode::kNone : ErrorCode::kInvalidRequest;
  call->answer(response_of(call->broker.features, error));
}

}  // namespace

void api_versions(const CallPtr& call) {
  const auto served = std::ranges::find(served_apis(), protocol::ApiKey::kApiVersions, &ServedApi::key);
  if (call->version() < 0 || call->version() > served->version_max) {
    return call->answer_as(0, response_of(call->broker.features, ErrorCode::kUnsupportedVersion));
  }
  decoded<ApiVersionsRequest, run>(call);
}

}  // namespace takhin::broker::handlers
