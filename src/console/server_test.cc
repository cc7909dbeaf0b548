#define CPPHTTPLIB_OPENSSL_SUPPORT  // as server.cc
#include "console/server.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include "os/clock.h"
#include "testing/fake_admin.h"

namespace takhin::console {
namespace {

class Server : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = ConsoleServer::open(admin, metrics, clock, options);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    server = *std::move(opened);
  }
  httplib::Client client(std::uint16_t port) { return httplib::Client("127.0.0.1", port); }

  takhin::testing::FakeAdmin admin;
  metrics::Metrics metrics;
  os::SystemClock clock;
  ConsoleOptions options{.threads = 2, .body_bytes_max = 4096};
  std::unique_ptr<ConsoleServer> server;
};

TEST_F(Server, AnswersOnThreePorts) {
  const auto ports = server->ports();
  auto console = client(ports.console);
  const auto stats = console.Get("/api/v1/tiered/stats");
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->status, 200);
  EXPECT_EQ(stats->get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(console.Get("/api/v1/tiered/segments/topic-0%2F00000000000000000000.log")->status, 200);
  EXPECT_EQ(console.Get("/api/v1/tiered/segments/topic-0/00000000000000000000.log")->status, 200);
  EXPECT_EQ(client(ports.health).Get("/health/ready")->body, R"({"status":"ok"})");
  EXPECT_EQ(client(ports.metrics).Get("/metrics")->status, 200);
}

TEST_F(Server, PostsAndWrongMethods) {
  auto console = client(server->ports().console);
  const auto archived = console.Post("/api/v1/tiered/archive", R"({"segment_path":"a-0/1.log"})", "application/json");
  EXPECT_EQ(archived->body, R"({"status":"success","message":"segment archived successfully"})");
  EXPECT_EQ(admin.asked, "archive a-0/1.log");
  EXPECT_EQ(console.Post("/api/v1/tiers/evaluate")->status, 200);
  const auto put = console.Put("/api/v1/tiered/archive", "{}", "application/json");
  EXPECT_EQ(put->status, 405);
  EXPECT_EQ(put->get_header_value("Allow"), "POST");
  EXPECT_EQ(put->body, R"({"error":"method not allowed"})");
  EXPECT_EQ(console.Delete("/api/v1/tiered/stats")->status, 405);
}

TEST_F(Server, BodiesHaveALimitHoweverTheyCome) {
  auto console = client(server->ports().console);
  const std::string large(5000, ' ');
  const auto plain = console.Post("/api/v1/tiered/archive", large, "application/json");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->status, 413);
  EXPECT_EQ(plain->body, R"({"error":"request body too large"})");
  const auto chunked = console.Post(
      "/api/v1/tiered/archive",
      [&](std::size_t offset, httplib::DataSink& sink) {
        if (offset < large.size())
          return sink.write(large.data() + offset, std::min<std::size_t>(1000, large.size() - offset));
        sink.done();
        return true;
      },
      "application/json");
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->status, 413);
  httplib::MultipartFormDataItems form{{"a", "b", "", ""}};
  EXPECT_EQ(console.Post("/api/v1/tiered/archive", form)->status, 400);
  EXPECT_EQ(admin.asked, "");
}

TEST_F(Server, AuthorizationHeaderArrives) {
  server->stop();
  options.auth_enabled = true;
  options.api_keys = {"key"};
  SetUp();
  auto console = client(server->ports().console);
  EXPECT_EQ(console.Get("/api/v1/tiered/stats")->status, 401);
  EXPECT_EQ(console.Get("/api/v1/tiered/stats", {{"Authorization", "Bearer key"}})->status, 200);
  EXPECT_EQ(console.Get("/api/health")->status, 200);
}

TEST_F(Server, ATakenPortIsSaidAndStopFreesIt) {
  options.console_port = server->ports().console;
  metrics::Metrics other;
  const auto second = ConsoleServer::open(admin, other, clock, options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, Kind::kConflict);
  EXPECT_EQ(second.error().text, fmt::format("console: cannot listen on 127.0.0.1:{}", options.console_port));
  server->stop();
  server->stop();
  EXPECT_FALSE(client(options.console_port).Get("/"));
  EXPECT_TRUE(ConsoleServer::open(admin, other, clock, options).ok());
}

}  // namespace
}  // namespace takhin::console
