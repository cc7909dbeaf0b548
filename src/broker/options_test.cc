#include "broker/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/cluster_id.h"
#include "broker/producer_ids.h"
#include "os/files.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"

namespace takhin::broker {
namespace {

using ::testing::HasSubstr;

Result<Options> options_with(std::vector<std::string> set) {
  config::Sources sources;
  sources.set = std::move(set);
  TRY(const auto settings, config::Settings::load(option_rows(), sources));
  return options_from(settings);
}

TEST(BrokerOptions, DefaultsAreThoseOfTheStruct) {
  const auto options = options_with({});
  ASSERT_TRUE(options.ok()) << options.error().text;
  const Options plain;
  EXPECT_EQ(options->listener.port, plain.listener.port);
  EXPECT_EQ(options->listener.limits.request_bytes_max, plain.listener.limits.request_bytes_max);
  EXPECT_EQ(options->listener.limits.requests_in_flight_max, plain.listener.limits.requests_in_flight_max);
  EXPECT_EQ(options->listener.connections_max, plain.listener.connections_max);
  EXPECT_EQ(options->listener.idle_ms, plain.listener.idle_ms);
  EXPECT_EQ(options->fetch_bytes_max, plain.fetch_bytes_max);
  EXPECT_EQ(options->cold_wait_ms, plain.cold_wait_ms);
  EXPECT_EQ(options->cold_threads, plain.cold_threads);
  EXPECT_EQ(options->broker_id, plain.broker_id);
  EXPECT_EQ(options->groups.session_timeout_min_ms, plain.groups.session_timeout_min_ms);
  EXPECT_EQ(options->groups.session_timeout_max_ms, plain.groups.session_timeout_max_ms);
  EXPECT_EQ(options->groups.offsets_retention_ms, plain.groups.offsets_retention_ms);
  EXPECT_EQ(options->groups.metadata_bytes_max, plain.groups.metadata_bytes_max);
  EXPECT_EQ(options->groups.consumer.session_timeout_ms, plain.groups.consumer.session_timeout_ms);
  EXPECT_EQ(options->groups.consumer.session_timeout_min_ms, plain.groups.consumer.session_timeout_min_ms);
  EXPECT_EQ(options->groups.consumer.session_timeout_max_ms, plain.groups.consumer.session_timeout_max_ms);
  EXPECT_EQ(options->groups.consumer.heartbeat_interval_ms, plain.groups.consumer.heartbeat_interval_ms);
  EXPECT_EQ(options->groups.consumer.members_max, plain.groups.consumer.members_max);
  EXPECT_EQ(options->groups.consumer.assignors, plain.groups.consumer.assignors);
  EXPECT_EQ(options->groups.members_max, plain.groups.members_max);
}

TEST(BrokerOptions, GroupsOfTheNextGenerationHaveRules) {
  const auto ok = options_with({"kafka.group.consumer.assignors=range", "kafka.group.consumer.session.timeout.ms=50000"});
  ASSERT_TRUE(ok.ok()) << ok.error().text;
  EXPECT_EQ(ok->groups.consumer.assignors, std::vector<std::string>{"range"});
  EXPECT_EQ(ok->groups.consumer.session_timeout_ms, 50'000);
  for (const std::string broken : {"kafka.group.consumer.assignors=sticky", "kafka.group.consumer.assignors=",
                                   "kafka.group.consumer.session.timeout.ms=44999",
                                   "kafka.group.consumer.heartbeat.interval.ms=1"}) {
    EXPECT_FALSE(options_with({broken}).ok()) << broken;
  }
  EXPECT_FALSE(options_with({"kafka.group.consumer.max.heartbeat.interval.ms=50000",
                             "kafka.group.consumer.heartbeat.interval.ms=45000"}).ok());
}

TEST(BrokerOptions, RulesBetweenKeysNameTheKey) {
  const auto everywhere = options_with({"kafka.host=0.0.0.0"});
  ASSERT_FALSE(everywhere.ok());
  EXPECT_THAT(everywhere.error().text, HasSubstr("kafka.advertised.host"));
  EXPECT_TRUE(options_with({"kafka.host=0.0.0.0", "kafka.advertised.host=example.org"}).ok());
  const auto mechanisms = options_with({"kafka.sasl.enabled.mechanisms=PLAIN,NTLM"});
  ASSERT_FALSE(mechanisms.ok());
  EXPECT_THAT(mechanisms.error().text, HasSubstr("kafka.sasl.enabled.mechanisms"));
  const auto sasl = options_with({"kafka.sasl.enabled.mechanisms=PLAIN, SCRAM-SHA-512"});
  ASSERT_TRUE(sasl.ok());
  EXPECT_EQ(sasl->sasl_mechanisms, (std::vector<std::string>{"PLAIN", "SCRAM-SHA-512"}));
  const auto sessions = options_with({"kafka.group.min.session.timeout.ms=5000", "kafka.group.max.session.timeout.ms=4000"});
  ASSERT_FALSE(sessions.ok());
  EXPECT_THAT(sessions.error().text, HasSubstr("kafka.group.min.session.timeout.ms"));
}

TEST(ProducerIds, NeverRepeatAcrossBlocksAndStarts) {
  takhin::testing::TempDir dir;
  os::PosixFileSystem files;
  std::int64_t last = -1;
  for (int start = 0; start < 3; ++start) {
    auto ids = ProducerIds::open(files, dir / "ids");
    ASSERT_TRUE(ids.ok()) << ids.error().text;
    for (int i = 0; i < ProducerIds::kBlock + 10; ++i) {
      const auto id = (*ids)->next();
      ASSERT_TRUE(id.ok());
      ASSERT_GT(*id, last);
      last = *id;
    }
  }
}

TEST(ProducerIds, ADamagedCounterIsNotStartedOver) {
  takhin::testing::TempDir dir;
  os::PosixFileSystem files;
  for (const char* content : {"", "abc", "12", "-5\n", "12\nx"}) {
    ASSERT_TRUE(write_atomically(files, dir / "ids", view_of(content)).ok());
    const auto ids = ProducerIds::open(files, dir / "ids");
    ASSERT_FALSE(ids.ok()) << content;
    EXPECT_EQ(ids.error().kind, Kind::kCorrupt);
  }
}

TEST(ClusterId, IsMadeOnceAndADamagedOneIsRefused) {
  takhin::testing::TempDir dir;
  os::PosixFileSystem files;
  takhin::testing::SeededRandom random;
  const auto made = open_cluster_id(files, random, dir / "id");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->size(), 22u);
  EXPECT_EQ(*open_cluster_id(files, random, dir / "id"), *made);
  ASSERT_TRUE(write_atomically(files, dir / "id", view_of("nonsense\n")).ok());
  EXPECT_EQ(open_cluster_id(files, random, dir / "id").error().kind, Kind::kCorrupt);
}

}  // namespace
}  // namespace takhin::broker
