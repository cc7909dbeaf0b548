// UpdateFeatures (KIP-584; one answer for all of them since v2, KIP-1022).

#include <map>

#include "base/log.h"
#include "base/text.h"
#include "broker/features.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/update_features.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::UpdateFeaturesRequest;
using protocol::UpdateFeaturesResponse;
using Refusal = Features::Refusal;

constexpr std::int16_t kDirectionSince = 1;
constexpr std::int16_t kOneAnswerSince = 2;

std::vector<Features::Change> changes_of(const UpdateFeaturesRequest& request, std::int16_t version) {
  std::vector<Features::Change> changes;
  for (const auto& asked : request.feature_updates) {
    auto& change = changes.emplace_back();
    change.feature = asked.feature;
    change.level = asked.max_version_level;
    if (version >= kDirectionSince) change.direction = static_cast<Features::Direction>(asked.upgrade_type);
    else if (asked.allow_downgrade) change.direction = Features::Direction::kSafeDowngrade;
  }
  return changes;
}

/// The first thing that stands against any of them: then none is made.
Refusal check(const Features& features, const std::vector<Features::Change>& changes) {
  std::map<std::string_view, int> times;
  for (const auto& change : changes) {
    if (++times[change.feature] > 1) {
      return {ErrorCode::kInvalidRequest, fmt::format("feature {} is named twice", printable(change.feature))};
    }
  }
  for (const auto& change : changes) {
    if (Refusal refusal = features.check(change); refusal.error != ErrorCode::kNone) return refusal;
  }
  return {};
}

void answer(const CallPtr& call, const std::vector<Features::Change>& changes, const Refusal& refusal) {
  UpdateFeaturesResponse response;
  response.error_message.reset();
  response.error_code = refusal.error;
  if (refusal.error != ErrorCode::kNone) {
    response.error_message =
        fmt::format("The update failed for all features since the following feature had an error: {}", refusal.why);
  } else if (call->version() < kOneAnswerSince) {
    for (const auto& change : changes) response.results.push_back({change.feature, ErrorCode::kNone, std::nullopt});
  }
  call->answer(response);
}

/// Blocks: in the admin pool, where changes meet one at a time.
void update(const CallPtr& call, const std::vector<Features::Change>& changes, bool validate_only, const std::string& who) {
  Features& features = call->broker.features;
  Refusal refusal = check(features, changes);
  if (refusal.error == ErrorCode::kNone && !validate_only) {
    const auto applied = features.apply(changes);
    if (!applied.ok()) refusal = {protocol::error_code_for(applied.error().kind), applied.error().text};
    for (const auto& change : changes) {
      if (!applied.ok()) break;
      log_info("audit", "connection {}, user '{}': feature {} set to level {}", call->peer, printable(who), change.feature,
               change.level);
    }
  }
  answer(call, changes, refusal);
}

void run(const CallPtr& call, UpdateFeaturesRequest request) {
  const auto changes = changes_of(request, call->version());
  in_pool(
      call->broker.admin,
      [call, changes, only = request.validate_only, who = call->session->user] { update(call, changes, only, who); },
      [&] { answer(call, changes, {ErrorCode::kRequestTimedOut, "too much is being changed; try again"}); });
}

}  // namespace

void update_features(const CallPtr& call) { decoded<UpdateFeaturesRequest, run>(call); }

}  // namespace takhin::broker::handlers
