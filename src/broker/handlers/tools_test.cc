// What command line tools and admin clients ask for, and groups over the wire.

#include "protocol/messages/alter_configs.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/sync_group.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;
using takhin::testing::KafkaClient;

class ToolRequests : public takhin::testing::BrokerFixture {
 protected:
  using Described = DescribeConfigsResponse::DescribeConfigsResult;
  Described describe(KafkaClient& client, std::int8_t type, const std::string& name, std::vector<std::string> keys = {}) {
    DescribeConfigsRequest request;
    request.include_synonyms = true;
    request.resources.push_back({.resource_type = type, .resource_name = name, .configuration_keys = std::nullopt});
    if (!keys.empty()) request.resources[0].configuration_keys = std::move(keys);
    return client.ask<DescribeConfigsResponse>(4, request).results.at(0);
  }
  ErrorCode change(KafkaClient& client, const std::string& key, std::int8_t operation, std::optional<std::string> value,
                   bool validate_only = false) {
    IncrementalAlterConfigsRequest request;
    request.validate_only = validate_only;
    request.resources.push_back({2, "t", {{key, operation, std::move(value)}}});
    return client.ask<IncrementalAlterConfigsResponse>(1, request).responses.at(0).error_code;
  }
};

TEST_F(ToolRequests, ConfigsOfATopicShowWhereTheyComeFrom) {
  make_topic("t", 1, {{"retention.ms", "1234"}});
  serve();
  auto client = connect();
  EXPECT_EQ(describe(client, 2, "t").configs.size(), partition::topic_config_rows().size());
  const auto set = describe(client, 2, "t", {"retention.ms"});
  ASSERT_EQ(set.configs.size(), 1u);
  EXPECT_EQ(set.configs[0].value, "1234");
  EXPECT_EQ(set.configs[0].config_source, 1);
  EXPECT_EQ(set.configs[0].config_type, 5);
  ASSERT_EQ(set.configs[0].synonyms.size(), 2u);
  EXPECT_EQ(set.configs[0].synonyms[1].value, "604800000");
  EXPECT_EQ(describe(client, 2, "t", {"segment.bytes"}).configs.at(0).config_source, 5);
  EXPECT_EQ(describe(client, 2, "missing").error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(describe(client, 4, "1", {"num.partitions"}).configs.at(0).value, "1");
  EXPECT_TRUE(describe(client, 4, "").configs.empty());
  EXPECT_EQ(describe(client, 4, "99").error_code, ErrorCode::kInvalidRequest);
}

TEST_F(ToolRequests, TheBrokersDefaultsAreChangedAtRunTime) {
  make_topic("t");
  serve();
  auto client = connect();
  const auto alter = [&](const char* broker, const char* key, std::int8_t operation, std::optional<std::string> value) {
    IncrementalAlterConfigsRequest request;
    request.resources.push_back({4, broker, {{key, operation, std::move(value)}}});
    return client.ask<IncrementalAlterConfigsResponse>(1, request).responses.at(0).error_code;
  };
  EXPECT_EQ(alter("", "log.retention.ms", 0, "1000"), ErrorCode::kNone);
  EXPECT_EQ(alter("1", "log.cleanup.policy", 2, "compact"), ErrorCode::kNone);
  EXPECT_EQ(alter("1", "log.retention.ms", 0, "x"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(alter("1", "listeners", 0, "x"), ErrorCode::kInvalidRequest);
  EXPECT_EQ(alter("1", "leader.replication.throttled.rate", 1, std::nullopt), ErrorCode::kNone);
  EXPECT_EQ(alter("2", "log.retention.ms", 0, "1"), ErrorCode::kInvalidRequest);
  const auto retention = describe(client, 2, "t", {"retention.ms"}).configs.at(0);
  EXPECT_EQ(retention.value, "1000");
  EXPECT_EQ(retention.config_source, 3);
  ASSERT_EQ(retention.synonyms.size(), 2u);
  EXPECT_EQ(retention.synonyms[0].name, "log.retention.ms");
  const auto policy = describe(client, 4, "1", {"log.cleanup.policy"}).configs.at(0);
  EXPECT_EQ(policy.value, "delete,compact");
  EXPECT_EQ(policy.config_source, 2);
  EXPECT_FALSE(policy.read_only);
  const auto cluster = describe(client, 4, "").configs;
  ASSERT_EQ(cluster.size(), 1u);
  EXPECT_EQ(cluster[0].name, "log.retention.ms");
  EXPECT_EQ(alter("", "log.retention.ms", 1, std::nullopt), ErrorCode::kNone);
  EXPECT_TRUE(describe(client, 4, "").configs.empty());
}

TEST_F(ToolRequests, PartitionsOfATopicThatIsNamedTwiceAreNotAdded) {
  make_topic("t");
  make_topic("u");
  serve();
  auto client = connect();
  CreatePartitionsRequest request;
  request.topics = {{.name = "t", .count = 2}, {.name = "u", .count = 2}, {.name = "t", .count = 3}};
  const auto results = client.ask<CreatePartitionsResponse>(3, request).results;
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].name, "t");
  EXPECT_EQ(results[0].error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(results[1].error_code, ErrorCode::kNone);
  EXPECT_EQ(topics.find("t")->partitions.size(), 1u);
  EXPECT_EQ(topics.find("u")->partitions.size(), 2u);
}

TEST_F(ToolRequests, IncrementalChangesAreCheckedAndKept) {
  make_topic("t");
  serve();
  auto client = connect();
  constexpr std::int8_t kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3;
  EXPECT_EQ(change(client, "retention.ms", kSet, "5000", true), ErrorCode::kNone);
  EXPECT_TRUE(topics.find("t")->configs.empty());
  EXPECT_EQ(change(client, "retention.ms", kSet, "5000"), ErrorCode::kNone);
  EXPECT_EQ(topics.find("t")->configs, (partition::ConfigMap{{"retention.ms", "5000"}}));
  EXPECT_EQ(change(client, "cleanup.policy", kAppend, "compact"), ErrorCode::kNone);
  EXPECT_EQ(topics.find("t")->configs.at(0).second, "delete,compact");
  EXPECT_EQ(change(client, "cleanup.policy", kSubtract, "compact"), ErrorCode::kNone);
  EXPECT_EQ(topics.find("t")->configs.at(0).second, "delete");
  EXPECT_EQ(change(client, "cleanup.policy", kDelete, std::nullopt), ErrorCode::kNone);
  EXPECT_EQ(topics.find("t")->configs.size(), 1u);
  EXPECT_EQ(change(client, "retention.ms", kSet, "abc"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(change(client, "retention.ms", kAppend, "1"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(change(client, "retention.ms", kSet, std::nullopt), ErrorCode::kInvalidConfig);
  EXPECT_EQ(change(client, "no.such", kSet, "1"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(topics.find("t")->configs.at(0).second, "5000");
}

TEST_F(ToolRequests, AlterConfigsReplacesAllOfThem) {
  make_topic("t", 1, {{"retention.ms", "1"}, {"segment.bytes", "2000"}});
  serve();
  auto client = connect();
  AlterConfigsRequest request;
  request.resources.push_back({2, "t", {{"retention.ms", "7"}}});
  request.resources.push_back({2, "missing", {}});
  request.resources.push_back({4, "1", {{"node.id", "7"}}});
  const auto response = client.ask<AlterConfigsResponse>(2, request);
  EXPECT_EQ(response.responses.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(response.responses.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(response.responses.at(2).error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(topics.find("t")->configs, (partition::ConfigMap{{"retention.ms", "7"}}));
}

TEST_F(ToolRequests, PartitionsAreAdded) {
  make_topic("t", 2);
  serve();
  auto client = connect();
  const auto ask = [&](std::int32_t count, std::optional<std::vector<std::int32_t>> broker = std::nullopt) {
    CreatePartitionsRequest request;
    request.topics.push_back({.name = "t", .count = count, .assignments = std::nullopt});
    if (broker) request.topics[0].assignments.emplace().push_back({*broker});
    return client.ask<CreatePartitionsResponse>(3, request).results.at(0).error_code;
  };
  EXPECT_EQ(ask(2), ErrorCode::kInvalidPartitions);
  EXPECT_EQ(ask(3, std::vector{9}), ErrorCode::kInvalidReplicaAssignment);
  EXPECT_EQ(ask(3, std::vector{1}), ErrorCode::kNone);
  EXPECT_EQ(topics.find("t")->partitions.size(), 3u);
  EXPECT_EQ(ask(1'000'000), ErrorCode::kInvalidPartitions);
}

TEST_F(ToolRequests, RecordsAreDeletedUpToAnOffset) {
  make_topic("t");
  make_topic("compacted", 1, {{"cleanup.policy", "compact"}});
  append("t", {"a", "b", "c"});
  serve();
  auto client = connect();
  const auto ask = [&](const std::string& topic, std::int64_t offset) {
    DeleteRecordsRequest request;
    request.timeout_ms = 1000;
    request.topics.push_back({topic, {{0, offset}}});
    return client.ask<DeleteRecordsResponse>(2, request).topics.at(0).partitions.at(0);
  };
  EXPECT_EQ(ask("t", 2).low_watermark, 2);
  EXPECT_EQ(ask("t", 4).error_code, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(ask("t", -1).low_watermark, 3);
  EXPECT_EQ(ask("missing", 0).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(ask("compacted", 0).error_code, ErrorCode::kPolicyViolation);
  ASSERT_TRUE(topics.set_defaults({{"cleanup.policy", "compact"}}, {}, false).ok());
  EXPECT_EQ(ask("t", 0).error_code, ErrorCode::kPolicyViolation) << "compacted as the broker's topics are";
}

TEST_F(ToolRequests, EpochsEndWhereTheNextBegins) {
  make_topic("t");
  append("t", {"a", "b"});
  topics.fake("t").leader_epoch = LeaderEpoch{3};
  serve();
  auto client = connect();
  const auto ask = [&](std::int32_t epoch) {
    OffsetForLeaderEpochRequest request;
    request.topics.push_back({"t", {{.partition = 0, .current_leader_epoch = -1, .leader_epoch = epoch}}});
    return client.ask<OffsetForLeaderEpochResponse>(4, request).topics.at(0).partitions.at(0);
  };
  EXPECT_EQ(ask(3).end_offset, 2);
  EXPECT_EQ(ask(2).end_offset, 0);
  EXPECT_EQ(ask(4).end_offset, -1);
  EXPECT_EQ(ask(4).leader_epoch, -1);
}

TEST_F(ToolRequests, TheClusterItsDirectoriesAndItsPartitions) {
  make_topic("a", 3);
  make_topic("b", 2);
  append("a", {"x"});
  serve();
  auto client = connect();
  DescribeClusterRequest cluster;
  EXPECT_EQ(client.ask<DescribeClusterResponse>(2, cluster).brokers.at(0).port, server->port());
  cluster.endpoint_type = 2;
  EXPECT_EQ(client.ask<DescribeClusterResponse>(2, cluster).error_code, ErrorCode::kMismatchedEndpointType);

  DescribeLogDirsRequest dirs;
  dirs.topics->push_back({"a", {0}});
  const auto logs = client.ask<DescribeLogDirsResponse>(4, dirs);
  ASSERT_EQ(logs.results.at(0).topics.size(), 1u);
  EXPECT_EQ(logs.results[0].topics[0].partitions.at(0).partition_size, static_cast<std::int64_t>(topics.fake("a").local_bytes()));
  EXPECT_GT(logs.results[0].total_bytes, 0);

  DescribeTopicPartitionsRequest partitions;
  partitions.response_partition_limit = 4;
  const auto first = client.ask<DescribeTopicPartitionsResponse>(0, partitions);
  ASSERT_EQ(first.topics.size(), 2u);
  EXPECT_EQ(first.topics[1].partitions.size(), 1u);
  ASSERT_TRUE(first.next_cursor.has_value());
  partitions.cursor = {first.next_cursor->topic_name, first.next_cursor->partition_index};
  const auto rest = client.ask<DescribeTopicPartitionsResponse>(0, partitions);
  ASSERT_EQ(rest.topics.size(), 1u);
  EXPECT_EQ(rest.topics[0].partitions.at(0).partition_index, 1);
  EXPECT_FALSE(rest.next_cursor.has_value());
}

class GroupRequests : public takhin::testing::BrokerFixture {
 protected:
  /// Joins as the only member and takes the assignment; the member's id.
  std::string join(KafkaClient& client, std::int32_t& generation) {
    JoinGroupRequest request;
    request.group_id = "g";
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 10'000;
    request.protocol_type = "consumer";
    request.protocols.push_back({.name = "range", .metadata = Bytes(3, std::byte{1})});
    const auto refused = client.ask<JoinGroupResponse>(5, request);
    EXPECT_EQ(refused.error_code, ErrorCode::kMemberIdRequired);
    request.member_id = refused.member_id;
    const auto joined = client.ask<JoinGroupResponse>(5, request);
    EXPECT_EQ(joined.error_code, ErrorCode::kNone);
    EXPECT_EQ(joined.leader, joined.member_id);
    generation = joined.generation_id;
    SyncGroupRequest sync;
    sync.group_id = "g";
    sync.generation_id = generation;
    sync.member_id = joined.member_id;
    sync.assignments.push_back({.member_id = joined.member_id, .assignment = Bytes(5, std::byte{2})});
    EXPECT_EQ(client.ask<SyncGroupResponse>(3, sync).assignment, Bytes(5, std::byte{2}));
    return joined.member_id;
  }
  ErrorCode commit(KafkaClient& client, std::int16_t version, const std::string& topic, const Uuid& id, std::int32_t index,
                   std::int64_t offset) {
    OffsetCommitRequest request;
    request.group_id = "g";
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    asked.topic_id = id;
    asked.partitions.push_back({.partition_index = index, .committed_offset = offset});
    return client.ask<OffsetCommitResponse>(version, request).topics.at(0).partitions.at(0).error_code;
  }
  std::int64_t committed(KafkaClient& client, const std::string& topic) {
    OffsetFetchRequest request;
    request.group_id = "g";
    request.topics->push_back({topic, {0}});
    return client.ask<OffsetFetchResponse>(5, request).topics.at(0).partitions.at(0).committed_offset;
  }
};

TEST_F(GroupRequests, AMemberJoinsCommitsBeatsAndLeaves) {
  make_topic("t");
  serve();
  auto client = connect();
  std::int32_t generation = 0;
  const std::string member = join(client, generation);
  HeartbeatRequest beat;
  beat.group_id = "g";
  beat.generation_id = generation;
  beat.member_id = member;
  EXPECT_EQ(client.ask<HeartbeatResponse>(3, beat).error_code, ErrorCode::kNone);
  beat.generation_id = generation + 1;
  EXPECT_EQ(client.ask<HeartbeatResponse>(3, beat).error_code, ErrorCode::kIllegalGeneration);
  LeaveGroupRequest leave;
  leave.group_id = "g";
  leave.member_id = member;
  EXPECT_EQ(client.ask<LeaveGroupResponse>(1, leave).error_code, ErrorCode::kNone);
  EXPECT_EQ(client.ask<ListGroupsResponse>(4, ListGroupsRequest{}).groups.at(0).group_state, "Empty");
}

TEST_F(GroupRequests, CommittedOffsetsSurviveARestartAndGoWithTheirTopic) {
  make_topic("t");
  serve();
  {
    auto client = connect();
    EXPECT_EQ(commit(client, 7, "t", {}, 0, 42), ErrorCode::kNone);
    EXPECT_EQ(commit(client, 7, "t", {}, 5, 1), ErrorCode::kUnknownTopicOrPartition);
    EXPECT_EQ(commit(client, 7, "missing", {}, 0, 1), ErrorCode::kUnknownTopicOrPartition);
  }
  server.reset();
  serve();
  auto client = connect();
  EXPECT_EQ(committed(client, "t"), 42);
  DeleteTopicsRequest remove;
  remove.topic_names = {"t"};
  EXPECT_EQ(client.ask<DeleteTopicsResponse>(5, remove).responses.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(committed(client, "t"), -1);
}

TEST_F(GroupRequests, OffsetsAreCommittedAndFetchedByTopicId) {
  make_topic("t");
  const Uuid id = topics.find("t")->id;
  const Uuid stranger = Uuid::make(random);
  serve();
  auto client = connect();
  EXPECT_EQ(commit(client, 10, "", id, 0, 9), ErrorCode::kNone);
  EXPECT_EQ(commit(client, 10, "", stranger, 0, 9), ErrorCode::kUnknownTopicId);
  OffsetFetchRequest request;
  auto& group = request.groups.emplace_back();
  group.group_id = "g";
  group.topics->push_back({.name = "", .topic_id = id, .partition_indexes = {0}});
  group.topics->push_back({.name = "", .topic_id = stranger, .partition_indexes = {0}});
  const auto response = client.ask<OffsetFetchResponse>(10, request);
  ASSERT_EQ(response.groups.at(0).topics.size(), 2u);
  EXPECT_EQ(response.groups[0].topics[0].topic_id, id);
  EXPECT_EQ(response.groups[0].topics[0].partitions.at(0).committed_offset, 9);
  EXPECT_EQ(response.groups[0].topics[1].topic_id, stranger);
  EXPECT_EQ(response.groups[0].topics[1].partitions.at(0).error_code, ErrorCode::kUnknownTopicId);
}

TEST_F(GroupRequests, TheirTopicAppearsWithTheFirstGroupAndIsGuarded) {
  serve();
  auto client = connect();
  EXPECT_TRUE(topics.all().empty());
  FindCoordinatorRequest find;
  find.key = "g";
  EXPECT_EQ(client.ask<FindCoordinatorResponse>(3, find).error_code, ErrorCode::kNone);
  ASSERT_NE(topics.find("__consumer_offsets"), nullptr);
  DeleteTopicsRequest remove;
  remove.topic_names = {"__consumer_offsets"};
  EXPECT_EQ(client.ask<DeleteTopicsResponse>(5, remove).responses.at(0).error_code, ErrorCode::kInvalidRequest);
  ProduceRequest produce;
  produce.acks = 1;
  auto& data = produce.topic_data.emplace_back();
  data.name = "__consumer_offsets";
  data.partition_data.push_back({0, Records::own(batch_of({"x"}))});
  const auto produced = client.ask<ProduceResponse>(9, produce);
  EXPECT_EQ(produced.responses.at(0).partition_responses.at(0).error_code, ErrorCode::kInvalidTopic);
}

}  // namespace
}  // namespace takhin::broker
