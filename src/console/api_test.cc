#include "console/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "console/json.h"
#include "testing/fake_admin.h"

namespace takhin::console {
namespace {

using ::testing::HasSubstr;

class Routes : public ::testing::Test {
 protected:
  Response ask(std::string method, std::string target, std::string body = "") {
    return api.console({std::move(method), std::move(target), std::move(body), std::nullopt});
  }
  void expect(const Response& response, int status, const std::string& body) {
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.body, body);
    EXPECT_EQ(response.content_type, "application/json");
  }

  takhin::testing::FakeAdmin admin;
  metrics::Metrics metrics;
  ConsoleOptions options;
  Api api{admin, metrics, options, TimestampMs{1'700'000'000'000}};
  const std::string path = "topic-0/00000000000000000000.log";
};

TEST_F(Routes, TieredStats) {
  admin.counts.segments = {.total = 6, .hot = 1, .warm = 2, .cold = 3, .archived = 5, .total_bytes = 1'099'511'627'776};
  expect(ask("GET", "/api/v1/tiered/stats"), 200,
         R"({"total_segments":6,"hot_segments":1,"warm_segments":2,"cold_segments":3,"archived_segments":5,)"
         R"("total_size_bytes":1099511627776})");
}

TEST_F(Routes, ArchiveAndRestore) {
  const std::string body = R"({"segment_path":"topic-0/00000000000000000000.log"})";
  expect(ask("POST", "/api/v1/tiered/archive", body), 200,
         R"({"status":"success","message":"segment archived successfully"})");
  EXPECT_EQ(admin.asked, "archive " + path);
  expect(ask("POST", "/api/v1/tiered/restore", body), 200,
         R"({"status":"success","message":"segment restored successfully"})");
  EXPECT_EQ(admin.asked, "restore " + path);
}

TEST_F(Routes, BadBodies) {
  for (const char* route : {"/api/v1/tiered/archive", "/api/v1/tiered/restore"}) {
    for (const char* body : {"", "{", "[]", "\"x\"", R"({"segment_path":3})", R"({"segment_path":"a"} x)"}) {
      expect(ask("POST", route, body), 400, R"({"error":"invalid request body"})");
    }
    for (const char* body : {"{}", R"({"segment_path":""})", R"({"segment_path":null})", R"({"other":1})"}) {
      expect(ask("POST", route, body), 400, R"({"error":"segment_path is required"})");
    }
    EXPECT_EQ(admin.asked, "");
  }
}

TEST_F(Routes, FailuresCarryTheErrorsText) {
  const std::string body = R"({"segment_path":"a-0/1.log"})";
  admin.outcome = fail(Kind::kConflict, "segment is still being appended to: a-0/1.log");
  expect(ask("POST", "/api/v1/tiered/archive", body), 409,
         R"({"error":"segment is still being appended to: a-0/1.log"})");
  admin.outcome = fail(Kind::kNotFound, "no partition a-0");
  expect(ask("POST", "/api/v1/tiered/archive", body), 404, R"({"error":"segment not found: a-0/1.log"})");
  expect(ask("POST", "/api/v1/tiered/restore", body), 404, R"({"error":"segment not found: a-0/1.log"})");
  admin.outcome = fail(Kind::kUnavailable, "put: \"connection refused\"\n");
  expect(ask("POST", "/api/v1/tiered/archive", body), 500, R"({"error":"put: \"connection refused\"\n"})");
  expect(ask("POST", "/api/v1/tiers/evaluate"), 500, R"({"error":"put: \"connection refused\"\n"})");
}

