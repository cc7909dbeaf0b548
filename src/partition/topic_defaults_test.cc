#include "partition/topic_defaults.h"

#include <gmock/gmock.h>

#include "partition/options.h"
#include "partition/test_world.h"

namespace takhin::partition {
namespace {

using ::testing::HasSubstr;

std::string value_in(const ConfigMap& configs, std::string_view key) {
  for (const auto& [name, value] : configs) {
    if (name == key) return value;
  }
  return "unset";
}

TEST(TopicDefaults, EveryBrokerKeyBelongsToATopicConfig) {
  for (const BrokerKey& key : broker_keys()) {
    ASSERT_NE(find_topic_config_row(key.topic), nullptr) << key.topic;
    EXPECT_EQ(find_by_broker_key(key.broker), &key);
    EXPECT_EQ(find_by_topic_key(key.topic), &key);
  }
  EXPECT_EQ(find_by_broker_key("retention.ms"), nullptr);
}

TEST(TopicDefaults, TheStrongestLayerWins) {
  const TopicDefaults defaults{.fixed = {{"retention.ms", "1"}, {"segment.bytes", "100"}, {"segment.ms", "7"}},
                               .cluster = {{"retention.ms", "2"}, {"segment.bytes", "200"}},
                               .broker = {{"retention.ms", "3"}}};
  const auto effective = effective_configs(defaults, {{"index.interval.bytes", "5"}});
  EXPECT_EQ(effective, (ConfigMap{{"index.interval.bytes", "5"},
                                  {"retention.ms", "3"},
                                  {"segment.bytes", "200"},
                                  {"segment.ms", "7"}}));
  EXPECT_EQ(value_in(effective_configs(defaults, {{"retention.ms", "9"}}), "retention.ms"), "9");
}

TEST(TopicDefaults, ACompactedTopicDoesNotInheritTiering) {
  const TopicDefaults tiered{.fixed = {{"remote.storage.enable", "true"}}, .cluster = {}, .broker = {}};
  EXPECT_EQ(value_in(effective_configs(tiered, {}), "remote.storage.enable"), "true");
  EXPECT_EQ(value_in(effective_configs(tiered, {{"cleanup.policy", "compact"}}), "remote.storage.enable"), "unset");
  // Asked for by the topic itself it stays, to be refused.
  const ConfigMap both{{"cleanup.policy", "compact"}, {"remote.storage.enable", "true"}};
  EXPECT_FALSE(parse_topic_config(effective_configs(tiered, both)).ok());
}

ConfigMap from_file(std::vector<std::string> set) {
  const auto settings = config::Settings::load(option_rows(), {.set = std::move(set)});
  EXPECT_TRUE(settings.ok()) << why(settings);
  return settings.ok() ? fixed_defaults(*settings) : ConfigMap{};
}

TEST(TopicDefaults, OnlyWhatTheFileSetsIsADefault) {
  EXPECT_TRUE(from_file({}).empty());
  EXPECT_EQ(from_file({"log.segment.bytes=4096", "kafka.message.max.bytes=99", "log.cleanup.policy=compact,delete",
                       "log.cleaner.min.cleanable.ratio=0.25", "log.remote.storage.enable=true"}),
            (ConfigMap{{"cleanup.policy", "compact,delete"},
                       {"max.message.bytes", "99"},
                       {"min.cleanable.dirty.ratio", "0.25"},
                       {"remote.storage.enable", "true"},
                       {"segment.bytes", "4096"}}));
  EXPECT_FALSE(config::Settings::load(option_rows(), {.set = {"log.segment.bytes=3"}}).ok());
  EXPECT_FALSE(config::Settings::load(option_rows(), {.set = {"log.message.timestamp.type=Never"}}).ok());
}

TEST(TopicDefaults, TheFinerUnitWins) {
  EXPECT_EQ(from_file({"log.retention.hours=2"}), (ConfigMap{{"retention.ms", "7200000"}}));
  EXPECT_EQ(from_file({"log.retention.hours=-1"}), (ConfigMap{{"retention.ms", "-1"}}));
  EXPECT_EQ(from_file({"log.retention.hours=2", "log.retention.minutes=3"}), (ConfigMap{{"retention.ms", "180000"}}));
  EXPECT_EQ(from_file({"log.retention.hours=2", "log.retention.minutes=3", "log.retention.ms=4"}),
            (ConfigMap{{"retention.ms", "4"}}));
  EXPECT_EQ(from_file({"log.roll.hours=1"}), (ConfigMap{{"segment.ms", "3600000"}}));
}

TEST(TopicDefaults, AreInForceAtOnceAndAfterARestart) {
  World world(true, [](TopicsOptions& options) { options.defaults = {{"max.message.bytes", "100000"}}; });
  const auto partition = world.create({});
  ASSERT_NE(partition, nullptr);
  const auto accepts = [&](Partition& to) {
    Bytes batch = *record::build_batch(std::vector<record::NewRecord>{{.key = {}, .value = view_of(std::string(600, 'v'))}}, {});
    const auto appended = to.append(batch);
    EXPECT_TRUE(appended.ok()) << why(appended);
    return appended.ok() && appended->status == log::AppendStatus::kOk;
  };
  EXPECT_TRUE(accepts(*partition));
  ASSERT_TRUE(world.topics->set_defaults({{"max.message.bytes", "500"}}, {}, false).ok());
  EXPECT_FALSE(accepts(*partition));
  world.restart();
  EXPECT_EQ(world.topics->defaults().cluster, (ConfigMap{{"max.message.bytes", "500"}}));
  EXPECT_EQ(world.topics->defaults().fixed, (ConfigMap{{"max.message.bytes", "100000"}}));
  EXPECT_FALSE(accepts(*world.partition()));
  ASSERT_TRUE(world.topics->set_defaults({{"max.message.bytes", "500"}}, {{"max.message.bytes", "5000"}}, false).ok());
  EXPECT_TRUE(accepts(*world.partition()));
  EXPECT_EQ(world.topics->find("t")->config.log.message_bytes_max, 5000u);
  EXPECT_TRUE(world.topics->find("t")->configs == (ConfigMap{{"segment.bytes", "4096"}})) << "a topic keeps only its own";
}

TEST(TopicDefaults, AreRefusedWholeWhenATopicContradicts) {
  World world;
  ASSERT_NE(world.create({{"remote.storage.enable", "true"}, {"retention.ms", "1000"}}), nullptr);
  const auto refused = world.topics->set_defaults({{"local.retention.ms", "2000"}}, {}, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, Kind::kInvalid);
  EXPECT_THAT(refused.error().text, HasSubstr("topic t: local.retention.ms"));
  EXPECT_TRUE(world.topics->defaults().cluster.empty());
  EXPECT_FALSE(world.topics->set_defaults({{"nonsense", "1"}}, {}, false).ok());
  ASSERT_TRUE(world.topics->set_defaults({{"segment.ms", "5"}}, {}, true).ok());
  EXPECT_TRUE(world.topics->defaults().cluster.empty()) << "only validated";
}

}  // namespace
}  // namespace takhin::partition
