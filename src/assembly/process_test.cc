#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "assembly/broker.h"
#include "assembly/inventory.h"
#include "assembly/options.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/random.h"
#include "record/batch.h"
#include "testing/tcp_client.h"
#include "testing/temp_dir.h"
#include "partition/topic_rules.h"

namespace takhin::assembly {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kBatches = 5;
constexpr std::size_t kBatchBytes = 600'000;  // two of them do not fit into a segment of 1 MiB

std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

// The whole reply.
std::string http(const std::string& address, const std::string& method, const std::string& target,
                 const std::string& body = "") {
  takhin::testing::TcpClient client(port_of(address));
  client.send(view_of(
      fmt::format("{} {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", method, target, body.size(), body)));
  return std::string(text_of(client.receive(1 << 20)));
}

class ProcessTest : public ::testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::kError); }
  void TearDown() override { set_log_level(LogLevel::kInfo); }

  config::Settings settings(std::vector<std::string> more = {}) {
    std::vector<std::string> set{
        "storage.data.dir=" + data, "kafka.port=0",  "console.port=0",
        "metrics.port=0",           "health.port=0", "storage.tiered.auto.archive.enabled=false"};
    set.insert(set.end(), more.begin(), more.end());
    auto loaded = config::Settings::load(all_rows(), {.set = set});
    TAKHIN_ASSERT(loaded.ok() && validate(*loaded).ok(), "the settings are right");
    return *std::move(loaded);
  }
  std::unique_ptr<Process> start(std::vector<std::string> more = {}) {
    auto process = Process::start(system, settings(std::move(more)));
    EXPECT_TRUE(process.ok()) << process.error().text;
    return process.ok() ? *std::move(process) : nullptr;
  }
  void append_batches(Process& process) {
    ASSERT_TRUE(process.topics().create("t", 1, {{"segment.bytes", "1048576"}}).ok());
    const auto partition = process.topics().partition("t", 0);
    ASSERT_NE(partition, nullptr);
    for (int i = 0; i < kBatches; ++i) {
      Bytes value(kBatchBytes);
      random.fill(value);
      const record::NewRecord record{.key = view_of("k"), .value = View(value), .timestamp = clock.wall()};
      auto batch = *record::build_batch({&record, 1}, {});
      const auto appended = partition->append(batch);
      ASSERT_TRUE(appended.ok()) << appended.error().text;
      ASSERT_EQ(appended->status, log::AppendStatus::kOk) << appended->why;
    }
  }

  takhin::testing::TempDir dir;
  const std::string data = dir / "data";
  os::PosixFileSystem files;
  os::SystemClock clock;
  os::SystemRandom random;
  System system{files, clock, random, {}, 4711};
};

TEST_F(ProcessTest, KnowsWhatEachTopicCosts) {
  auto process = start();
  ASSERT_NE(process, nullptr);
  append_batches(*process);
  const auto archived = process->topics().archive(partition::segment_path("t-0", Offset{0}));
  ASSERT_TRUE(archived.ok()) << archived.error().text;
  const auto costs = process->topics().topic_costs(10);
  const auto topic = std::ranges::find(costs, "t", &partition::TopicCost::topic);
  ASSERT_NE(topic, costs.end());
  EXPECT_GE(topic->put_requests, 1u);
  EXPECT_GE(topic->get_requests, 1u);  // the look whether it has arrived
  EXPECT_GE(topic->bytes_up, kBatchBytes);
  EXPECT_GE(topic->remote_bytes, kBatchBytes);
  EXPECT_GT(topic->storage_usd_month, 0);
  EXPECT_GT(topic->requests_usd, 0);
  EXPECT_EQ(process->topics().topic_costs(1).size(), 1u);
  ASSERT_TRUE(process->stop().ok());
}

TEST_F(ProcessTest, StartsOnFreePortsAnswersAndStops) {
  const auto process = start();
  ASSERT_NE(process, nullptr);
  const auto& at = process->addresses();
  for (const auto& address : {at.kafka, at.console, at.metrics, at.health}) {
    EXPECT_THAT(address, StartsWith("127.0.0.1:"));
    EXPECT_NE(port_of(address), 0);
  }
  EXPECT_THAT(http(at.health, "GET", "/health/ready"), HasSubstr(R"({"status":"ok"})"));
  EXPECT_THAT(http(at.console, "GET", "/api/v1/tiered/stats"), HasSubstr(R"({"total_segments":0,)"));
  const auto metrics = http(at.metrics, "GET", "/metrics");
  for (const char* name :
       {"process_resident_memory_bytes", "takhin_build_info{version=", "tier_segments_total{tier=\"cold\"} 0",
        "tiered_storage_s3_bytes_uploaded", "tiered_storage_archive_operations_total{result=\"failure\"} 0",
        "tiered_storage_restore_operations_total{result=\"success\"} 0",
        "tier_demotion_operations_total{result=\"success\"} 0", "tier_storage_cost_monthly_usd"}) {
    EXPECT_THAT(metrics, HasSubstr(name));
  }
  EXPECT_TRUE(takhin::testing::TcpClient(port_of(at.kafka)).connected());

  const auto second = Process::start(system, settings());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().text, fmt::format("data directory {} is in use by pid 4711", data));

  const auto began = clock.steady();
  EXPECT_TRUE(process->stop().ok());
  EXPECT_LT(clock.steady() - began, std::chrono::seconds(5));
  EXPECT_TRUE(files.stat(data + "/clean-shutdown").ok());
  EXPECT_FALSE(takhin::testing::TcpClient(port_of(at.kafka)).connected());
}

