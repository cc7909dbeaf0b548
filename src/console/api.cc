#include "console/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/kinds.h"
#include "console/json.h"

namespace takhin::console {
namespace {

constexpr std::size_t kCostTopicsMax = 1'000;

enum class Gate { kNone, kTiered, kTiers };  // what answers when tiering is off

struct Route {
  std::string_view method;
  std::string_view path;  // one that ends in '/' and is longer than that takes a segment path behind it
  Gate gate;
  Api::Handler handler;

  bool takes_segment() const { return path.size() > 1 && path.ends_with('/'); }
  bool matches(std::string_view asked) const { return takes_segment() ? asked.starts_with(path) : asked == path; }
};

constexpr Route kConsoleRoutes[] = {
    {"GET", "/", Gate::kNone, &Api::index},
    {"GET", "/api/health", Gate::kNone, &Api::open_health},
    {"GET", "/api/v1/tiered/stats", Gate::kTiered, &Api::tiered_stats},
    {"POST", "/api/v1/tiered/archive", Gate::kTiered, &Api::archive},
    {"POST", "/api/v1/tiered/restore", Gate::kTiered, &Api::restore},
    {"GET", "/api/v1/tiered/segments/", Gate::kTiered, &Api::segment},
    {"GET", "/api/v1/tiered/why/", Gate::kTiered, &Api::why},
    {"GET", "/api/v1/tiers/stats", Gate::kTiers, &Api::tier_stats},
    {"GET", "/api/v1/tiers/access/", Gate::kTiers, &Api::access},
    {"GET", "/api/v1/tiers/cost-analysis", Gate::kTiers, &Api::cost_analysis},
    {"GET", "/api/v1/tiers/cost/topics", Gate::kTiers, &Api::topic_costs},
    {"POST", "/api/v1/tiers/evaluate", Gate::kTiers, &Api::evaluate},
};
constexpr Route kMetricsRoutes[] = {{"GET", "/metrics", Gate::kNone, &Api::metrics_text}};
constexpr Route kHealthRoutes[] = {
    {"GET", "/health", Gate::kNone, &Api::health_summary},   {"GET", "/health/ready", Gate::kNone, &Api::health_ready},
    {"GET", "/health/live", Gate::kNone, &Api::health_live}, {"GET", "/ready", Gate::kNone, &Api::health_ready},
    {"GET", "/live", Gate::kNone, &Api::health_live},
};

Response json(const JsonObject& object, int status = 200) { return {.status = status, .body = object.str()}; }

int status_of(Kind kind) {
  if (kind == kFrozen) return 503;  // come again: the text says what is waited for
  switch (kind) {
    case Kind::kNotFound: return 404;
    case Kind::kConflict: return 409;
    case Kind::kInvalid: return 400;
    default: return 500;
  }
}

Response failure(const Error& error) { return error_response(status_of(error.kind), error.text); }

// The contract's text, whatever the layers below add to theirs.
Response segment_failure(const Error& error, const std::string& segment) {
  if (error.kind != Kind::kNotFound) return failure(error);
  return error_response(404, fmt::format("segment not found: {}", segment));
}

// Takes as long for a wrong key as for the right one of the same length.
bool same_secret(std::string_view given, std::string_view key) {
  unsigned difference = given.size() != key.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(key[i % key.size()]);
  }
  return difference == 0;
}

std::optional<Response> refused(const ConsoleOptions& options, const Request& request) {
  if (!options.auth_enabled) return std::nullopt;
  if (!request.authorization || request.authorization->empty())
    return error_response(401, "missing authorization header");
  std::string_view given = *request.authorization;
  if (given.starts_with("Bearer ")) given.remove_prefix(7);
  bool known = false;
  for (const auto& key : options.api_keys)
    known |= same_secret(given, key);
  if (!known) return error_response(401, "invalid API key");
  return std::nullopt;
}

Response dispatch(std::span<const Route> routes, const Api& api, const partition::Admin& admin,
                  const Request& request) {
  const std::string_view path = path_of(request.target);
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  const Route* wrong_method = nullptr;
  for (const Route& route : routes) {
    if (!route.matches(path)) continue;
    if (route.method != method) {
      wrong_method = &route;
      continue;
    }
    if (route.gate != Gate::kNone && !admin.tiering_enabled()) {
      return route.gate == Gate::kTiered ? error_response(501, "tiered storage not enabled")
                                         : error_response(503, "tier management not enabled");
    }
    std::string segment;
    if (route.takes_segment()) {
      auto decoded = percent_decoded(path.substr(route.path.size()));
      if (!decoded) return error_response(400, "invalid segment path");
      if (decoded->empty()) return error_response(400, "segment_path is required");
      segment = *std::move(decoded);
    }
    return (api.*route.handler)(request, segment);
  }
  if (wrong_method == nullptr) return error_response(404, "not found");
  Response response = error_response(405, "method not allowed");
  response.allow = wrong_method->method;
  return response;
}

Response body_failure(BodyFault fault) {
  return error_response(400, fault == BodyFault::kNoPath ? "segment_path is required" : "invalid request body");
}

Response success(std::string_view message) {
  return json(JsonObject().text("status", "success").text("message", message));
}

}  // namespace

