#include <gmock/gmock.h>

#include "protocol/messages/create_topics.h"
#include "protocol/messages/metadata.h"
#include "testing/acl_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;
using ::testing::HasSubstr;
using security::AclOperation;
using security::ResourceType;
using takhin::testing::AclFixture;

DescribeAclsRequest everything() {
  return {.resource_type_filter = 1,
          .resource_name_filter = std::nullopt,
          .pattern_type_filter = 1,
          .principal_filter = std::nullopt,
          .host_filter = std::nullopt,
          .operation = 1,
          .permission_type = 1};
}

class AclRequests : public AclFixture {
 protected:
  void SetUp() override { make_topic("t"); }
};

TEST_F(AclRequests, AreMadeListedByPatternAndRemoved) {
  serve_with_acls();
  auto root = connect();
  log_in(root, "root");
  const Acl read = allow(ResourceType::kTopic, "t", AclOperation::kRead);
  const Acl write = allow(ResourceType::kTopic, "t", AclOperation::kWrite);
  Acl prefix = allow(ResourceType::kTopic, "t", AclOperation::kRead);
  prefix.pattern = security::PatternType::kPrefixed;
  Acl wrong = read;
  wrong.principal = "bob";
  const auto made = add_acls(root, {read, wrong, write, prefix}).results;
  EXPECT_EQ(made.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(made.at(1).error_code, ErrorCode::kInvalidRequest);
  EXPECT_THAT(made.at(1).error_message.value_or(""), HasSubstr("no colon"));
  EXPECT_EQ(made.at(3).error_code, ErrorCode::kNone);
  const auto all = root.ask<DescribeAclsResponse>(3, everything());
  ASSERT_EQ(all.resources.size(), 2u);
  EXPECT_EQ(all.resources[0].acls.size(), 2u);
  EXPECT_EQ(all.resources[0].pattern_type, 3);
  EXPECT_EQ(all.resources[1].pattern_type, 4);
  auto bad = everything();
  bad.operation = 0;
  EXPECT_EQ(root.ask<DescribeAclsResponse>(3, bad).error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(remove_acls(root).filter_results.at(0).matching_acls.size(), 3u);
  EXPECT_TRUE(root.ask<DescribeAclsResponse>(3, everything()).resources.empty());
}

TEST_F(AclRequests, CountFromTheNextRequestOnAndAfterARestart) {
  serve_with_acls();
  {
    auto root = connect();
    log_in(root, "root");
    auto bob = connect();
    log_in(bob, "bob");
    MetadataRequest request;
    request.topics->push_back({.topic_id = {}, .name = "t"});
    const auto error = [&] { return bob.ask<MetadataResponse>(12, request).topics.at(0).error_code; };
    EXPECT_EQ(error(), ErrorCode::kTopicAuthorizationFailed);
    set_acls(root, {allow(ResourceType::kTopic, "t", AclOperation::kRead)});
    EXPECT_EQ(error(), ErrorCode::kNone);
    set_acls(root, {});
    EXPECT_EQ(error(), ErrorCode::kTopicAuthorizationFailed);
    set_acls(root, {allow(ResourceType::kTopic, "t", AclOperation::kRead)});
    EXPECT_THAT(metrics.text(), HasSubstr("kafka_authorization_denied_total 2"));
  }
  server.reset();
  serve();
  auto root = connect();
  log_in(root, "root");
  EXPECT_EQ(root.ask<DescribeAclsResponse>(3, everything()).resources.size(), 1u);
}

TEST_F(AclRequests, WithoutAnAuthorizerThereAreNone) {
  serve();
  auto client = connect();
  EXPECT_EQ(client.ask<DescribeAclsResponse>(3, everything()).error_code, ErrorCode::kSecurityDisabled);
  EXPECT_EQ(add_acls(client, {allow(ResourceType::kTopic, "t", AclOperation::kRead)}).results.at(0).error_code,
            ErrorCode::kSecurityDisabled);
  EXPECT_EQ(remove_acls(client).filter_results.at(0).error_code, ErrorCode::kSecurityDisabled);
}

TEST_F(AclRequests, ConfigsOfANewTopicAreForThoseWhoMaySeeThem) {
  serve_with_acls();
  auto root = connect();
  log_in(root, "root");
  auto bob = connect();
  log_in(bob, "bob");
  set_acls(root, {allow(ResourceType::kTopic, "new", AclOperation::kCreate)});
  const CreateTopicsRequest request{.topics = {{.name = "new", .num_partitions = 1, .replication_factor = 1}},
                                    .validate_only = true};
  const auto made = bob.ask<CreateTopicsResponse>(7, request).topics.at(0);
  EXPECT_EQ(made.error_code, ErrorCode::kNone);
  EXPECT_EQ(made.topic_config_error_code, static_cast<std::int16_t>(ErrorCode::kTopicAuthorizationFailed));
  EXPECT_EQ(made.num_partitions, -1);
  EXPECT_FALSE(made.configs.has_value());
}

}  // namespace
}  // namespace takhin::broker