TEST_F(ProcessTest, ArchivesOnRequestAndKnowsItAfterARestart) {
  const std::string body = R"({"segment_path":"t-0/00000000000000000000.log"})";
  {
    const auto process = start();
    ASSERT_NE(process, nullptr);
    append_batches(*process);
    const auto& at = process->addresses();
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(http(at.console, "POST", "/api/v1/tiered/archive", body), HasSubstr("segment archived successfully"));
    }
    EXPECT_THAT(http(at.console, "GET", "/api/v1/tiered/segments/t-0%2F00000000000000000000.log"),
                HasSubstr(R"("policy":"warm","is_archived":true})"));
    EXPECT_THAT(
        http(at.console, "POST", "/api/v1/tiered/archive", R"({"segment_path":"t-0/00000000000000000004.log"})"),
        StartsWith("HTTP/1.1 409"));
    EXPECT_THAT(
        http(at.console, "POST", "/api/v1/tiered/archive", R"({"segment_path":"t-0/00000000000000000099.log"})"),
        HasSubstr(R"({"error":"segment not found: t-0/00000000000000000099.log"})"));
  }
  const auto process = start();
  ASSERT_NE(process, nullptr);
  EXPECT_THAT(http(process->addresses().console, "GET", "/api/v1/tiered/stats"),
              HasSubstr(R"("archived_segments":1,)"));
  const auto partition = process->topics().partition("t", 0);
  ASSERT_NE(partition, nullptr);
  EXPECT_EQ(partition->offsets().high_watermark, Offset{kBatches});
}

TEST_F(ProcessTest, TheBucketAloneTellsWhatIsArchived) {
  {
    metrics::Metrics metrics;
    const auto node = *Node::open(system, metrics, settings(), NodeMode::kOffline);
    ASSERT_TRUE(node->close().ok());
  }
  {
    const auto process = start();
    ASSERT_NE(process, nullptr);
    append_batches(*process);
    for (int base = 0; base < 3; ++base)
      ASSERT_TRUE(process->topics().archive(partition::segment_path("t-0", Offset{base})).ok());
  }
  metrics::Metrics metrics;
  const auto stack = EngineStack::open(system, metrics, settings(), dir / "elsewhere");
  ASSERT_TRUE(stack.ok()) << stack.error().text;
  ASSERT_TRUE(learn_bucket(**stack, Deadline::never()).ok());
  const auto bucket = *inventory((*stack)->engine(), files, "");
  ASSERT_EQ(bucket.size(), 3u);
  EXPECT_EQ(bucket[0].path, "t-0/00000000000000000000.log");
  EXPECT_EQ(bucket[0].tier, tier::Tier::kCold);
  EXPECT_TRUE((*stack)
                  ->engine()
                  .verify(bucket[2].partition, bucket[2].entry.base, tier::VerifyDepth::kFull, Deadline::never())
                  .ok());
  const auto both = *inventory((*stack)->engine(), files, data + "/log");
  ASSERT_EQ(both.size(), static_cast<std::size_t>(kBatches));
  EXPECT_EQ(both[0].tier, tier::Tier::kWarm);
  EXPECT_EQ(both[4].tier, tier::Tier::kHot);
  EXPECT_FALSE(both[4].archived);
}

TEST_F(ProcessTest, DisabledTieringServesKafkaAlone) {
  const auto process = start({"storage.tiered.enabled=false"});
  ASSERT_NE(process, nullptr);
  EXPECT_THAT(http(process->addresses().console, "GET", "/api/v1/tiered/stats"), StartsWith("HTTP/1.1 501"));
  EXPECT_THAT(http(process->addresses().console, "GET", "/api/v1/tiers/stats"), StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(files.stat(data + "/objects").error().kind, Kind::kNotFound);
}

TEST_F(ProcessTest, ATakenPortIsSaidAndNothingStaysBehind) {
  const auto first = start();
  ASSERT_NE(first, nullptr);
  const auto port = port_of(first->addresses().console);
  const auto second =
      Process::start(system, settings({"storage.data.dir=" + (dir / "other"), fmt::format("console.port={}", port)}));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().text, fmt::format("console: cannot listen on 127.0.0.1:{}", port));
  EXPECT_TRUE(files.stat(dir / "other/clean-shutdown").ok()) << "what was opened was closed in order";
}

}  // namespace
}  // namespace takhin::assembly
