#include "broker/features.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/update_features.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;
using takhin::testing::KafkaClient;

class FeatureLevels : public takhin::testing::BrokerFixture {
 protected:
  static constexpr std::int8_t kUp = 1, kSafe = 2, kUnsafe = 3;
  static UpdateFeaturesRequest request(const std::string& feature, std::int16_t level, std::int8_t type, bool only = false) {
    UpdateFeaturesRequest out;
    out.feature_updates.push_back({.feature = feature, .max_version_level = level, .upgrade_type = type});
    out.validate_only = only;
    return out;
  }
  ErrorCode update(KafkaClient& client, const std::string& feature, std::int16_t level, std::int8_t type, bool only = false) {
    return client.ask<UpdateFeaturesResponse>(2, request(feature, level, type, only)).error_code;
  }
  /// Level and epoch as clients are told; -1: off.
  std::pair<int, std::int64_t> told(KafkaClient& client, const std::string& feature) {
    ApiVersionsRequest ask;
    ask.client_software_name = ask.client_software_version = "test";
    const auto answer = client.ask<ApiVersionsResponse>(4, ask);
    for (const auto& one : answer.finalized_features) {
      if (one.name == feature) return {one.max_version_level, answer.finalized_features_epoch};
    }
    return {-1, answer.finalized_features_epoch};
  }
};

TEST_F(FeatureLevels, GoUpAndDownAreToldToClientsAndKept) {
  serve();
  auto client = connect();
  EXPECT_EQ(told(client, "transaction.version"), std::pair(2, std::int64_t{0}));
  EXPECT_EQ(told(client, "metadata.version").first, 25);
  EXPECT_EQ(update(client, "transaction.version", 1, kSafe, true), ErrorCode::kNone);
  EXPECT_EQ(told(client, "transaction.version"), std::pair(2, std::int64_t{0}));
  EXPECT_EQ(update(client, "transaction.version", 1, kSafe), ErrorCode::kNone);
  EXPECT_EQ(told(client, "transaction.version"), std::pair(1, std::int64_t{1}));
  EXPECT_EQ(update(client, "transaction.version", 1, kUp), ErrorCode::kNone);
  EXPECT_EQ(told(client, "transaction.version").second, 1);
  server.reset();
  serve();
  auto again = connect();
  EXPECT_EQ(told(again, "transaction.version"), std::pair(1, std::int64_t{1}));
  EXPECT_EQ(update(again, "transaction.version", 0, kUnsafe), ErrorCode::kNone);
  EXPECT_EQ(told(again, "transaction.version").first, -1);
  EXPECT_EQ(update(again, "transaction.version", 2, kUp), ErrorCode::kNone);
  EXPECT_EQ(told(again, "transaction.version"), std::pair(2, std::int64_t{3}));
}

TEST_F(FeatureLevels, WhatCannotBeIsRefusedWhole) {
  serve();
  auto client = connect();
  for (const auto& [feature, level, type] : std::vector<std::tuple<std::string, std::int16_t, std::int8_t>>{
           {"transaction.version", 1, kUp},       // down without saying so
           {"transaction.version", 3, kUp},       // unknown
           {"transaction.version", -1, kSafe},
           {"transaction.version", 1, 0},
           {"transaction.version", 1, 9},
           {"metadata.version", 24, kSafe},
           {"metadata.version", 24, kUnsafe},
           {"metadata.version", 26, kUp},
           {"no.such", 1, kUp}}) {
    EXPECT_EQ(update(client, feature, level, type), ErrorCode::kInvalidUpdateVersion) << feature << level;
  }
  auto both = request("transaction.version", 1, kSafe);
  both.feature_updates.push_back({.feature = "no.such", .max_version_level = 1, .upgrade_type = kUp});
  const auto refused = client.ask<UpdateFeaturesResponse>(2, both);
  EXPECT_EQ(refused.error_code, ErrorCode::kInvalidUpdateVersion);
  EXPECT_NE(refused.error_message->find("no.such"), std::string::npos);
  EXPECT_EQ(told(client, "transaction.version").first, 2);
  both.feature_updates[1].feature = "transaction.version";
  EXPECT_EQ(client.ask<UpdateFeaturesResponse>(2, both).error_code, ErrorCode::kInvalidRequest);
  // Older versions answer for each, and say "may go down" by a flag.
  UpdateFeaturesRequest old;
  old.feature_updates.push_back({.feature = "transaction.version", .max_version_level = 1, .allow_downgrade = true});
  const auto answer = client.ask<UpdateFeaturesResponse>(0, old);
  EXPECT_EQ(answer.error_code, ErrorCode::kNone);
  ASSERT_EQ(answer.results.size(), 1u);
  EXPECT_EQ(answer.results[0].feature, "transaction.version");
  EXPECT_EQ(told(client, "transaction.version").first, 1);
}

TEST_F(FeatureLevels, AFileOfANewerVersionIsReadAndADamagedOneRefused) {
  const std::string path = dir.path() + "/features";
  const auto open_with = [&](std::string_view text) {
    EXPECT_TRUE(write_atomically(files, path, view_of(text)).ok());
    return Features::open(files, path);
  };
  const auto newer = open_with("takhin features 1\nepoch 7\nnew.version 3\ntransaction.version 9\n");
  ASSERT_TRUE(newer.ok());
  EXPECT_EQ((*newer)->level("transaction.version"), 2);
  EXPECT_EQ((*newer)->finalized().epoch, 7);
  for (const char* text : {"x\n", "takhin features 1\nepoch\n", "takhin features 1\ntransaction.version x\n"}) {
    const auto opened = open_with(text);
    ASSERT_FALSE(opened.ok()) << text;
    EXPECT_EQ(opened.error().kind, Kind::kCorrupt);
  }
}

}  // namespace
}  // namespace takhin::broker
