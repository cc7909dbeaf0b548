// Groups of the next generation over the wire, their configs, and what tells clients of them.

#include "protocol/messages/api_versions.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_config_resources.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;
using takhin::testing::KafkaClient;

constexpr std::int8_t kGroup = 32;

class ConsumerGroupRequests : public takhin::testing::BrokerFixture {
 protected:
  static ConsumerGroupHeartbeatResponse beat(KafkaClient& client, std::int32_t epoch) {
    ConsumerGroupHeartbeatRequest request{.group_id = "g", .member_id = "a", .member_epoch = epoch};
    if (epoch == 0) {
      request.rebalance_timeout_ms = 60'000;
      request.subscribed_topic_names = {"t"};
      request.topic_partitions.emplace();
    }
    return client.ask<ConsumerGroupHeartbeatResponse>(1, request);
  }
  static ErrorCode change(KafkaClient& client, const std::string& group, const std::string& key, std::int8_t operation,
                          std::optional<std::string> value) {
    IncrementalAlterConfigsRequest request;
    request.resources.push_back({kGroup, group, {{key, operation, std::move(value)}}});
    return client.ask<IncrementalAlterConfigsResponse>(1, request).responses.at(0).error_code;
  }
};

TEST_F(ConsumerGroupRequests, AMemberIsAssignedThePartitionsOfATopic) {
  make_topic("t", 3);
  serve();
  auto client = connect();
  const auto joined = beat(client, 0);
  EXPECT_EQ(joined.error_code, ErrorCode::kNone);
  ASSERT_TRUE(joined.assignment);
  ASSERT_EQ(joined.assignment->topic_partitions.size(), 1u);
  EXPECT_EQ(joined.assignment->topic_partitions[0].topic_id, topics.find("t")->id);
  EXPECT_EQ(joined.assignment->topic_partitions[0].partitions, (std::vector<std::int32_t>{0, 1, 2}));
  const auto described = client.ask<ConsumerGroupDescribeResponse>(1, ConsumerGroupDescribeRequest{.group_ids = {"g", "none"}});
  EXPECT_EQ(described.groups.at(0).group_state, "Stable");
  EXPECT_EQ(described.groups.at(1).error_code, ErrorCode::kGroupIdNotFound);
}

TEST_F(ConsumerGroupRequests, ClientsAreToldOfTheFeature) {
  serve();
  auto client = connect();
  const ApiVersionsRequest request{.client_software_name = "test", .client_software_version = "1"};
  const auto versions = client.ask<ApiVersionsResponse>(4, request);
  const auto group = std::ranges::find(versions.finalized_features, "group.version", [](const auto& one) { return one.name; });
  ASSERT_NE(group, versions.finalized_features.end());
  EXPECT_EQ(group->max_version_level, 1);
}

TEST_F(ConsumerGroupRequests, ConfigsOfAGroupAreSetShownAndObeyed) {
  make_topic("t", 1);
  serve();
  auto client = connect();
  EXPECT_EQ(change(client, "g", "consumer.heartbeat.interval.ms", 0, "7000"), ErrorCode::kNone);
  EXPECT_EQ(change(client, "g", "consumer.heartbeat.interval.ms", 0, "1"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(change(client, "g", "consumer.heartbeat.interval.ms", 2, "1"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(change(client, "g", "retention.ms", 0, "1"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(change(client, "", "consumer.heartbeat.interval.ms", 0, "7000"), ErrorCode::kInvalidRequest);
  EXPECT_EQ(beat(client, 0).heartbeat_interval_ms, 7'000);
  DescribeConfigsRequest request;
  request.include_synonyms = true;
  request.resources.push_back({.resource_type = kGroup, .resource_name = "g", .configuration_keys = std::nullopt});
  const auto shown = client.ask<DescribeConfigsResponse>(4, request).results.at(0);
  ASSERT_EQ(shown.configs.size(), 2u);
  EXPECT_EQ(shown.configs[0].name, "consumer.heartbeat.interval.ms");
  EXPECT_EQ(shown.configs[0].value, "7000");
  EXPECT_EQ(shown.configs[0].config_source, 8);
  EXPECT_EQ(shown.configs[0].synonyms.size(), 2u);
  EXPECT_EQ(shown.configs[1].value, "45000");
  EXPECT_EQ(shown.configs[1].config_source, 5);
  const auto listed = client.ask<ListConfigResourcesResponse>(1, ListConfigResourcesRequest{.resource_types = {kGroup}});
  ASSERT_EQ(listed.config_resources.size(), 1u);
  EXPECT_EQ(listed.config_resources[0].resource_name, "g");
  EXPECT_EQ(change(client, "g", "consumer.heartbeat.interval.ms", 1, std::nullopt), ErrorCode::kNone);
  EXPECT_EQ(beat(client, 1).heartbeat_interval_ms, 5'000);
}

}  // namespace
}  // namespace takhin::broker
