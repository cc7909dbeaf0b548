// Every API of the table asks for rights: a caller without them is told so, in the words of Kafka; one right too few is still too
// few, and exactly those that Kafka asks for are enough. A new API has to say here what it asks.

#include <algorithm>
#include <map>

#include "broker/api_table.h"
#include "broker/security/authorizer.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_config_resources.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/sync_group.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/update_features.h"
#include "protocol/messages/write_txn_markers.h"
#include "testing/acl_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;
using security::Acl;
using security::AclOperation;
using security::ResourceType;
using takhin::testing::AclFixture;
using takhin::testing::KafkaClient;
using enum security::AclOperation;

constexpr auto kTopicNo = ErrorCode::kTopicAuthorizationFailed;
constexpr auto kGroupNo = ErrorCode::kGroupAuthorizationFailed;
constexpr auto kClusterNo = ErrorCode::kClusterAuthorizationFailed;
constexpr auto kTransactionNo = ErrorCode::kTransactionalIdAuthorizationFailed;

/// One way to ask an API.
struct Probe {
  ApiKey key;
  std::vector<Acl> needs;                         // all of them, and no more
  std::vector<ErrorCode> refusals;                // for the lack of one of them
  std::function<ErrorCode(KafkaClient&)> ask;  // what the answer says of the resource; what is left out of a list is refused
};