TEST_F(Routes, SegmentPathPlainOrEscaped) {
  const std::string json = R"({"segment_path":"topic-0/00000000000000000000.log","policy":"warm","is_archived":true})";
  expect(ask("GET", "/api/v1/tiered/segments/" + path), 200, json);
  expect(ask("GET", "/api/v1/tiered/segments/topic-0%2F00000000000000000000.log"), 200, json);
  expect(ask("GET", "/api/v1/tiered/segments/topic-0%2f00000000000000000000.log?x=1"), 200, json);
  admin.status = {path, tier::Tier::kCold, false};
  expect(ask("GET", "/api/v1/tiered/segments/" + path), 200,
         R"({"segment_path":"topic-0/00000000000000000000.log","policy":"cold","is_archived":false})");
  expect(ask("GET", "/api/v1/tiered/segments/x%2Fy.log"), 404, R"({"error":"segment not found: x/y.log"})");
  expect(ask("GET", "/api/v1/tiered/segments/x%2"), 400, R"({"error":"invalid segment path"})");
  expect(ask("GET", "/api/v1/tiered/segments/x%00"), 400, R"({"error":"invalid segment path"})");
  expect(ask("GET", "/api/v1/tiered/segments/"), 400, R"({"error":"segment_path is required"})");
}

TEST_F(Routes, WhyGivesEveryReason) {
  expect(ask("GET", "/api/v1/tiered/why/topic-0%2F00000000000000000000.log"), 200,
         R"({"segment_path":"topic-0/00000000000000000000.log","policy":"warm","is_archived":true,"reasons":[)"
         R"({"place":"local","reason":"too_young","detail":"1 h old"},)"
         R"({"place":"remote","reason":"no_retention","detail":"unlimited"}]})");
  expect(ask("GET", "/api/v1/tiered/why/other"), 404, R"({"error":"segment not found: other"})");
}

TEST_F(Routes, TierStats) {
  admin.counts = {.segments = {.total = 6, .hot = 1, .warm = 2, .cold = 3},
                  .promotions = 4,
                  .demotions = 5,
                  .cache_hits = 6,
                  .cache_misses = 7,
                  .tracked_segments = 8};
  expect(ask("GET", "/api/v1/tiers/stats"), 200,
         R"({"hot_segments":1,"warm_segments":2,"cold_segments":3,"promotion_count":4,"demotion_count":5,)"
         R"("cache_hits":6,"cache_misses":7,"tracked_segments":8})");
}

TEST_F(Routes, Access) {
  admin.stats = {.count = 150,
                 .first = TimestampMs{1'700'000'000'000},
                 .last = TimestampMs{1'700'003'600'250},
                 .read_bytes = 1048576,
                 .average_hz = 12.5};
  expect(ask("GET", "/api/v1/tiers/access/topic-0%2F00000000000000000000.log"), 200,
         R"({"segment_path":"topic-0/00000000000000000000.log","access_count":150,)"
         R"("last_access_at":"2023-11-14T23:13:20.250Z","first_access_at":"2023-11-14T22:13:20Z",)"
         R"("read_bytes":1048576,"average_read_hz":12.5})");
  expect(ask("GET", "/api/v1/tiers/access/other"), 404, R"({"error":"no access statistics for segment"})");
}

TEST_F(Routes, CostAnalysisHasTheOldDocumentsFigures) {
  admin.report = {
      .hot_gb = 145.3,
      .cold_gb = 18,
      .cost = {.hot_usd = 3.3419, .cold_usd = 0.072, .total_usd = 3.4139, .savings_pct = 9.106, .restore_usd = 0.001}};
  expect(
      ask("GET", "/api/v1/tiers/cost-analysis"), 200,
      R"({"hot_storage_gb":145.3,"cold_storage_gb":18,"hot_storage_cost_monthly":"$3.34","cold_storage_cost_monthly":"$0.07",)"
      R"("total_cost_monthly":"$3.41","cost_savings_pct":"9.1%","retrieval_cost_per_restore":"$0.0010",)"
      R"("requests_cost_monthly":"$0.0000","requests_cost_since_start":"$0.0000","counted_since":"2023-11-14T22:13:20Z"})");
  admin.report = {};
  EXPECT_THAT(ask("GET", "/api/v1/tiers/cost-analysis").body, HasSubstr(R"("cost_savings_pct":"0.0%")"));
}

