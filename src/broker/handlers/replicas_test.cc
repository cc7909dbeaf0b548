#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/list_config_resources.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;

using ReplicaRequests = takhin::testing::BrokerFixture;

TEST_F(ReplicaRequests, ThePreferredLeaderLeadsAlready) {
  make_topic("t", 2);
  serve();
  auto client = connect();
  ElectLeadersRequest request;
  request.topic_partitions = {{"t", {0, 1, 2}}, {"missing", {0}}};
  const auto response = client.ask<ElectLeadersResponse>(2, request);
  EXPECT_EQ(response.error_code, ErrorCode::kNone);
  ASSERT_EQ(response.replica_election_results.size(), 2u);
  const auto& t = response.replica_election_results[0].partition_result;
  EXPECT_EQ(t.at(1).error_code, ErrorCode::kElectionNotNeeded);
  EXPECT_EQ(t.at(2).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(response.replica_election_results[1].partition_result.at(0).error_code, ErrorCode::kUnknownTopicOrPartition);
  request.topic_partitions.reset();
  EXPECT_TRUE(client.ask<ElectLeadersResponse>(2, request).replica_election_results.empty());
  request.election_type = 7;
  EXPECT_EQ(client.ask<ElectLeadersResponse>(2, request).error_code, ErrorCode::kInvalidRequest);
}

TEST_F(ReplicaRequests, APartitionStaysOnTheOnlyBroker) {
  make_topic("t");
  serve();
  auto client = connect();
  AlterPartitionReassignmentsRequest request;
  const auto ask = [&](std::int32_t index, std::optional<std::vector<std::int32_t>> replicas) {
    request.topics = {{.name = "t", .partitions = {{.partition_index = index, .replicas = std::move(replicas)}}}};
    return client.ask<AlterPartitionReassignmentsResponse>(1, request).responses.at(0).partitions.at(0).error_code;
  };
  EXPECT_EQ(ask(0, std::vector{1}), ErrorCode::kNone);
  EXPECT_EQ(ask(0, std::vector{2}), ErrorCode::kInvalidReplicaAssignment);
  EXPECT_EQ(ask(0, std::vector{1, 1}), ErrorCode::kInvalidReplicaAssignment);
  EXPECT_EQ(ask(0, std::vector<std::int32_t>{}), ErrorCode::kInvalidReplicaAssignment);
  EXPECT_EQ(ask(0, std::nullopt), ErrorCode::kNoReassignmentInProgress);
  EXPECT_EQ(ask(1, std::vector{1}), ErrorCode::kUnknownTopicOrPartition);
  const auto listed = client.ask<ListPartitionReassignmentsResponse>(0, ListPartitionReassignmentsRequest{});
  EXPECT_EQ(listed.error_code, ErrorCode::kNone);
  EXPECT_TRUE(listed.topics.empty());
}

TEST_F(ReplicaRequests, APartitionStaysInTheOnlyLogDirectory) {
  make_topic("t");
  serve();
  auto client = connect();
  const auto dir = client.ask<DescribeLogDirsResponse>(4, DescribeLogDirsRequest{.topics = std::nullopt}).results.at(0).log_dir;
  AlterReplicaLogDirsRequest request;
  request.dirs = {{.path = dir, .topics = {{.name = "t", .partitions = {0, 1}}}},
                  {.path = "/elsewhere", .topics = {{.name = "t", .partitions = {0}}}}};
  const auto response = client.ask<AlterReplicaLogDirsResponse>(2, request);
  ASSERT_EQ(response.results.size(), 2u);
  EXPECT_EQ(response.results[0].partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(response.results[0].partitions.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(response.results[1].partitions.at(0).error_code, ErrorCode::kLogDirNotFound);
}

TEST_F(ReplicaRequests, TheQuorumIsThisBroker) {
  serve();
  auto client = connect();
  DescribeQuorumRequest request;
  request.topics = {{.topic_name = "__cluster_metadata", .partitions = {{.partition_index = 0}, {.partition_index = 1}}}};
  const auto response = client.ask<DescribeQuorumResponse>(2, request);
  const auto& known = response.topics.at(0).partitions.at(0);
  EXPECT_EQ(known.error_code, ErrorCode::kNone);
  EXPECT_EQ(known.leader_id, 1);
  ASSERT_EQ(known.current_voters.size(), 1u);
  EXPECT_EQ(known.current_voters[0].replica_id, 1);
  EXPECT_EQ(response.topics[0].partitions.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
  ASSERT_EQ(response.nodes.size(), 1u);
}

TEST_F(ReplicaRequests, ConfigResourcesAreListedByType) {
  make_topic("t");
  serve();
  auto client = connect();
  ListConfigResourcesRequest request;
  EXPECT_TRUE(client.ask<ListConfigResourcesResponse>(0, request).config_resources.empty());
  EXPECT_EQ(client.ask<ListConfigResourcesResponse>(1, request).config_resources.size(), 2u);
  request.resource_types = {2};
  const auto topics = client.ask<ListConfigResourcesResponse>(1, request).config_resources;
  ASSERT_EQ(topics.size(), 1u);
  EXPECT_EQ(topics[0].resource_name, "t");
  request.resource_types = {3};
  EXPECT_EQ(client.ask<ListConfigResourcesResponse>(1, request).error_code, ErrorCode::kUnsupportedVersion);
}

}  // namespace
}  // namespace takhin::broker