class AccessTest : public AclFixture {
 protected:
  void SetUp() override {
    make_topic("t", 2);
    serve_with_acls();
    id = topics.find("t")->id;
    root.emplace(server->port());
    log_in(*root, "root");
    // A group, and a transactional id.
    ASSERT_EQ(commit(*root), ErrorCode::kNone);
    const InitProducerIdRequest request{.transactional_id = "x", .transaction_timeout_ms = 60'000};
    ASSERT_EQ(root->ask<InitProducerIdResponse>(4, request).error_code, ErrorCode::kNone);
    ASSERT_EQ(beat(*root, "c", "m", 0), ErrorCode::kNone);
  }
  ErrorCode beat(KafkaClient& client, const std::string& group, const std::string& member, std::int32_t epoch) {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = group;
    request.member_id = member;
    request.member_epoch = epoch;
    request.rebalance_timeout_ms = 60'000;
    request.subscribed_topic_names = std::vector<std::string>{"t"};
    request.topic_partitions.emplace();
    return client.ask<ConsumerGroupHeartbeatResponse>(1, request).error_code;
  }
  static Acl topic(AclOperation operation, std::string name = "t") {
    return allow(ResourceType::kTopic, std::move(name), operation);
  }
  static Acl group(AclOperation operation) { return allow(ResourceType::kGroup, "g", operation); }
  static Acl cluster(AclOperation operation) {
    return allow(ResourceType::kCluster, std::string(security::kClusterName), operation);
  }
  static Acl transaction(AclOperation operation) { return allow(ResourceType::kTransactionalId, "x", operation); }

  ErrorCode commit(KafkaClient& client) {
    OffsetCommitRequest request{.group_id = "g"};
    request.topics.push_back({.name = "t", .topic_id = {}, .partitions = {{.partition_index = 0, .committed_offset = 1}}});
    return client.ask<OffsetCommitResponse>(8, request).topics.at(0).partitions.at(0).error_code;
  }
  ErrorCode produce(KafkaClient& client, std::int16_t version, std::optional<std::string> transaction = std::nullopt) {
    ProduceRequest request{.transactional_id = std::move(transaction), .acks = 1, .timeout_ms = 1000};
    auto& data = request.topic_data.emplace_back();
    data.name = "t";
    data.topic_id = id;
    data.partition_data.push_back({0, Records::own(batch_of({"v"}))});
    return client.ask<ProduceResponse>(version, request).responses.at(0).partition_responses.at(0).error_code;
  }
  ErrorCode fetch(KafkaClient& client, std::int16_t version) {
    FetchRequest request{.max_wait_ms = 0};
    request.topics.push_back({.topic = "t", .topic_id = id, .partitions = {{.partition = 0, .partition_max_bytes = 1000}}});
    return client.ask<FetchResponse>(version, request).responses.at(0).partitions.at(0).error_code;
  }
  ErrorCode metadata(KafkaClient& client, const std::string& name, Uuid by_id = {}) {
    MetadataRequest request;
    request.topics->push_back({.topic_id = by_id, .name = by_id.is_zero() ? std::optional(name) : std::nullopt});
    const auto answered = client.ask<MetadataResponse>(12, request).topics.at(0);
    const bool refused = answered.error_code == kTopicNo;
    EXPECT_FALSE(refused && !answered.partitions.empty());
    EXPECT_FALSE(refused && !by_id.is_zero() && answered.name.has_value());
    return answered.error_code;
  }
  ErrorCode all_topics(KafkaClient& client) {
    MetadataRequest request;
    request.topics.reset();
    const auto answered = client.ask<MetadataResponse>(12, request).topics;
    return std::ranges::any_of(answered, [](const auto& one) { return one.name == "t"; }) ? ErrorCode::kNone : kTopicNo;
  }
  ErrorCode alter(KafkaClient& client, std::int8_t type, const std::string& name) {
    IncrementalAlterConfigsRequest request;
    request.resources.push_back({type, name, {}});
    return client.ask<IncrementalAlterConfigsResponse>(1, request).responses.at(0).error_code;
  }
  ErrorCode describe(KafkaClient& client, std::int8_t type, const std::string& name) {
    DescribeConfigsRequest request;
    request.resources.push_back({.resource_type = type, .resource_name = name, .configuration_keys = {}});
    return client.ask<DescribeConfigsResponse>(4, request).results.at(0).error_code;
  }
  ErrorCode find_coordinator(KafkaClient& client, std::int8_t type, const std::string& key) {
    FindCoordinatorRequest request{.key_type = type, .coordinator_keys = {key}};
    return client.ask<FindCoordinatorResponse>(4, request).coordinators.at(0).error_code;
  }
  ErrorCode remove_topic(KafkaClient& client, Uuid by_id) {
    DeleteTopicsRequest request;
    request.topics.push_back({.name = by_id.is_zero() ? std::optional<std::string>("gone") : std::nullopt, .topic_id = by_id});
    return client.ask<DeleteTopicsResponse>(6, request).responses.at(0).error_code;
  }
  std::vector<Probe> data_probes();
  std::vector<Probe> group_probes();
  std::vector<Probe> topic_probes();
  std::vector<Probe> transaction_probes();
  std::vector<Probe> cluster_probes();

  Uuid id;
  std::optional<KafkaClient> root;
};

std::vector<Probe> AccessTest::data_probes() {
  return {
      {ApiKey::kProduce, {topic(kWrite)}, {kTopicNo}, [&](auto& client) { return produce(client, 9); }},
      {ApiKey::kProduce, {topic(kWrite)}, {kTopicNo}, [&](auto& client) { return produce(client, 13); }},
      {ApiKey::kProduce, {topic(kWrite), transaction(kWrite)}, {kTopicNo, kTransactionNo},
       [&](auto& client) { return produce(client, 9, "x"); }},
      {ApiKey::kFetch, {topic(kRead)}, {kTopicNo}, [&](auto& client) { return fetch(client, 12); }},
      {ApiKey::kFetch, {topic(kRead)}, {kTopicNo}, [&](auto& client) { return fetch(client, 13); }},
      {ApiKey::kListOffsets, {topic(kDescribe)}, {kTopicNo},
       [&](auto& client) {
         ListOffsetsRequest request;
         request.topics.push_back({"t", {{.timestamp = -1}}});
         return client.template ask<ListOffsetsResponse>(7, request).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::kMetadata, {topic(kDescribe)}, {kTopicNo}, [&](auto& client) { return metadata(client, "t"); }},
      {ApiKey::kMetadata, {topic(kDescribe)}, {kTopicNo}, [&](auto& client) { return metadata(client, "", id); }},
      {ApiKey::kMetadata, {topic(kDescribe)}, {kTopicNo}, [&](auto& client) { return all_topics(client); }},
      {ApiKey::kDescribeTopicPartitions, {topic(kDescribe)}, {kTopicNo},
       [&](auto& client) {
         DescribeTopicPartitionsRequest request{.topics = {{"t"}}};
         return client.template ask<DescribeTopicPartitionsResponse>(0, request).topics.at(0).error_code;
       }},
      {ApiKey::kOffsetForLeaderEpoch, {topic(kDescribe)}, {kTopicNo},
       [&](auto& client) {
         OffsetForLeaderEpochRequest request;
         request.topics.push_back({"t", {{.partition = 0}}});
         return client.template ask<OffsetForLeaderEpochResponse>(4, request).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::kDeleteRecords, {topic(kDelete)}, {kTopicNo},
       [&](auto& client) {
         DeleteRecordsRequest request{.topics = {{"t", {{0, 0}}}}, .timeout_ms = 1000};
         return client.template ask<DeleteRecordsResponse>(2, request).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::kDescribeProducers, {topic(kRead)}, {kTopicNo},
       [&](auto& client) {
         DescribeProducersRequest request{.topics = {{"t", {0}}}};
         return client.template ask<DescribeProducersResponse>(0, request).topics.at(0).partitions.at(0).error_code;
       }},
  };
}

std::vector<Probe> AccessTest::group_probes() {
  return {
      {ApiKey::kOffsetCommit, {group(kRead), topic(kRead)}, {kGroupNo, kTopicNo}, [&](auto& client) { return commit(client); }},
      {ApiKey::kOffsetFetch, {group(kDescribe), topic(kDescribe)}, {kGroupNo, kTopicNo},
       [&](auto& client) {
         OffsetFetchRequest request{.group_id = "g"};
         request.topics->push_back({"t", {0}});
         const auto response = client.template ask<OffsetFetchResponse>(7, request);
         return response.error_code != ErrorCode::kNone ? response.error_code : response.topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::kOffsetFetch, {group(kDescribe), topic(kDescribe)}, {kGroupNo, kTopicNo},
       [&](auto& client) {
         OffsetFetchRequest request;
         auto& asked = request.groups.emplace_back();
         asked.group_id = "g";
         asked.topics->push_back({.name = "t", .topic_id = id, .partition_indexes = {0}});
         const auto response = client.template ask<OffsetFetchResponse>(10, request).groups.at(0);
         return response.error_code != ErrorCode::kNone ? response.error_code : response.topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::kOffsetFetch, {group(kDescribe), topic(kDescribe)}, {kGroupNo, kTopicNo},
       [&](auto& client) {
         OffsetFetchRequest request;
         request.groups.emplace_back().group_id = "g";
         request.groups[0].topics.reset();
         const auto response = client.template ask<OffsetFetchResponse>(9, request).groups.at(0);
         if (response.error_code != ErrorCode::kNone) return response.error_code;
         return response.topics.empty() ? kTopicNo : ErrorCode::kNone;
       }},
      {ApiKey::kOffsetDelete, {group(kDelete), topic(kRead)}, {kGroupNo, kTopicNo},
       [&](auto& client) {
         OffsetDeleteRequest request{.group_id = "g", .topics = {{"t", {{5}}}}};
         const auto response = client.template ask<OffsetDeleteResponse>(0, request);
         return response.error_code != ErrorCode::kNone ? response.error_code : response.topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::kFindCoordinator, {group(kDescribe)}, {kGroupNo}, [&](auto& client) { return find_coordinator(client, 0, "g"); }},
      {ApiKey::kFindCoordinator, {transaction(kDescribe)}, {kTransactionNo},
       [&](auto& client) { return find_coordinator(client, 1, "x"); }},
      {ApiKey::kJoinGroup, {group(kRead)}, {kGroupNo},
       [&](auto& client) {
         JoinGroupRequest request{.group_id = "g", .session_timeout_ms = 10'000, .protocol_type = "consumer"};
         request.protocols.push_back({.name = "range", .metadata = {}});
         return client.template ask<JoinGroupResponse>(9, request).error_code;  // MEMBER_ID_REQUIRED
       }},
      {ApiKey::kSyncGroup, {group(kRead)}, {kGroupNo},
       [&](auto& client) {
         return client.template ask<SyncGroupResponse>(5, SyncGroupRequest{.group_id = "g", .member_id = "m"}).error_code;
       }},
      {ApiKey::kHeartbeat, {group(kRead)}, {kGroupNo},
       [&](auto& client) {
         return client.template ask<HeartbeatResponse>(4, HeartbeatRequest{.group_id = "g", .member_id = "m"}).error_code;
       }},
      {ApiKey::kLeaveGroup, {group(kRead)}, {kGroupNo},
       [&](auto& client) {
         return client.template ask<LeaveGroupResponse>(5, LeaveGroupRequest{.group_id = "g", .members = {{"m"}}}).error_code;
       }},
      {ApiKey::kDescribeGroups, {group(kDescribe)}, {kGroupNo},
       [&](auto& client) {
         return client.template ask<DescribeGroupsResponse>(5, DescribeGroupsRequest{.groups = {"g"}}).groups.at(0).error_code;
       }},
      {ApiKey::kListGroups, {group(kDescribe)}, {kGroupNo},
       [&](auto& client) {
         return client.template ask<ListGroupsResponse>(4, ListGroupsRequest{}).groups.empty() ? kGroupNo : ErrorCode::kNone;
       }},
      {ApiKey::kListGroups, {cluster(kDescribe)}, {kGroupNo},
       [&](auto& client) {
         return client.template ask<ListGroupsResponse>(4, ListGroupsRequest{}).groups.empty() ? kGroupNo : ErrorCode::kNone;
       }},
      {ApiKey::kConsumerGroupHeartbeat, {group(kRead), topic(kDescribe)}, {kGroupNo, kTopicNo},
       [&](auto& client) { return beat(client, "g", "nobody", 5); }},
      {ApiKey::kConsumerGroupDescribe, {allow(ResourceType::kGroup, "c", kDescribe), topic(kDescribe)}, {kGroupNo, kTopicNo},
       [&](auto& client) {
         const ConsumerGroupDescribeRequest request{.group_ids = {"c"}};
         const auto shown = client.template ask<ConsumerGroupDescribeResponse>(0, request).groups.at(0);
         EXPECT_EQ(shown.members.empty(), shown.error_code != ErrorCode::kNone);
         return shown.error_code;
       }},
      {ApiKey::kDeleteGroups, {allow(ResourceType::kGroup, "none", kDelete)}, {kGroupNo},
       [&](auto& client) {
         const DeleteGroupsRequest request{.groups_names = {"none"}};
         return client.template ask<DeleteGroupsResponse>(2, request).results.at(0).error_code;
       }},
  };
}

std::vector<Probe> AccessTest::topic_probes() {
  const auto create = [](auto& client) {
    CreateTopicsRequest request{.topics = {{.name = "new", .num_partitions = 1, .replication_factor = 1}}, .validate_only = true};
    return client.template ask<CreateTopicsResponse>(7, request).topics.at(0).error_code;
  };
  const auto make = [&](auto& client) {
    const ErrorCode error = metadata(client, "made");
    EXPECT_TRUE(topics.find("made") == nullptr || topics.remove("made").ok());
    return error;
  };
  return {
      {ApiKey::kCreateTopics, {cluster(kCreate)}, {kTopicNo}, create},
      {ApiKey::kCreateTopics, {topic(kCreate, "new")}, {kTopicNo}, create},
      {ApiKey::kMetadata, {topic(kDescribe, "made"), topic(kCreate, "made")}, {kTopicNo}, make},
      {ApiKey::kDeleteTopics, {topic(kDelete, "gone")}, {kTopicNo}, [&](auto& client) { return remove_topic(client, {}); }},
      {ApiKey::kCreatePartitions, {topic(kAlter)}, {kTopicNo},
       [](auto& client) {
         CreatePartitionsRequest request{.topics = {{.name = "t", .count = 1, .assignments = std::nullopt}}};
         return client.template ask<CreatePartitionsResponse>(3, request).results.at(0).error_code;
       }},
      {ApiKey::kDescribeConfigs, {topic(kDescribeConfigs)}, {kTopicNo}, [&](auto& client) { return describe(client, 2, "t"); }},
      {ApiKey::kDescribeConfigs, {topic(kAlterConfigs)}, {kTopicNo}, [&](auto& client) { return describe(client, 2, "t"); }},
      {ApiKey::kDescribeConfigs, {cluster(kDescribeConfigs)}, {kClusterNo},
       [&](auto& client) { return describe(client, 4, "1"); }},
      {ApiKey::kDescribeConfigs, {allow(ResourceType::kGroup, "g", kDescribeConfigs)}, {kGroupNo},
       [&](auto& client) { return describe(client, 32, "g"); }},
      {ApiKey::kAlterConfigs, {topic(kAlterConfigs)}, {kTopicNo},
       [](auto& client) {
         AlterConfigsRequest request;
         request.resources.push_back({2, "t", {}});
         return client.template ask<AlterConfigsResponse>(2, request).responses.at(0).error_code;
       }},
      {ApiKey::kIncrementalAlterConfigs, {topic(kAlterConfigs)}, {kTopicNo}, [&](auto& client) { return alter(client, 2, "t"); }},
      {ApiKey::kIncrementalAlterConfigs, {allow(ResourceType::kGroup, "g", kAlterConfigs)}, {kGroupNo},
       [&](auto& client) { return alter(client, 32, "g"); }},
      {ApiKey::kIncrementalAlterConfigs, {cluster(kAlterConfigs)}, {kClusterNo},
       [&](auto& client) { return alter(client, 4, "1"); }},
  };
}

std::vector<Probe> AccessTest::transaction_probes() {
  const auto init = [](std::optional<std::string> id) {
    return [id](auto& client) {
      const InitProducerIdRequest request{.transactional_id = id, .transaction_timeout_ms = 60'000};
      return client.template ask<InitProducerIdResponse>(4, request).error_code;
    };
  };
  return {
      {ApiKey::kInitProducerId, {transaction(kWrite)}, {kTransactionNo}, init("x")},
      {ApiKey::kInitProducerId, {cluster(kIdempotentWrite)}, {kClusterNo}, init(std::nullopt)},
      {ApiKey::kInitProducerId, {topic(kWrite, "any")}, {kClusterNo}, init(std::nullopt)},
      {ApiKey::kAddPartitionsToTxn, {transaction(kWrite), topic(kWrite)}, {kTransactionNo, kTopicNo},
       [](auto& client) {
         AddPartitionsToTxnRequest request{.v3_and_below_transactional_id = "x", .v3_and_below_producer_id = 7};
         request.v3_and_below_topics.push_back({"t", {0}});
         const auto response = client.template ask<AddPartitionsToTxnResponse>(3, request);
         return static_cast<ErrorCode>(
             response.results_by_topic_v3_and_below.at(0).results_by_partition.at(0).partition_error_code);
       }},
      {ApiKey::kAddPartitionsToTxn, {cluster(kClusterAction)}, {kClusterNo},
       [](auto& client) {
         return client.template ask<AddPartitionsToTxnResponse>(5, AddPartitionsToTxnRequest{}).error_code;
       }},
      {ApiKey::kAddOffsetsToTxn, {transaction(kWrite), group(kRead)}, {kTransactionNo, kGroupNo},
       [](auto& client) {
         const AddOffsetsToTxnRequest request{.transactional_id = "x", .producer_id = 7, .group_id = "g"};
         return client.template ask<AddOffsetsToTxnResponse>(3, request).error_code;
       }},
      {ApiKey::kTxnOffsetCommit, {transaction(kWrite), group(kRead), topic(kRead)}, {kTransactionNo, kGroupNo, kTopicNo},
       [](auto& client) {
         TxnOffsetCommitRequest request{.transactional_id = "x", .group_id = "g", .producer_id = 7};
         request.topics.push_back({.name = "t", .topic_id = {}, .partitions = {{.partition_index = 0}}});
         return client.template ask<TxnOffsetCommitResponse>(3, request).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::kEndTxn, {transaction(kWrite)}, {kTransactionNo},
       [](auto& client) {
         return client.template ask<EndTxnResponse>(3, EndTxnRequest{.transactional_id = "x", .producer_id = 7}).error_code;
       }},
      {ApiKey::kDescribeTransactions, {transaction(kDescribe)}, {kTransactionNo},
       [](auto& client) {
         const DescribeTransactionsRequest request{.transactional_ids = {"x"}};
         return client.template ask<DescribeTransactionsResponse>(0, request).transaction_states.at(0).error_code;
       }},
      {ApiKey::kListTransactions, {transaction(kDescribe)}, {kTransactionNo},
       [](auto& client) {
         const auto response = client.template ask<ListTransactionsResponse>(1, ListTransactionsRequest{});
         return response.transaction_states.empty() ? kTransactionNo : ErrorCode::kNone;
       }},
  };
}

std::vector<Probe> AccessTest::cluster_probes() {
  const auto whole = []<class Response, class Request>(std::int16_t version, Request request, std::type_identity<Response>) {
    return [version, request](KafkaClient& client) { return client.ask<Response>(version, request).error_code; };
  };
  const auto markers = [](auto& client) {
    WriteTxnMarkersRequest request;
    request.markers.push_back({.producer_id = 7, .topics = {{"t", {0}}}});
    return client.template ask<WriteTxnMarkersResponse>(1, request).markers.at(0).topics.at(0).partitions.at(0).error_code;
  };
  return {
      {ApiKey::kDescribeAcls, {cluster(kDescribe)}, {kClusterNo},
       whole(3, DescribeAclsRequest{.resource_type_filter = 1, .pattern_type_filter = 1, .operation = 1, .permission_type = 1},
             std::type_identity<DescribeAclsResponse>{})},
      {ApiKey::kCreateAcls, {cluster(kAlter)}, {kClusterNo},
       [](auto& client) {
         CreateAclsRequest request;
         request.creations.emplace_back();
         return client.template ask<CreateAclsResponse>(3, request).results.at(0).error_code;
       }},
      {ApiKey::kDeleteAcls, {cluster(kAlter)}, {kClusterNo},
       [](auto& client) {
         DeleteAclsRequest request;
         request.filters.emplace_back();
         return client.template ask<DeleteAclsResponse>(3, request).filter_results.at(0).error_code;
       }},
      {ApiKey::kAlterReplicaLogDirs, {cluster(kAlter)}, {kClusterNo},
       [](auto& client) {
         AlterReplicaLogDirsRequest request{.dirs = {{"/x", {{"t", {0}}}}}};
         return client.template ask<AlterReplicaLogDirsResponse>(2, request).results.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::kDescribeLogDirs, {cluster(kDescribe)}, {kClusterNo},
       whole(4, DescribeLogDirsRequest{}, std::type_identity<DescribeLogDirsResponse>{})},
      {ApiKey::kElectLeaders, {cluster(kAlter)}, {kClusterNo},
       whole(2, ElectLeadersRequest{}, std::type_identity<ElectLeadersResponse>{})},
      {ApiKey::kElectLeaders, {cluster(kAlter)}, {kClusterNo},
       [](auto& client) {
         ElectLeadersRequest request;
         request.topic_partitions->push_back({"t", {0}});
         const auto response = client.template ask<ElectLeadersResponse>(0, request);
         return response.replica_election_results.at(0).partition_result.at(0).error_code;
       }},
      {ApiKey::kAlterPartitionReassignments, {cluster(kAlter)}, {kClusterNo},
       whole(0, AlterPartitionReassignmentsRequest{}, std::type_identity<AlterPartitionReassignmentsResponse>{})},
      {ApiKey::kListPartitionReassignments, {cluster(kDescribe)}, {kClusterNo},
       whole(0, ListPartitionReassignmentsRequest{}, std::type_identity<ListPartitionReassignmentsResponse>{})},
      {ApiKey::kDescribeClientQuotas, {cluster(kDescribeConfigs)}, {kClusterNo},
       whole(1, DescribeClientQuotasRequest{}, std::type_identity<DescribeClientQuotasResponse>{})},
      {ApiKey::kAlterClientQuotas, {cluster(kAlterConfigs)}, {kClusterNo},
       [](auto& client) {
         AlterClientQuotasRequest request{.entries = {}, .validate_only = true};
         request.entries.push_back({.entity = {{"user", "nobody"}}, .ops = {}});
         return client.template ask<AlterClientQuotasResponse>(1, request).entries.at(0).error_code;
       }},
      {ApiKey::kUpdateFeatures, {cluster(kAlter)}, {kClusterNo},
       whole(1, UpdateFeaturesRequest{.feature_updates = {{.feature = "none"}}, .validate_only = true},
             std::type_identity<UpdateFeaturesResponse>{})},
      {ApiKey::kDescribeUserScramCredentials, {cluster(kDescribe)}, {kClusterNo},
       whole(0, DescribeUserScramCredentialsRequest{}, std::type_identity<DescribeUserScramCredentialsResponse>{})},
      {ApiKey::kAlterUserScramCredentials, {cluster(kAlter)}, {kClusterNo},
       [](auto& client) {
         AlterUserScramCredentialsRequest request{.deletions = {{"nobody", 1}}, .upsertions = {}};
         return client.template ask<AlterUserScramCredentialsResponse>(0, request).results.at(0).error_code;
       }},
      {ApiKey::kDescribeQuorum, {cluster(kDescribe)}, {kClusterNo},
       whole(2, DescribeQuorumRequest{}, std::type_identity<DescribeQuorumResponse>{})},
      {ApiKey::kListConfigResources, {cluster(kDescribeConfigs)}, {kClusterNo},
       whole(1, ListConfigResourcesRequest{}, std::type_identity<ListConfigResourcesResponse>{})},
      {ApiKey::kDescribeCluster, {cluster(kDescribe)}, {kClusterNo},
       [](auto& client) {
         const DescribeClusterRequest request{.include_cluster_authorized_operations = true};
         const auto response = client.template ask<DescribeClusterResponse>(1, request);
         return response.cluster_authorized_operations == 0 ? kClusterNo : response.error_code;
       }},
      {ApiKey::kWriteTxnMarkers, {cluster(kClusterAction)}, {kClusterNo}, markers},
      {ApiKey::kWriteTxnMarkers, {cluster(kAlter)}, {kClusterNo}, markers},
  };
}

bool is_refusal(ErrorCode error) {
  return error == kTopicNo || error == kGroupNo || error == kClusterNo || error == kTransactionNo;
}

TEST_F(AccessTest, EveryApiAsksForWhatKafkaAsksFor) {
  std::vector<Probe> probes;
  for (auto some : {data_probes(), group_probes(), topic_probes(), transaction_probes(), cluster_probes()}) {
    probes.insert(probes.end(), some.begin(), some.end());
  }
  auto bob = connect();
  log_in(bob, "bob");
  for (const Probe& probe : probes) {
    const std::string name(find_api(probe.key)->name);
    EXPECT_FALSE(is_refusal(probe.ask(*root))) << name << ": super users may";
    const ErrorCode without = probe.ask(bob);
    EXPECT_NE(std::ranges::find(probe.refusals, without), probe.refusals.end()) << name << ": " << name_of(without);
    for (std::size_t missing = 0; missing <= probe.needs.size(); ++missing) {
      std::vector<Acl> some = probe.needs;
      const bool whole = missing == probe.needs.size();
      if (!whole) some.erase(some.begin() + static_cast<std::ptrdiff_t>(missing));
      set_acls(*root, some);
      const ErrorCode error = probe.ask(bob);
      const bool refused = std::ranges::find(probe.refusals, error) != probe.refusals.end();
      EXPECT_EQ(refused, !whole) << name << " without " << missing << " of " << probe.needs.size() << ": " << name_of(error);
      EXPECT_FALSE(whole && is_refusal(error)) << name << ": " << name_of(error);
    }
    set_acls(*root, {});
  }
  for (const ServedApi& api : served_apis()) {
    const bool open = api.access == Access::Kind::kOpen;
    EXPECT_NE(open, std::ranges::any_of(probes, [&](const Probe& probe) { return probe.key == api.key; }))
        << api.name << ": say in this test what it asks of its caller, or in the table that it asks nothing";
  }
}

TEST_F(AccessTest, UnknownIdsAndHiddenTopicsAreToldApartByThoseWhoMay) {
  auto bob = connect();
  log_in(bob, "bob");
  Uuid nowhere;
  nowhere.bytes[0] = std::byte{1};
  EXPECT_EQ(metadata(bob, "", nowhere), ErrorCode::kUnknownTopicId);
  EXPECT_EQ(metadata(bob, "nowhere"), kTopicNo) << "whether it is there is not for all to know";
  EXPECT_EQ(remove_topic(bob, nowhere), ErrorCode::kUnknownTopicId);
  DeleteTopicsRequest request;
  request.topics.push_back({.name = std::nullopt, .topic_id = id});
  const auto name_told = [&] { return bob.ask<DeleteTopicsResponse>(6, request).responses.at(0).name; };
  EXPECT_EQ(name_told(), std::nullopt);
  set_acls(*root, {topic(kDescribe)});
  EXPECT_EQ(name_told(), "t");
  EXPECT_NE(topics.find("t"), nullptr);
}

TEST_F(AccessTest, AuthorizedOperationsAreThoseOfTheCaller) {
  set_acls(*root, {topic(kRead), group(kRead), cluster(kDescribe)});
  auto bob = connect();
  log_in(bob, "bob");
  MetadataRequest request{.include_cluster_authorized_operations = true, .include_topic_authorized_operations = true};
  request.topics->push_back({.topic_id = {}, .name = "t"});
  const auto metadata = bob.ask<MetadataResponse>(10, request);
  EXPECT_EQ(metadata.topics.at(0).topic_authorized_operations, (1 << 3) | (1 << 8));
  EXPECT_EQ(metadata.cluster_authorized_operations, 1 << 8);
  EXPECT_EQ(root->ask<MetadataResponse>(10, request).topics.at(0).topic_authorized_operations, 3576);
  const DescribeGroupsRequest groups{.groups = {"g"}, .include_authorized_operations = true};
  EXPECT_EQ(bob.ask<DescribeGroupsResponse>(5, groups).groups.at(0).authorized_operations, (1 << 3) | (1 << 8));
}

TEST_F(AccessTest, ATopicIsNotMadeForWhoMayNotMakeIt) {
  auto bob = connect();
  log_in(bob, "bob");
  set_acls(*root, {topic(kDescribe, "made")});
  EXPECT_EQ(metadata(bob, "made"), kTopicNo);
  EXPECT_EQ(topics.find("made"), nullptr);
  set_acls(*root, {topic(kDescribe, "made"), cluster(kCreate)});
  EXPECT_EQ(metadata(bob, "made"), ErrorCode::kNone);
  EXPECT_NE(topics.find("made"), nullptr);
}

}  // namespace
}  // namespace takhin::broker