TEST_F(Routes, TopicCosts) {
  expect(ask("GET", "/api/v1/tiers/cost/topics"), 200, R"({"topics":[],"counted_since":"2023-11-14T22:13:20Z"})");
  admin.topics = {{"a", 1, 2, 3, 4, 5, 6, 0.5, 0.25, 0.125}, {"(bucket)", 0, 0, 1, 0, 0, 0, 0, 0, 0}};
  expect(ask("GET", "/api/v1/tiers/cost/topics"), 200,
         R"({"topics":[{"topic":"a","local_bytes":1,"remote_bytes":2,"put_requests":3,"get_requests":4,"bytes_up":5,)"
         R"("bytes_down":6,"storage_usd_month":0.5,"requests_usd":0.25,"retrieval_usd":0.125},)"
         R"x({"topic":"(bucket)","local_bytes":0,"remote_bytes":0,"put_requests":1,"get_requests":0,"bytes_up":0,)x"
         R"("bytes_down":0,"storage_usd_month":0,"requests_usd":0,"retrieval_usd":0}],"counted_since":"2023-11-14T22:13:20Z"})");
  EXPECT_THAT(ask("GET", "/api/v1/tiers/cost-analysis").body, HasSubstr(R"("requests_cost_since_start":"$0.3750")"));
}

TEST_F(Routes, Evaluate) {
  expect(ask("POST", "/api/v1/tiers/evaluate"), 200, R"({"message":"tier evaluation completed successfully"})");
  EXPECT_EQ(admin.asked, "evaluate");
}

TEST_F(Routes, UnknownRoutesAndWrongMethods) {
  for (const char* target :
       {"/x", "/api/v1/tiered", "/api/v1/tiered/segments", "/api/v1/tiered/stats/", "//", "/metrics"}) {
    expect(ask("GET", target), 404, R"({"error":"not found"})");
  }
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    expect(ask(method, "/api/v1/tiered/stats"), 405, R"({"error":"method not allowed"})");
  }
  EXPECT_EQ(ask("GET", "/api/v1/tiered/archive").allow, "POST");
  EXPECT_EQ(ask("HEAD", "/api/v1/tiered/stats").status, 200);
  EXPECT_EQ(admin.asked, "");
}

TEST_F(Routes, DisabledTieringAnswersBeforeAnythingElse) {
  admin.enabled = false;
  for (const char* target : {"/api/v1/tiered/stats", "/api/v1/tiered/segments/a"}) {
    expect(ask("GET", target), 501, R"({"error":"tiered storage not enabled"})");
  }
  expect(ask("POST", "/api/v1/tiered/archive", "{"), 501, R"({"error":"tiered storage not enabled"})");
  for (const char* target : {"/api/v1/tiers/stats", "/api/v1/tiers/access/a", "/api/v1/tiers/cost-analysis"}) {
    expect(ask("GET", target), 503, R"({"error":"tier management not enabled"})");
  }
  expect(ask("POST", "/api/v1/tiers/evaluate"), 503, R"({"error":"tier management not enabled"})");
  expect(ask("PUT", "/api/v1/tiered/archive"), 405, R"({"error":"method not allowed"})");
}

TEST_F(Routes, Authorization) {
  options.auth_enabled = true;
  options.api_keys = {"first-key", "second-key"};
  const auto with = [&](std::optional<std::string> header) {
    return api.console({"GET", "/api/v1/tiered/stats", "", std::move(header)});
  };
  expect(with(std::nullopt), 401, R"({"error":"missing authorization header"})");
  for (const char* wrong : {"first-kez", "first-ke", "first-key2", "Bearer", "Bearer ", "bearer first-key"}) {
    expect(with(wrong), 401, R"({"error":"invalid API key"})");
  }
  EXPECT_EQ(with("first-key").status, 200);
  EXPECT_EQ(with("Bearer second-key").status, 200);
  expect(ask("GET", "/nowhere"), 401, R"({"error":"missing authorization header"})");
  expect(ask("GET", "/api/health"), 200, R"({"status":"ok"})");
}

