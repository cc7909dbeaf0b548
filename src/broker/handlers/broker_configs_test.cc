// The broker's own configs: shown with type and documentation, some of them changed while it runs.

#include <set>

#include "broker/live_configs.h"
#include "config/option.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/metadata.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;
using takhin::testing::KafkaClient;

class BrokerConfigs : public takhin::testing::BrokerFixture {
 protected:
  static constexpr std::int8_t kBroker = 4, kSet = 0, kDelete = 1;
  std::vector<DescribeConfigsResponse::DescribeConfigsResourceResult> describe(KafkaClient& client, const std::string& name) {
    DescribeConfigsRequest request;
    request.include_synonyms = request.include_documentation = true;
    request.resources.push_back({.resource_type = kBroker, .resource_name = name, .configuration_keys = std::nullopt});
    return client.ask<DescribeConfigsResponse>(4, request).results.at(0).configs;
  }
  DescribeConfigsResponse::DescribeConfigsResourceResult one(KafkaClient& client, const std::string& key) {
    for (auto& row : describe(client, "1")) {
      if (row.name == key) return row;
    }
    ADD_FAILURE() << "no " << key;
    return {};
  }
  ErrorCode alter(KafkaClient& client, const std::string& broker, const std::string& key, std::int8_t operation,
                  std::optional<std::string> value, bool validate_only = false) {
    IncrementalAlterConfigsRequest request;
    request.resources.push_back({kBroker, broker, {{key, operation, std::move(value)}}});
    request.validate_only = validate_only;
    return client.ask<IncrementalAlterConfigsResponse>(1, request).responses.at(0).error_code;
  }
  std::size_t partitions_of_new(KafkaClient& client, const std::string& topic) {
    CreateTopicsRequest request;
    request.topics.push_back({.name = topic, .num_partitions = -1, .replication_factor = -1});
    EXPECT_EQ(client.ask<CreateTopicsResponse>(7, request).topics.at(0).error_code, ErrorCode::kNone);
    return topics.find(topic)->partitions.size();
  }
};

TEST_F(BrokerConfigs, HaveTypesAndDocumentation) {
  auto settings = config::Settings::load(option_rows(), {.set = {"kafka.group.max.size=77", "kafka.num.partitions=3"}});
  ASSERT_TRUE(settings.ok());
  options = *options_from(*settings);
  serve();
  auto client = connect();
  constexpr std::int8_t kBoolean = 1, kInt = 3, kLong = 5, kList = 7;
  using Expected = std::tuple<std::string, int, std::string, int, bool>;
  for (const auto& [key, type, value, source, read_only] : std::vector<Expected>{
           {"auto.create.topics.enable", kBoolean, "true", 5, false},
           {"num.partitions", kInt, "3", 4, false},
           {"group.max.size", kInt, "77", 4, true},
           {"connections.max.idle.ms", kLong, "600000", 5, true},
           {"sasl.enabled.mechanisms", kList, "", 5, true},
           {"log.retention.ms", kLong, "604800000", 5, false}}) {
    const auto row = one(client, key);
    EXPECT_EQ(row.config_type, type) << key;
    EXPECT_EQ(row.value, value) << key;
    EXPECT_EQ(row.config_source, source) << key;
    EXPECT_EQ(row.read_only, read_only) << key;
  }
  EXPECT_EQ(one(client, "group.max.size").synonyms.at(1).value, "10000");
  std::set<std::string> names;
  for (const auto& row : describe(client, "1")) {
    EXPECT_FALSE(row.documentation.value_or("").empty()) << row.name;
    EXPECT_NE(row.config_type, 0) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
}

TEST_F(BrokerConfigs, SomeChangeAtOnceInBothLayersAndOutliveARestart) {
  serve();
  auto client = connect();
  EXPECT_EQ(partitions_of_new(client, "a"), 1u);
  EXPECT_EQ(alter(client, "", "num.partitions", kSet, "2"), ErrorCode::kNone);
  EXPECT_EQ(partitions_of_new(client, "b"), 2u);
  EXPECT_EQ(alter(client, "1", "num.partitions", kSet, "4"), ErrorCode::kNone);
  EXPECT_EQ(alter(client, "1", "num.partitions", kSet, "9", true), ErrorCode::kNone);
  EXPECT_EQ(alter(client, "", "log.retention.ms", kSet, "1234"), ErrorCode::kNone);
  EXPECT_EQ(partitions_of_new(client, "c"), 4u);
  const auto row = one(client, "num.partitions");
  ASSERT_EQ(row.synonyms.size(), 3u);
  EXPECT_EQ(row.config_source, 2);
  EXPECT_EQ(row.synonyms[1].value, "2");
  for (const auto& [key, value] : std::vector<std::pair<const char*, const char*>>{
           {"num.partitions", "0"}, {"num.partitions", "x"}, {"auto.create.topics.enable", "yes"}, {"fetch.max.bytes", "1"}}) {
    EXPECT_EQ(alter(client, "1", key, kSet, value), ErrorCode::kInvalidConfig) << key << value;
  }
  EXPECT_EQ(alter(client, "1", "num.partitions", 2, "1"), ErrorCode::kInvalidConfig);  // not a list
  EXPECT_EQ(alter(client, "1", "socket.request.max.bytes", kSet, "1"), ErrorCode::kInvalidRequest);
  EXPECT_EQ(describe(client, "").size(), 2u);
  server.reset();
  serve();
  auto again = connect();
  EXPECT_EQ(partitions_of_new(again, "d"), 4u);
  EXPECT_EQ(alter(again, "1", "num.partitions", kDelete, std::nullopt), ErrorCode::kNone);
  EXPECT_EQ(partitions_of_new(again, "e"), 2u);
  // AlterConfigs replaces all of a layer.
  AlterConfigsRequest all;
  all.resources.push_back({kBroker, "", {{"auto.create.topics.enable", "false"}}});
  EXPECT_EQ(again.ask<AlterConfigsResponse>(2, all).responses.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(partitions_of_new(again, "f"), 1u);
  MetadataRequest wish;
  wish.topics.emplace().push_back({.topic_id = {}, .name = "wished"});
  wish.allow_auto_topic_creation = true;
  EXPECT_EQ(again.ask<MetadataResponse>(9, wish).topics.at(0).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(alter(again, "", "auto.create.topics.enable", kDelete, std::nullopt), ErrorCode::kNone);
  EXPECT_EQ(again.ask<MetadataResponse>(9, wish).topics.at(0).error_code, ErrorCode::kNone);
}

TEST_F(BrokerConfigs, ADamagedFileIsSaid) {
  const std::string path = dir.path() + "/configs";
  const std::string good = "takhin broker configs 1\n";
  for (const std::string& text : {std::string("x\n"), good + "broker num.partitions\n", good + "other num.partitions 1\n",
                                  good + "broker num.partitions 0\n", good + "broker no.such 1\n"}) {
    ASSERT_TRUE(write_atomically(files, path, view_of(text)).ok());
    const auto opened = LiveConfigs::open(files, path, {});
    ASSERT_FALSE(opened.ok()) << text;
    EXPECT_EQ(opened.error().kind, Kind::kCorrupt);
  }
}

}  // namespace
}  // namespace takhin::broker
