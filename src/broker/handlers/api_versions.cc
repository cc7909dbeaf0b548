// ApiVersions (KIP-35, KIP-511, KIP-584): what is served, told to a client before anything else.

#include <algorithm>

#include "broker/api_table.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/api_versions.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::ErrorCode;

/// Kafka 4.0's level of the metadata format: tools show it, nothing here depends on it.
constexpr std::int16_t kMetadataLevelMin = 7;
constexpr std::int16_t kMetadataLevel = 25;
/// Of KIP-890: producers that know it add partitions with their batches and count an epoch for each transaction.
constexpr std::int16_t kTransactionLevel = 2;
constexpr std::int16_t kNamesSince = 3;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// KIP-511: letters and digits, with '-' and '.' between them.
bool is_software_name(std::string_view text) {
  return !text.empty() && is_word(text.front()) && is_word(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_word(c) || c == '-' || c == '.'; });
}

ApiVersionsResponse response_of(ErrorCode error) {
  ApiVersionsResponse response;
  response.error_code = error;
  if (error != ErrorCode::kNone && error != ErrorCode::kUnsupportedVersion) return response;
  for (const ServedApi& api : served_apis()) {
    response.api_keys.push_back({static_cast<std::int16_t>(api.key), api.listed_min, api.version_max});
  }
  if (error != ErrorCode::kNone) return response;
  response.supported_features.push_back({"metadata.version", kMetadataLevelMin, kMetadataLevel});
  response.supported_features.push_back({"transaction.version", 0, kTransactionLevel});
  response.finalized_features_epoch = 0;
  response.finalized_features.push_back({"metadata.version", kMetadataLevel, kMetadataLevel});
  response.finalized_features.push_back({"transaction.version", kTransactionLevel, kTransactionLevel});
  return response;
}

void run(const CallPtr& call, ApiVersionsRequest request) {
  const bool named = is_software_name(request.client_software_name) && is_software_name(request.client_software_version);
  call->answer(response_of(call->version() < kNamesSince || named ? ErrorCode::kNone : ErrorCode::kInvalidRequest));
}

}  // namespace

void api_versions(const CallPtr& call) {
  const auto served = std::ranges::find(served_apis(), protocol::ApiKey::kApiVersions, &ServedApi::key);
  if (call->version() < 0 || call->version() > served->version_max) {
    return call->answer_as(0, response_of(ErrorCode::kUnsupportedVersion));
  }
  decoded<ApiVersionsRequest, run>(call);
}

}  // namespace takhin::broker::handlers
