#include "tier/options.h"

#include <gtest/gtest.h>

#include <set>

#include "tier/metrics.h"

namespace takhin::tier {
namespace {

config::Settings settings(std::vector<std::string> set = {}) {
  auto loaded = config::Settings::load(option_rows(), {.set = std::move(set)});
  EXPECT_TRUE(loaded.ok()) << loaded.error().text;
  return *std::move(loaded);
}

TEST(TierOptions, DefaultsAreTheContracts) {
  const auto defaults = settings();
  EXPECT_TRUE(validate(defaults).ok());
  const auto policy = policy_options(defaults);
  EXPECT_EQ(policy.cold_age_ms, 168LL * 3600 * 1000);
  EXPECT_EQ(policy.warm_age_ms, 72LL * 3600 * 1000);
  EXPECT_EQ(policy.hot_access_hz_min, 10.0);
  EXPECT_EQ(policy.hot_access_count_min, 100u);
  const auto engine = engine_options(defaults, "/d");
  EXPECT_EQ(engine.cache_dir, "/d/cache");
  EXPECT_EQ(engine.catalog_path, "/d/catalog.db");
  EXPECT_EQ(engine.chunk_bytes, kMiB);
  EXPECT_EQ(engine.cache_bytes_max, 10'240 * kMiB);
  EXPECT_EQ(engine.zstd_level, 1);
  const auto rates = cost_rates(defaults);
  EXPECT_EQ(rates.ssd_gb_month, 0.10);
  EXPECT_EQ(rates.s3_gb_month, 0.023);
  EXPECT_EQ(rates.glacier_gb_month, 0.004);
  EXPECT_EQ(rates.retrieval_gb, 0.01);
  EXPECT_EQ(rates.put_per_1000, 0.005);
  EXPECT_EQ(rates.get_per_1000, 0.0004);
}

TEST(TierOptions, RulesBetweenKeysNameKeyValueAndRule) {
  for (const auto& [set, says] :
       {std::pair<std::vector<std::string>, std::string>{{"storage.tiered.cold.age.hours=72"},
                                                         "storage.tiered.cold.age.hours = 72: "},
        {{"storage.tiered.local.cache.size.mb=1", "tier.chunk.bytes=2097152"}, "storage.tiered.local.cache.size.mb = 1: "},
        {{"tier.fetch.bytes.max=1024"}, "tier.fetch.bytes.max = 1024: "},
        {{"tier.encryption.key.id=a"}, "tier.encryption.key.id = a: needs tier.encryption.key.file"},
        {{"tier.encryption.key.id=a b"}, "tier.encryption.key.id = a b: must be"},
        {{"tier.encryption.key.command=kms"}, "tier.encryption.key.command = kms: must be the absolute path"}}) {
    const auto checked = validate(settings(set));
    ASSERT_FALSE(checked.ok()) << set[0];
    EXPECT_EQ(checked.error().kind, Kind::kInvalid);
    EXPECT_TRUE(checked.error().text.starts_with(says)) << checked.error().text;
  }
  EXPECT_TRUE(validate(settings({"storage.tiered.cold.age.hours=73"})).ok());
}

TEST(TierOptions, TheKeyRingIsEmptyUntilItIsSet) {
  const auto none = keyring_options(settings());
  EXPECT_TRUE(none.path.empty() && none.command.empty() && none.active.empty() && !none.required);
  const auto set = settings({"tier.encryption.key.file=/k", "tier.encryption.key.id=a", "tier.encryption.required=true",
                             "tier.encryption.key.command=/kms", "tier.encryption.key.command.timeout.ms=50"});
  ASSERT_TRUE(validate(set).ok());
  const auto options = keyring_options(set);
  EXPECT_EQ(options.path, "/k");
  EXPECT_EQ(options.command, "/kms");
  EXPECT_EQ(options.command_time, std::chrono::milliseconds(50));
  EXPECT_EQ(options.active, "a");
  EXPECT_TRUE(options.required);
}

TEST(TierMetrics, EveryRowHasItsOwnName) {
  std::set<std::string_view> names;
  for (const auto* row : metric_rows()) EXPECT_TRUE(names.insert(row->name).second) << row->name;
  EXPECT_TRUE(names.contains("tiered_storage_archive_operations_total"));
  EXPECT_TRUE(names.contains("tiered_storage_restore_operations_total"));
}

}  // namespace
}  // namespace takhin::tier