TEST_F(Routes, IndexNamesEveryRoute) {
  const auto response = ask("GET", "/");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.content_type, HasSubstr("text/html"));
  EXPECT_THAT(response.body, HasSubstr("POST /api/v1/tiers/evaluate"));
  EXPECT_THAT(response.body, HasSubstr("GET /api/v1/tiers/access/{segment_path}"));
}

TEST_F(Routes, HealthShowsReadiness) {
  const auto ask_health = [&](const char* target) { return api.health({"GET", target, "", std::nullopt}); };
  for (const char* target : {"/health", "/health/ready", "/health/live", "/ready", "/live"}) {
    expect(ask_health(target), 200, R"({"status":"ok"})");
  }
  admin.readiness = fail(Kind::kUnavailable, "object store: refused");
  for (const char* target : {"/health/ready", "/ready"}) {
    expect(ask_health(target), 503, R"({"status":"unavailable","error":"object store: refused"})");
  }
  expect(ask_health("/health"), 200, R"({"status":"degraded","error":"object store: refused"})");
  expect(ask_health("/health/live"), 200, R"({"status":"ok"})");
  expect(ask_health("/healthz"), 404, R"({"error":"not found"})");
}

TEST_F(Routes, MetricsAreReadFreshAtEachScrape) {
  static constexpr metrics::MetricDef kRow{"test_scrapes", metrics::Type::kGauge, "Scrapes."};
  metrics.at_scrape([&] { metrics.gauge(kRow).add(1); });
  const auto scrape = [&](const char* method, const char* target) {
    return api.metrics({method, target, "", std::nullopt});
  };
  EXPECT_THAT(scrape("GET", "/metrics").body, HasSubstr("test_scrapes 1\n"));
  const auto response = scrape("GET", "/metrics");
  EXPECT_THAT(response.body, HasSubstr("test_scrapes 2\n"));
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(scrape("GET", "/").status, 404);
  EXPECT_EQ(scrape("POST", "/metrics").status, 405);
}

TEST(Json, QuotesAnything) {
  EXPECT_EQ(json_quoted("a\"\\\n\x01"), R"("a\"\\\n\u0001")");
  EXPECT_EQ(json_quoted("\xc3\xa9 \xf0\x9f\x98\x80"), "\"\xc3\xa9 \xf0\x9f\x98\x80\"");
  EXPECT_EQ(json_quoted("\xff\xc3"), R"("\ufffd\ufffd")");
  EXPECT_EQ(json_quoted("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")") << "no surrogates";
  EXPECT_EQ(JsonObject().number("x", 0.0 / 0.0).str(), R"({"x":0})");
  EXPECT_EQ(rfc3339(TimestampMs{0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(TimestampMs{1'709'210'096'007}), "2024-02-29T12:34:56.007Z");
}

TEST(ConsoleOptionsTest, AuthorizationNeedsAKeyAndHostsFollowTheConsole) {
  const auto load = [](std::vector<std::string> set) {
    return *config::Settings::load(option_rows(), {.set = std::move(set)});
  };
  EXPECT_EQ(options_from(load({"console.auth.enabled=true"})).error().text,
            "console.auth.api.keys = : must hold at least one key when console.auth.enabled is true");
  const auto options = *options_from(load({"console.auth.enabled=true", "console.auth.api.keys= a, b c ,,d",
                                           "console.host=0.0.0.0", "health.host=127.0.0.2"}));
  EXPECT_EQ(options.api_keys, (std::vector<std::string>{"a", "b c", "d"}));
  EXPECT_EQ(options.metrics_host, "0.0.0.0");
  EXPECT_EQ(options.health_host, "127.0.0.2");
  const auto plain = *options_from(load({}));
  EXPECT_EQ(plain.console_host, "127.0.0.1");
  EXPECT_EQ(plain.console_port, 8080);
  EXPECT_EQ(plain.metrics_port, 9090);
  EXPECT_EQ(plain.health_port, 9091);
}

}  // namespace
}  // namespace takhin::console