Response error_response(int status, std::string_view text) { return json(JsonObject().text("error", text), status); }

Response Api::console(const Request& request) const {
  if (path_of(request.target) != "/api/health") {
    if (auto answer = refused(options_, request)) return *std::move(answer);
  }
  return dispatch(kConsoleRoutes, *this, admin_, request);
}
Response Api::metrics(const Request& request) const { return dispatch(kMetricsRoutes, *this, admin_, request); }
Response Api::health(const Request& request) const { return dispatch(kHealthRoutes, *this, admin_, request); }

Response Api::index(const Request&, const std::string&) const {
  std::string list;
  for (const Route& route : kConsoleRoutes) {
    list += fmt::format("<li><code>{} {}{}</code></li>\n", route.method, route.path,
                        route.takes_segment() ? "{segment_path}" : "");
  }
  return {.content_type = "text/html; charset=utf-8",
          .body = "<!doctype html>\n<title>takhin</title>\n<h1>takhin</h1>\n<ul>\n" + list + "</ul>\n"};
}

Response Api::open_health(const Request&, const std::string&) const { return json(JsonObject().text("status", "ok")); }

Response Api::tiered_stats(const Request&, const std::string&) const {
  const auto counts = admin_.segment_counts();
  return json(JsonObject()
                  .whole("total_segments", counts.total)
                  .whole("hot_segments", counts.hot)
                  .whole("warm_segments", counts.warm)
                  .whole("cold_segments", counts.cold)
                  .whole("archived_segments", counts.archived)
                  .whole("total_size_bytes", counts.total_bytes));
}

Response Api::archive(const Request& request, const std::string&) const {
  const auto body = parse_segment_body(request.body);
  if (body.fault != BodyFault::kNone) return body_failure(body.fault);
  const auto done = admin_.archive(body.path);
  return done.ok() ? success("segment archived successfully") : segment_failure(done.error(), body.path);
}

Response Api::restore(const Request& request, const std::string&) const {
  const auto body = parse_segment_body(request.body);
  if (body.fault != BodyFault::kNone) return body_failure(body.fault);
  const auto done = admin_.restore(body.path);
  return done.ok() ? success("segment restored successfully") : segment_failure(done.error(), body.path);
}

Response Api::segment(const Request&, const std::string& segment) const {
  const auto status = admin_.segment(segment);
  if (!status.ok()) return segment_failure(status.error(), segment);
  return json(JsonObject()
                  .text("segment_path", status->path)
                  .text("policy", tier::name_of(status->tier))
                  .flag("is_archived", status->archived));
}

Response Api::why(const Request&, const std::string& segment) const {
  const auto why = admin_.why(segment);
  if (!why.ok()) return segment_failure(why.error(), segment);
  return {.body = why_json(*why)};
}

