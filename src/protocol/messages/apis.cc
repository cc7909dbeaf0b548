// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/api.h"

#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_acls.h"
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
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "protocol/messages/sync_group.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/update_features.h"
#include "protocol/messages/write_txn_markers.h"

namespace takhin::protocol {
namespace {

const ApiInfo kRows[] = {
    {ApiKey::kProduce, "Produce", 3, 13, 13, 9,
     &ProduceRequest::table(), &ProduceResponse::table()},
    {ApiKey::kFetch, "Fetch", 4, 18, 18, 12,
     &FetchRequest::table(), &FetchResponse::table()},
    {ApiKey::kListOffsets, "ListOffsets", 1, 11, 11, 6,
     &ListOffsetsRequest::table(), &ListOffsetsResponse::table()},
    {ApiKey::kMetadata, "Metadata", 0, 13, 13, 9,
     &MetadataRequest::table(), &MetadataResponse::table()},
    {ApiKey::kOffsetCommit, "OffsetCommit", 2, 10, 10, 8,
     &OffsetCommitRequest::table(), &OffsetCommitResponse::table()},
    {ApiKey::kOffsetFetch, "OffsetFetch", 1, 10, 10, 6,
     &OffsetFetchRequest::table(), &OffsetFetchResponse::table()},
    {ApiKey::kFindCoordinator, "FindCoordinator", 0, 6, 6, 3,
     &FindCoordinatorRequest::table(), &FindCoordinatorResponse::table()},
    {ApiKey::kJoinGroup, "JoinGroup", 0, 9, 9, 6,
     &JoinGroupRequest::table(), &JoinGroupResponse::table()},
    {ApiKey::kHeartbeat, "Heartbeat", 0, 4, 4, 4,
     &HeartbeatRequest::table(), &HeartbeatResponse::table()},
    {ApiKey::kLeaveGroup, "LeaveGroup", 0, 5, 5, 4,
     &LeaveGroupRequest::table(), &LeaveGroupResponse::table()},
    {ApiKey::kSyncGroup, "SyncGroup", 0, 5, 5, 4,
     &SyncGroupRequest::table(), &SyncGroupResponse::table()},
    {ApiKey::kDescribeGroups, "DescribeGroups", 0, 6, 6, 5,
     &DescribeGroupsRequest::table(), &DescribeGroupsResponse::table()},
    {ApiKey::kListGroups, "ListGroups", 0, 5, 5, 3,
     &ListGroupsRequest::table(), &ListGroupsResponse::table()},
    {ApiKey::kSaslHandshake, "SaslHandshake", 0, 1, 1, kNeverFlexible,
     &SaslHandshakeRequest::table(), &SaslHandshakeResponse::table()},
    {ApiKey::kApiVersions, "ApiVersions", 0, 5, 5, 3,
     &ApiVersionsRequest::table(), &ApiVersionsResponse::table()},
    {ApiKey::kCreateTopics, "CreateTopics", 2, 7, 7, 5,
     &CreateTopicsRequest::table(), &CreateTopicsResponse::table()},
    {ApiKey::kDeleteTopics, "DeleteTopics", 1, 6, 6, 4,
     &DeleteTopicsRequest::table(), &DeleteTopicsResponse::table()},
    {ApiKey::kDeleteRecords, "DeleteRecords", 0, 2, 2, 2,
     &DeleteRecordsRequest::table(), &DeleteRecordsResponse::table()},
    {ApiKey::kInitProducerId, "InitProducerId", 0, 6, 5, 2,
     &InitProducerIdRequest::table(), &InitProducerIdResponse::table()},
    {ApiKey::kOffsetForLeaderEpoch, "OffsetForLeaderEpoch", 2, 4, 4, 4,
     &OffsetForLeaderEpochRequest::table(), &OffsetForLeaderEpochResponse::table()},
    {ApiKey::kAddPartitionsToTxn, "AddPartitionsToTxn", 0, 5, 5, 3,
     &AddPartitionsToTxnRequest::table(), &AddPartitionsToTxnResponse::table()},
    {ApiKey::kAddOffsetsToTxn, "AddOffsetsToTxn", 0, 4, 4, 3,
     &AddOffsetsToTxnRequest::table(), &AddOffsetsToTxnResponse::table()},
    {ApiKey::kEndTxn, "EndTxn", 0, 5, 5, 3,
     &EndTxnRequest::table(), &EndTxnResponse::table()},
    {ApiKey::kWriteTxnMarkers, "WriteTxnMarkers", 1, 2, 2, 1,
     &WriteTxnMarkersRequest::table(), &WriteTxnMarkersResponse::table()},
    {ApiKey::kTxnOffsetCommit, "TxnOffsetCommit", 0, 6, 6, 3,
     &TxnOffsetCommitRequest::table(), &TxnOffsetCommitResponse::table()},
    {ApiKey::kDescribeAcls, "DescribeAcls", 1, 3, 3, 2,
     &DescribeAclsRequest::table(), &DescribeAclsResponse::table()},
    {ApiKey::kCreateAcls, "CreateAcls", 1, 3, 3, 2,
     &CreateAclsRequest::table(), &CreateAclsResponse::table()},
    {ApiKey::kDeleteAcls, "DeleteAcls", 1, 3, 3, 2,
     &DeleteAclsRequest::table(), &DeleteAclsResponse::table()},
    {ApiKey::kDescribeConfigs, "DescribeConfigs", 1, 4, 4, 4,
     &DescribeConfigsRequest::table(), &DescribeConfigsResponse::table()},
    {ApiKey::kAlterConfigs, "AlterConfigs", 0, 2, 2, 2,
     &AlterConfigsRequest::table(), &AlterConfigsResponse::table()},
    {ApiKey::kAlterReplicaLogDirs, "AlterReplicaLogDirs", 1, 2, 2, 2,
     &AlterReplicaLogDirsRequest::table(), &AlterReplicaLogDirsResponse::table()},
    {ApiKey::kDescribeLogDirs, "DescribeLogDirs", 1, 5, 5, 2,
     &DescribeLogDirsRequest::table(), &DescribeLogDirsResponse::table()},
    {ApiKey::kSaslAuthenticate, "SaslAuthenticate", 0, 2, 2, 2,
     &SaslAuthenticateRequest::table(), &SaslAuthenticateResponse::table()},
    {ApiKey::kCreatePartitions, "CreatePartitions", 0, 3, 3, 2,
     &CreatePartitionsRequest::table(), &CreatePartitionsResponse::table()},
    {ApiKey::kDeleteGroups, "DeleteGroups", 0, 3, 3, 2,
     &DeleteGroupsRequest::table(), &DeleteGroupsResponse::table()},
    {ApiKey::kElectLeaders, "ElectLeaders", 0, 2, 2, 2,
     &ElectLeadersRequest::table(), &ElectLeadersResponse::table()},
    {ApiKey::kIncrementalAlterConfigs, "IncrementalAlterConfigs", 0, 1, 1, 1,
     &IncrementalAlterConfigsRequest::table(), &IncrementalAlterConfigsResponse::table()},
    {ApiKey::kAlterPartitionReassignments, "AlterPartitionReassignments", 0, 1, 1, 0,
     &AlterPartitionReassignmentsRequest::table(), &AlterPartitionReassignmentsResponse::table()},
    {ApiKey::kListPartitionReassignments, "ListPartitionReassignments", 0, 0, 0, 0,
     &ListPartitionReassignmentsRequest::table(), &ListPartitionReassignmentsResponse::table()},
    {ApiKey::kOffsetDelete, "OffsetDelete", 0, 0, 0, kNeverFlexible,
     &OffsetDeleteRequest::table(), &OffsetDeleteResponse::table()},
    {ApiKey::kDescribeClientQuotas, "DescribeClientQuotas", 0, 1, 1, 1,
     &DescribeClientQuotasRequest::table(), &DescribeClientQuotasResponse::table()},
    {ApiKey::kAlterClientQuotas, "AlterClientQuotas", 0, 1, 1, 1,
     &AlterClientQuotasRequest::table(), &AlterClientQuotasResponse::table()},
    {ApiKey::kDescribeUserScramCredentials, "DescribeUserScramCredentials", 0, 0, 0, 0,
     &DescribeUserScramCredentialsRequest::table(), &DescribeUserScramCredentialsResponse::table()},
    {ApiKey::kAlterUserScramCredentials, "AlterUserScramCredentials", 0, 0, 0, 0,
     &AlterUserScramCredentialsRequest::table(), &AlterUserScramCredentialsResponse::table()},
    {ApiKey::kDescribeQuorum, "DescribeQuorum", 0, 2, 2, 0,
     &DescribeQuorumRequest::table(), &DescribeQuorumResponse::table()},
    {ApiKey::kUpdateFeatures, "UpdateFeatures", 0, 2, 2, 0,
     &UpdateFeaturesRequest::table(), &UpdateFeaturesResponse::table()},
    {ApiKey::kDescribeCluster, "DescribeCluster", 0, 2, 2, 0,
     &DescribeClusterRequest::table(), &DescribeClusterResponse::table()},
    {ApiKey::kDescribeProducers, "DescribeProducers", 0, 0, 0, 0,
     &DescribeProducersRequest::table(), &DescribeProducersResponse::table()},
    {ApiKey::kDescribeTransactions, "DescribeTransactions", 0, 0, 0, 0,
     &DescribeTransactionsRequest::table(), &DescribeTransactionsResponse::table()},
    {ApiKey::kListTransactions, "ListTransactions", 0, 2, 2, 0,
     &ListTransactionsRequest::table(), &ListTransactionsResponse::table()},
    {ApiKey::kConsumerGroupHeartbeat, "ConsumerGroupHeartbeat", 0, 1, 1, 0,
     &ConsumerGroupHeartbeatRequest::table(), &ConsumerGroupHeartbeatResponse::table()},
    {ApiKey::kConsumerGroupDescribe, "ConsumerGroupDescribe", 0, 1, 1, 0,
     &ConsumerGroupDescribeRequest::table(), &ConsumerGroupDescribeResponse::table()},
    {ApiKey::kListConfigResources, "ListConfigResources", 0, 1, 1, 0,
     &ListConfigResourcesRequest::table(), &ListConfigResourcesResponse::table()},
    {ApiKey::kDescribeTopicPartitions, "DescribeTopicPartitions", 0, 0, 0, 0,
     &DescribeTopicPartitionsRequest::table(), &DescribeTopicPartitionsResponse::table()},
};

}  // namespace

std::span<const ApiInfo> apis() { return kRows; }

}  // namespace takhin::protocol
