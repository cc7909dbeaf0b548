#include "object/extra_options.h"

#include <gtest/gtest.h>

namespace takhin::object {
namespace {

class ExtraOptions : public ::testing::Test {
 protected:
  Result<std::optional<ReplicaOptions>> replica(std::vector<std::string> set) {
    std::vector<const config::Option*> all(rows().begin(), rows().end());
    all.insert(all.end(), extra_rows().begin(), extra_rows().end());
    set.emplace_back("storage.tiered.s3.bucket=b");
    auto settings = config::Settings::load(all, {.set = std::move(set)});
    EXPECT_TRUE(settings.ok()) << settings.error().text;
    TRY(const auto first, from(*settings));
    thaw = thaw_options(*settings);
    return replica_options(*settings, first);
  }
  std::string error(std::vector<std::string> set) {
    const auto answer = replica(std::move(set));
    EXPECT_FALSE(answer.ok());
    return answer.ok() ? "" : answer.error().text;
  }
  ThawOptions thaw;
};

TEST_F(ExtraOptions, NoReplicaUnlessOneIsNamed) {
  const auto none = replica({});
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
  EXPECT_TRUE(thaw.enabled);
  EXPECT_EQ(thaw.order.days, 3);
  EXPECT_EQ(thaw.order.tier, "Standard");
  EXPECT_EQ(thaw.objects_max, 1000u);
}

TEST_F(ExtraOptions, WhatIsNotSaidIsAsForTheFirst) {
  const auto other = *replica({"tier.replica.url=s3://c/p/q", "storage.tiered.s3.endpoint=http://h:1",
                               "tier.replica.region=eu-west-1",
                               "storage.tiered.s3.access.key=A", "storage.tiered.s3.secret.key=S", "tier.replica.threads=5",
                               "storage.tiered.s3.storage.class=STANDARD_IA"});
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->where.bucket, "c");
  EXPECT_EQ(other->where.prefix, "p/q");
  EXPECT_EQ(other->where.endpoint, "") << "AWS";
  EXPECT_EQ(other->where.region, "eu-west-1");
  EXPECT_EQ(other->where.keys.access_key, "A");
  EXPECT_EQ(other->where.storage_class, "");
  EXPECT_EQ(other->threads, 5u);
  const auto bare = *replica({"tier.replica.url=s3://c", "tier.replica.endpoint=https://h:2/", "tier.replica.access.key=B",
                              "tier.replica.secret.key=T", "tier.replica.session.token=U"});
  EXPECT_EQ(bare->where.prefix, "takhin-segments") << "as recover --from s3://c looks for it";
  EXPECT_EQ(bare->where.endpoint, "https://h:2");
  EXPECT_EQ(bare->where.keys.access_key, "B");
  EXPECT_EQ(bare->where.keys.session_token, "U");
  EXPECT_EQ((*replica({"tier.replica.url=s3://c/"}))->where.prefix, "");
  EXPECT_EQ(local_directory((*replica({"tier.replica.url=file:///far"}))->where), "/far");
}

TEST_F(ExtraOptions, RefusalsNameTheKey) {
  for (const char* url : {"s3://", "http://h/b", "file://far", "b", "s3://a b", "s3://c//p"}) {
    EXPECT_NE(error({std::string("tier.replica.url=") + url}).find("tier.replica.url"), std::string::npos) << url;
  }
  EXPECT_NE(error({"tier.replica.url=s3://b"}).find("is the first store itself"), std::string::npos);
  const auto with = [&](const std::string& more) { return error({"tier.replica.url=s3://c", more}); };
  EXPECT_NE(with("tier.replica.endpoint=file:///d").find("tier.replica.endpoint"), std::string::npos);
  EXPECT_NE(with("tier.replica.access.key=B").find("tier.replica.access.key"), std::string::npos);
}

}  // namespace
}  // namespace takhin::object
