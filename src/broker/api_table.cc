#include "broker/api_table.h"

#include <algorithm>
#include <vector>

#include "broker/handlers/handlers.h"

namespace takhin::broker {
namespace {

using protocol::ApiKey;

constexpr ApiRow kRows[] = {
    {ApiKey::kProduce, handlers::produce},
    {ApiKey::kFetch, handlers::fetch},
    {ApiKey::kListOffsets, handlers::list_offsets},
    {ApiKey::kMetadata, handlers::metadata},
    {ApiKey::kOffsetCommit, handlers::offset_commit},
    {ApiKey::kOffsetFetch, handlers::offset_fetch},
    {ApiKey::kFindCoordinator, handlers::find_coordinator},
    {ApiKey::kJoinGroup, handlers::join_group},
    {ApiKey::kHeartbeat, handlers::heartbeat},
    {ApiKey::kLeaveGroup, handlers::leave_group},
    {ApiKey::kSyncGroup, handlers::sync_group},
    {ApiKey::kDescribeGroups, handlers::describe_groups},
    {ApiKey::kListGroups, handlers::list_groups},
    {ApiKey::kSaslHandshake, handlers::sasl_handshake},
    {ApiKey::kApiVersions, handlers::api_versions, 4},
    {ApiKey::kCreateTopics, handlers::create_topics},
    {ApiKey::kDeleteTopics, handlers::delete_topics},
    {ApiKey::kDeleteRecords, handlers::delete_records},
    {ApiKey::kInitProducerId, handlers::init_producer_id},
    {ApiKey::kOffsetForLeaderEpoch, handlers::offset_for_leader_epoch},
    {ApiKey::kAddPartitionsToTxn, handlers::add_partitions_to_txn},
    {ApiKey::kAddOffsetsToTxn, handlers::add_offsets_to_txn},
    {ApiKey::kEndTxn, handlers::end_txn},
    {ApiKey::kWriteTxnMarkers, handlers::write_txn_markers},
    {ApiKey::kTxnOffsetCommit, handlers::txn_offset_commit},
    {ApiKey::kDescribeConfigs, handlers::describe_configs},
    {ApiKey::kAlterConfigs, handlers::alter_configs},
    {ApiKey::kAlterReplicaLogDirs, handlers::alter_replica_log_dirs},
    {ApiKey::kDescribeLogDirs, handlers::describe_log_dirs},
    {ApiKey::kSaslAuthenticate, handlers::sasl_authenticate},
    {ApiKey::kCreatePartitions, handlers::create_partitions},
    {ApiKey::kDeleteGroups, handlers::delete_groups},
    {ApiKey::kElectLeaders, handlers::elect_leaders},
    {ApiKey::kIncrementalAlterConfigs, handlers::incremental_alter_configs},
    {ApiKey::kAlterPartitionReassignments, handlers::alter_partition_reassignments},
    {ApiKey::kListPartitionReassignments, handlers::list_partition_reassignments},
    {ApiKey::kOffsetDelete, handlers::offset_delete},
    {ApiKey::kDescribeClientQuotas, handlers::describe_client_quotas},
    {ApiKey::kAlterClientQuotas, handlers::alter_client_quotas},
    {ApiKey::kDescribeUserScramCredentials, handlers::describe_user_scram_credentials},
    {ApiKey::kAlterUserScramCredentials, handlers::alter_user_scram_credentials},
    {ApiKey::kDescribeQuorum, handlers::describe_quorum},
    {ApiKey::kUpdateFeatures, handlers::update_features},
    {ApiKey::kDescribeCluster, handlers::describe_cluster},
    {ApiKey::kDescribeProducers, handlers::describe_producers},
    {ApiKey::kDescribeTransactions, handlers::describe_transactions},
    {ApiKey::kListTransactions, handlers::list_transactions},
    {ApiKey::kConsumerGroupHeartbeat, handlers::consumer_group_heartbeat},
    {ApiKey::kConsumerGroupDescribe, handlers::consumer_group_describe},
    {ApiKey::kListConfigResources, handlers::list_config_resources},
    {ApiKey::kDescribeTopicPartitions, handlers::describe_topic_partitions},
};
static_assert(std::ranges::is_sorted(kRows, {}, &ApiRow::key));

std::vector<ServedApi> make_served() {
  std::vector<ServedApi> served;
  for (const ApiRow& row : kRows) {
    const protocol::ApiInfo* info = protocol::find_api(row.key);
    TAKHIN_ASSERT(info != nullptr, "every row has tables");
    const std::int16_t max = row.version_max < 0 ? info->version_max_stable : row.version_max;
    const std::int16_t listed = row.key == ApiKey::kProduce ? protocol::kProduceListedMin : info->version_min;
    served.push_back({row.key, info->name, info->version_min, max, listed});
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
  row->run(call);
}

}  // namespace takhin::broker
