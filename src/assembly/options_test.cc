#include "assembly/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "assembly/all_metrics.h"
#include "assembly/engine.h"

namespace takhin::assembly {
namespace {

using ::testing::HasSubstr;

Result<config::Settings> load(std::vector<std::string> set, std::map<std::string, std::string> environment = {},
                              std::optional<std::string> yaml = std::nullopt) {
  config::Sources sources{
      .yaml = std::move(yaml), .yaml_name = "t.yaml", .environment = std::move(environment), .set = std::move(set)};
  return config::Settings::load(all_rows(), sources);
}

std::string complaint(std::vector<std::string> set) {
  const auto settings = load(std::move(set));
  if (!settings.ok()) return settings.error().text;
  const auto valid = validate(*settings);
  return valid.ok() ? "no complaint" : valid.error().text;
}

TEST(Options, EveryKeyOfTheContractHasItsDefault) {
  const std::pair<std::string_view, std::string_view> kContract[] = {
      {"storage.tiered.enabled", "false"},
      {"storage.tiered.s3.bucket", ""},
      {"storage.tiered.s3.region", "us-east-1"},
      {"storage.tiered.s3.prefix", "takhin-segments"},
      {"storage.tiered.s3.endpoint", ""},
      {"storage.tiered.cold.age.hours", "168"},
      {"storage.tiered.warm.age.hours", "72"},
      {"storage.tiered.archive.interval.minutes", "60"},
      {"storage.tiered.local.cache.size.mb", "10240"},
      {"storage.tiered.auto.archive.enabled", "true"},
      {"storage.tiered.hot.min.access.hz", "10.0"},
      {"storage.tiered.hot.min.access.count", "100"},
      {"storage.tiered.tier.check.interval.minutes", "30"},
      {"kafka.port", "9092"},
      {"console.port", "8080"},
      {"metrics.port", "9090"},
      {"health.port", "9091"},
      {"kafka.host", "127.0.0.1"},
      {"console.host", "127.0.0.1"},
      {"console.auth.enabled", "false"},
      {"log.level", "info"},
      {"log.flush", "true"},
      {"tier.chunk.bytes", "1048576"}};
  std::map<std::string_view, std::string> known;
  const auto settings = *load({});
  for (const auto& setting : settings.all())
    known[setting.option->key] = config::printable(setting);
  for (const auto& [key, fallback] : kContract) {
    ASSERT_TRUE(known.contains(key)) << key;
    EXPECT_EQ(known[key], fallback) << key;
  }
  EXPECT_TRUE(validate(settings).ok());
}

TEST(Options, EveryRowIsDocumentedOnceAndItsNameIsUnique) {
  std::set<std::string_view> keys;
  std::set<std::string> environment;
  for (const auto* row : all_rows()) {
    EXPECT_TRUE(keys.insert(row->key).second) << row->key;
    EXPECT_TRUE(environment.insert(config::env_name(row->key)).second) << row->key;
    EXPECT_GT(row->doc.size(), 10u) << row->key;
  }
  std::set<std::string_view> metrics;
  for (const auto* row : all_metric_rows())
    EXPECT_TRUE(metrics.insert(row->name).second) << row->name;
  for (const char* name : {"tiered_storage_segments_total", "tiered_storage_archived_segments_total",
                           "tiered_storage_archive_operations_total", "tiered_storage_restore_operations_total",
                           "tiered_storage_s3_bytes_uploaded", "tiered_storage_s3_bytes_downloaded",
                           "tier_segments_total", "tier_promotion_operations_total", "tier_demotion_operations_total",
                           "tier_storage_cost_monthly_usd", "tier_access_frequency_hz"}) {
    EXPECT_TRUE(metrics.contains(name)) << name;
  }
}

TEST(Options, RulesBetweenKeysAreOneLineWithKeyAndValue) {
  EXPECT_THAT(complaint({"storage.tiered.cold.age.hours=72"}), HasSubstr("storage.tiered.cold.age.hours = 72: "));
  EXPECT_THAT(complaint({"storage.tiered.warm.age.hours=-1"}), HasSubstr("storage.tiered.warm.age.hours = -1: "));
  EXPECT_THAT(complaint({"storage.tiered.archive.interval.minutes=0"}),
              HasSubstr("storage.tiered.archive.interval.minutes = 0: "));
  EXPECT_THAT(complaint({"storage.tiered.enabled=true"}), HasSubstr("storage.tiered.s3.bucket = : is required when"));
  EXPECT_THAT(complaint({"storage.tiered.enabled=true", "storage.tiered.s3.endpoint=http://127.0.0.1:9000"}),
              HasSubstr("storage.tiered.s3.bucket = : is required when"));
  EXPECT_THAT(complaint({"storage.tiered.s3.endpoint=ftp://x"}), HasSubstr("storage.tiered.s3.endpoint = ftp://x: "));
  EXPECT_THAT(complaint({"storage.data.dir="}), HasSubstr("storage.data.dir = : "));
  EXPECT_THAT(complaint({"console.auth.enabled=true"}), HasSubstr("console.auth.api.keys = : "));
  EXPECT_THAT(complaint({"log.level=loud"}),
              HasSubstr("log.level = loud: must be one of debug, info, warn, error, off"));
  EXPECT_EQ(complaint({"storage.tiered.enabled=true", "storage.tiered.s3.endpoint=file:///x"}), "no complaint");
  EXPECT_EQ(complaint({"storage.tiered.enabled=true", "storage.tiered.s3.bucket=b"}), "no complaint");
}

TEST(Options, WithoutAWordTieringIsOnOverALocalDirectory) {
  const auto silent = *load({"storage.data.dir=/d"});
  EXPECT_TRUE(tiering_of(silent).enabled);
  EXPECT_TRUE(tiering_of(silent).embedded);
  EXPECT_EQ(object::local_directory(*store_options(silent)), "/d/objects");

  EXPECT_FALSE(tiering_of(*load({"storage.tiered.enabled=false"})).enabled);
  EXPECT_FALSE(tiering_of(*load({}, {{"TAKHIN_STORAGE_TIERED_ENABLED", "false"}})).enabled);
  EXPECT_FALSE(tiering_of(*load({"storage.tiered.s3.bucket=b"})).enabled) << "a bucket alone does not switch it on";
  const auto s3 = *load({"storage.tiered.enabled=true", "storage.tiered.s3.bucket=b"});
  EXPECT_TRUE(tiering_of(s3).enabled);
  EXPECT_FALSE(tiering_of(s3).embedded);
  EXPECT_FALSE(object::local_directory(*store_options(s3)).has_value());
}

TEST(Options, BothYamlSpellingsAndTheEnvironmentReachTheRooms) {
  const auto settings =
      load({}, {{"TAKHIN_STORAGE_TIERED_S3_BUCKET", "from-env"}},
           "storage:\n  tiered:\n    enabled: true\n    s3.bucket: from-file\n    s3: {region: eu-west-1}\n");
  ASSERT_TRUE(settings.ok()) << settings.error().text;
  const auto store = *store_options(*settings);
  EXPECT_EQ(store.bucket, "from-env");
  EXPECT_EQ(store.region, "eu-west-1");
}

}  // namespace
}  // namespace takhin::assembly
