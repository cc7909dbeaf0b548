#include "broker/api_table.h"

#include <algorithm>
#include <vector>

#include "broker/handlers/handlers.h"
#include "broker/handlers/refusals.h"

namespace takhin::broker {
namespace {

using protocol::ApiKey;
using enum security::AclOperation;

constexpr Access kOpen = Access::open();
constexpr Access kByHandler = Access::by_handler();

constexpr ApiRow kRows[] = {
    {ApiKey::kProduce, handlers::produce, kByHandler},
    {ApiKey::kFetch, handlers::fetch, kByHandler},
    {ApiKey::kListOffsets, handlers::list_offsets, kByHandler},
    {ApiKey::kMetadata, handlers::metadata, kByHandler},
    {ApiKey::kOffsetCommit, handlers::offset_commit, kByHandler},
    {ApiKey::kOffsetFetch, handlers::offset_fetch, kByHandler},
    {ApiKey::kFindCoordinator, handlers::find_coordinator, kByHandler},
    {ApiKey::kJoinGroup, handlers::join_group, kByHandler},
    {ApiKey::kHeartbeat, handlers::heartbeat, kByHandler},
    {ApiKey::kLeaveGroup, handlers::leave_group, kByHandler},
    {ApiKey::kSyncGroup, handlers::sync_group, kByHandler},
    {ApiKey::kDescribeGroups, handlers::describe_groups, kByHandler},
    {ApiKey::kListGroups, handlers::list_groups, kByHandler},
    {ApiKey::kSaslHandshake, handlers::sasl_handshake, kOpen},
    {ApiKey::kApiVersions, handlers::api_versions, kOpen, 4},
    {ApiKey::kCreateTopics, handlers::create_topics, kByHandler},
    {ApiKey::kDeleteTopics, handlers::delete_topics, kByHandler},
    {ApiKey::kDeleteRecords, handlers::delete_records, kByHandler},
    {ApiKey::kInitProducerId, handlers::init_producer_id, kByHandler},
    {ApiKey::kOffsetForLeaderEpoch, handlers::offset_for_leader_epoch, kByHandler},
    {ApiKey::kAddPartitionsToTxn, handlers::add_partitions_to_txn, kByHandler},
    {ApiKey::kAddOffsetsToTxn, handlers::add_offsets_to_txn, kByHandler},
    {ApiKey::kEndTxn, handlers::end_txn, kByHandler},
    {ApiKey::kWriteTxnMarkers, handlers::write_txn_markers, kByHandler},
    {ApiKey::kTxnOffsetCommit, handlers::txn_offset_commit, kByHandler},
    {ApiKey::kDescribeAcls, handlers::describe_acls,
     Access::cluster(kDescribe, handlers::refuse_whole<protocol::DescribeAclsResponse>)},
    {ApiKey::kCreateAcls, handlers::create_acls, Access::cluster(kAlter, handlers::refuse_acl_creations)},
    {ApiKey::kDeleteAcls, handlers::delete_acls, Access::cluster(kAlter, handlers::refuse_acl_deletions)},
    {ApiKey::kDescribeConfigs, handlers::describe_configs, kByHandler},
    {ApiKey::kAlterConfigs, handlers::alter_configs, kByHandler},
    {ApiKey::kAlterReplicaLogDirs, handlers::alter_replica_log_dirs, Access::cluster(kAlter, handlers::refuse_log_dirs)},
    {ApiKey::kDescribeLogDirs, handlers::describe_log_dirs,
     Access::cluster(kDescribe, handlers::refuse_whole<protocol::DescribeLogDirsResponse>)},
    {ApiKey::kSaslAuthenticate, handlers::sasl_authenticate, kOpen},
    {ApiKey::kCreatePartitions, handlers::create_partitions, kByHandler},
    {ApiKey::kDeleteGroups, handlers::delete_groups, kByHandler},
    {ApiKey::kElectLeaders, handlers::elect_leaders, Access::cluster(kAlter, handlers::refuse_election)},
    {ApiKey::kIncrementalAlterConfigs, handlers::incremental_alter_configs, kByHandler},
    {ApiKey::kAlterPartitionReassignments, handlers::alter_partition_reassignments,
     Access::cluster(kAlter, handlers::refuse_whole<protocol::AlterPartitionReassignmentsResponse>)},
    {ApiKey::kListPartitionReassignments, handlers::list_partition_reassignments,
     Access::cluster(kDescribe, handlers::refuse_whole<protocol::ListPartitionReassignmentsResponse>)},
    {ApiKey::kOffsetDelete, handlers::offset_delete, kByHandler},
    {ApiKey::kDescribeClientQuotas, handlers::describe_client_quotas,
     Access::cluster(kDescribeConfigs, handlers::refuse_whole<protocol::DescribeClientQuotasResponse>)},
    {ApiKey::kAlterClientQuotas, handlers::alter_client_quotas, Access::cluster(kAlterConfigs, handlers::refuse_quotas)},
    {ApiKey::kDescribeUserScramCredentials, handlers::describe_user_scram_credentials,
     Access::cluster(kDescribe, handlers::refuse_whole<protocol::DescribeUserScramCredentialsResponse>)},
    {ApiKey::kAlterUserScramCredentials, handlers::alter_user_scram_credentials,
     Access::cluster(kAlter, handlers::refuse_scram_users)},
    {ApiKey::kDescribeQuorum, handlers::describe_quorum,
     Access::cluster(kDescribe, handlers::refuse_whole<protocol::DescribeQuorumResponse>)},
    {ApiKey::kUpdateFeatures, handlers::update_features,
     Access::cluster(kAlter, handlers::refuse_whole<protocol::UpdateFeaturesResponse>)},
    {ApiKey::kDescribeCluster, handlers::describe_cluster, kByHandler},
    {ApiKey::kDescribeProducers, handlers::describe_producers, kByHandler},
    {ApiKey::kDescribeTransactions, handlers::describe_transactions, kByHandler},
    {ApiKey::kListTransactions, handlers::list_transactions, kByHandler},
    {ApiKey::kConsumerGroupHeartbeat, handlers::consumer_group_heartbeat, kByHandler},
    {ApiKey::kConsumerGroupDescribe, handlers::consumer_group_describe, kByHandler},
    {ApiKey::kListConfigResources, handlers::list_config_resources,
     Access::cluster(kDescribeConfigs, handlers::refuse_whole<protocol::ListConfigResourcesResponse>)},
    {ApiKey::kDescribeTopicPartitions, handlers::describe_topic_partitions, kByHandler},
};
static_assert(std::ranges::is_sorted(kRows, {}, &ApiRow::key));

std::vector<ServedApi> make_served() {
  std::vector<ServedApi> served;
  for (const ApiRow& row : kRows) {
    const protocol::ApiInfo* info = protocol::find_api(row.key);
    TAKHIN_ASSERT(info != nullptr, "every row has tables");
    const std::int16_t max = row.version_max < 0 ? info->version_max_stable : row.version_max;
    const std::int16_t listed = row.key == ApiKey::kProduce ? protocol::kProduceListedMin : info->version_min;
    served.push_back({row.key, info->name, info->version_min, max, listed, row.access.kind});
  }
  return served;
}

}  // namespace

std::span<const ServedApi> served_apis() {
  static const std::vector<ServedApi> served = make_served();
  return served;
}

void dispatch(const CallPtr& call) {
  const auto row = std::ranges::lower_bound(kRows, call->header.key, {}, &ApiRow::key);
  if (row == std::end(kRows) || row->key != call->header.key || call->header.api == nullptr) {
    return call->refuse(fmt::format("API key {} is not served", static_cast<int>(call->header.key)));
  }
  const ServedApi& served = served_apis()[static_cast<std::size_t>(row - std::begin(kRows))];
  const bool known = call->version() >= served.version_min && call->version() <= served.version_max;
  // ApiVersions answers any version: that is how a client learns which ones there are.
  if (!known && row->key != ApiKey::kApiVersions) return call->refuse("this version is not served");
  const Access& access = row->access;
  if (access.kind == Access::Kind::kCluster && !call->rights.may_in_cluster(access.operation)) return access.refuse(call);
  row->run(call);
}

}  // namespace takhin::broker