Response Api::tier_stats(const Request&, const std::string&) const {
  const auto counts = admin_.tier_counts();
  return json(JsonObject()
                  .whole("hot_segments", counts.segments.hot)
                  .whole("warm_segments", counts.segments.warm)
                  .whole("cold_segments", counts.segments.cold)
                  .whole("promotion_count", counts.promotions)
                  .whole("demotion_count", counts.demotions)
                  .whole("cache_hits", counts.cache_hits)
                  .whole("cache_misses", counts.cache_misses)
                  .whole("tracked_segments", counts.tracked_segments));
}

Response Api::access(const Request&, const std::string& segment) const {
  const auto stats = admin_.access(segment);
  if (!stats.ok()) {
    return stats.error().kind == Kind::kNotFound ? error_response(404, "no access statistics for segment")
                                                 : failure(stats.error());
  }
  return json(JsonObject()
                  .text("segment_path", segment)
                  .whole("access_count", stats->count)
                  .text("last_access_at", rfc3339(stats->last))
                  .text("first_access_at", rfc3339(stats->first))
                  .whole("read_bytes", stats->read_bytes)
                  .number("average_read_hz", stats->average_hz));
}

Response Api::cost_analysis(const Request&, const std::string&) const {
  const auto report = admin_.cost();
  double since_start = 0;
  for (const auto& topic : admin_.topic_costs(kCostTopicsMax)) since_start += topic.requests_usd + topic.retrieval_usd;
  const double requests = report.cost.total_usd - report.cost.hot_usd - report.cost.cold_usd;
  return json(JsonObject()
                  .number("hot_storage_gb", report.hot_gb)
                  .number("cold_storage_gb", report.cold_gb)
                  .text("hot_storage_cost_monthly", fmt::format("${:.2f}", report.cost.hot_usd))
                  .text("cold_storage_cost_monthly", fmt::format("${:.2f}", report.cost.cold_usd))
                  .text("total_cost_monthly", fmt::format("${:.2f}", report.cost.total_usd))
                  .text("cost_savings_pct", fmt::format("{:.1f}%", report.cost.savings_pct))
                  .text("retrieval_cost_per_restore", fmt::format("${:.4f}", report.cost.restore_usd))
                  .text("requests_cost_monthly", fmt::format("${:.4f}", std::max(requests, 0.0)))
                  .text("requests_cost_since_start", fmt::format("${:.4f}", since_start))
                  .text("counted_since", rfc3339(started_)));
}

Response Api::topic_costs(const Request&, const std::string&) const {
  std::string topics;
  for (const auto& topic : admin_.topic_costs(kCostTopicsMax)) {
    topics += topics.empty() ? "" : ",";
    topics += JsonObject()
                  .text("topic", topic.topic)
                  .whole("local_bytes", topic.local_bytes)
                  .whole("remote_bytes", topic.remote_bytes)
                  .whole("put_requests", topic.put_requests)
                  .whole("get_requests", topic.get_requests)
                  .whole("bytes_up", topic.bytes_up)
                  .whole("bytes_down", topic.bytes_down)
                  .number("storage_usd_month", topic.storage_usd_month)
                  .number("requests_usd", topic.requests_usd)
                  .number("retrieval_usd", topic.retrieval_usd)
                  .str();
  }
  return json(JsonObject().raw("topics", "[" + topics + "]").text("counted_since", rfc3339(started_)));
}

Response Api::evaluate(const Request&, const std::string&) const {
  const auto done = admin_.evaluate();
  if (!done.ok()) return failure(done.error());
  return json(JsonObject().text("message", "tier evaluation completed successfully"));
}

Response Api::metrics_text(const Request&, const std::string&) const {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.text()};
}

Response Api::health_summary(const Request&, const std::string&) const {
  const auto ready = admin_.ready();
  if (ready.ok()) return json(JsonObject().text("status", "ok"));
  return json(JsonObject().text("status", "degraded").text("error", ready.error().text));
}

Response Api::health_ready(const Request&, const std::string&) const {
  const auto ready = admin_.ready();
  if (ready.ok()) return json(JsonObject().text("status", "ok"));
  return json(JsonObject().text("status", "unavailable").text("error", ready.error().text), 503);
}

Response Api::health_live(const Request&, const std::string&) const { return json(JsonObject().text("status", "ok")); }

}  // namespace takhin::console
