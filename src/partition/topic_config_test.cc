#include "partition/topic_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace takhin::partition {
namespace {

using testing::HasSubstr;

std::string error_of(const ConfigMap& overrides) {
  const auto parsed = parse_topic_config(overrides);
  return parsed.ok() ? "accepted" : parsed.error().text;
}

TEST(TopicConfig, DefaultsAreKafkas) {
  const auto config = parse_topic_config({});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->retention_ms, 604'800'000);
  EXPECT_EQ(config->retention_bytes, -1);
  EXPECT_EQ(config->local_retention_ms, -2);
  EXPECT_EQ(config->effective_local_retention_ms(), 604'800'000);
  EXPECT_EQ(config->log.segment_bytes, kGiB);
  EXPECT_EQ(config->log.message_bytes_max, 1'048'588u);
  EXPECT_FALSE(config->log.compression.has_value());
  EXPECT_TRUE(config->cleanup_delete);
  EXPECT_FALSE(config->cleanup_compact);
  EXPECT_FALSE(config->remote_storage_enable);
  EXPECT_FALSE(config->retention_is_set);
}

TEST(TopicConfig, EveryRowTakesItsOwnDefault) {
  for (const TopicConfigRow& row : topic_config_rows()) {
    EXPECT_EQ(error_of({{std::string(row.key), std::string(row.fallback)}}), "accepted") << row.key;
    EXPECT_FALSE(row.doc.empty()) << row.key;
    EXPECT_EQ(find_topic_config_row(row.key), &row);
  }
}

TEST(TopicConfig, ValuesArrive) {
  const auto config = parse_topic_config({{"cleanup.policy", "compact, delete"},
                                          {"compression.type", "zstd"},
                                          {"local.retention.ms", "1000"},
                                          {"message.timestamp.type", "LogAppendTime"},
                                          {"min.insync.replicas", "2"},
                                          {"retention.ms", "-1"},
                                          {"segment.bytes", "14"}});
  ASSERT_TRUE(config.ok()) << config.error().text;
  EXPECT_TRUE(config->cleanup_compact && config->cleanup_delete);
  EXPECT_EQ(config->log.compression, record::Codec::kZstd);
  EXPECT_EQ(config->log.compression_level, 3);
  EXPECT_EQ(config->log.timestamp_type, record::TimestampType::kLogAppendTime);
  EXPECT_EQ(config->effective_local_retention_ms(), 1000);
  EXPECT_EQ(config->min_insync_replicas, 2);
  EXPECT_EQ(config->log.segment_bytes, 14u);
  EXPECT_TRUE(config->retention_is_set);
}

TEST(TopicConfig, KeyAndCompressionOfObjects) {
  const auto config = parse_topic_config({{"takhin.encryption.key.id", "arn:aws:kms:eu-1:1:key/a"}, {"takhin.zstd.level", "0"}});
  ASSERT_TRUE(config.ok()) << config.error().text;
  EXPECT_EQ(config->encryption_key_id, "arn:aws:kms:eu-1:1:key/a");
  EXPECT_EQ(config->zstd_level, 0);
  EXPECT_EQ(parse_topic_config({})->encryption_key_id, "");
  EXPECT_EQ(parse_topic_config({})->zstd_level, std::nullopt);
  EXPECT_EQ(error_of({{"takhin.encryption.key.id", "none"}}), "accepted");
  EXPECT_THAT(error_of({{"takhin.encryption.key.id", "a b"}}), HasSubstr("takhin.encryption.key.id = a b: must be none or"));
  EXPECT_THAT(error_of({{"takhin.zstd.level", "20"}}), HasSubstr("must be from -1 to 19"));
}

TEST(TopicConfig, RefusalsNameKeyValueAndRule) {
  EXPECT_THAT(error_of({{"no.such.key", "1"}}), HasSubstr("no.such.key = 1: unknown"));
  EXPECT_THAT(error_of({{"segment.bytes", "13"}}), HasSubstr("segment.bytes = 13: must be from 14"));
  EXPECT_THAT(error_of({{"segment.bytes", "4294967296"}}), HasSubstr("2147483647"));
  EXPECT_THAT(error_of({{"retention.ms", "-2"}}), HasSubstr("must be from -1"));
  EXPECT_THAT(error_of({{"retention.ms", "7d"}}), HasSubstr("retention.ms = 7d: must be a whole number"));
  EXPECT_THAT(error_of({{"retention.ms", ""}}), HasSubstr("\"\""));
  EXPECT_THAT(error_of({{"remote.storage.enable", "yes"}}), HasSubstr("true or false"));
  EXPECT_THAT(error_of({{"cleanup.policy", "delete,shred"}}), HasSubstr("compact, delete"));
  EXPECT_THAT(error_of({{"cleanup.policy", ""}}), HasSubstr("compact, delete"));
  EXPECT_THAT(error_of({{"compression.type", "brotli"}}), HasSubstr("zstd"));
  EXPECT_THAT(error_of({{"compression.gzip.level", "0"}}), HasSubstr("-1 or from 1 to 9"));
  EXPECT_THAT(error_of({{"compression.gzip.level", "10"}}), HasSubstr("compression.gzip.level"));
  EXPECT_THAT(error_of({{"compression.lz4.level", "18"}}), HasSubstr("compression.lz4.level"));
  EXPECT_THAT(error_of({{"compression.zstd.level", "23"}}), HasSubstr("compression.zstd.level"));
  EXPECT_THAT(error_of({{"min.cleanable.dirty.ratio", "1.5"}}), HasSubstr("0 to 1"));
}

TEST(TopicConfig, LocalRetentionIsAPartOfTheTotal) {
  const ConfigMap base = {{"remote.storage.enable", "true"}, {"retention.ms", "1000"}};
  const auto with = [&](std::string key, std::string value) {
    ConfigMap all = base;
    all.emplace_back(std::move(key), std::move(value));
    return error_of(all);
  };
  EXPECT_EQ(with("local.retention.ms", "1000"), "accepted");
  EXPECT_THAT(with("local.retention.ms", "1001"),
              HasSubstr("local.retention.ms = 1001: must not be more than retention.ms (1000)"));
  EXPECT_THAT(with("local.retention.ms", "-1"), HasSubstr("must not be more"));
  EXPECT_THAT(with("cleanup.policy", "compact"), HasSubstr("compacted topic cannot be tiered"));
  EXPECT_EQ(error_of({{"local.retention.ms", "700000000"}, {"retention.ms", "1000"}}), "accepted");  // not tiered: no rule
}

}  // namespace
}  // namespace takhin::partition
