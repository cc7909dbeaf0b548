#pragma once
// The handlers, one file per API. Each runs on its connection's core, never blocks it, and answers its call once.

#include "broker/call.h"

namespace takhin::broker::handlers {

void api_versions(const CallPtr& call);
void metadata(const CallPtr& call);
void create_topics(const CallPtr& call);
void delete_topics(const CallPtr& call);
void produce(const CallPtr& call);
void fetch(const CallPtr& call);
void list_offsets(const CallPtr& call);
void init_producer_id(const CallPtr& call);
void find_coordinator(const CallPtr& call);

void add_partitions_to_txn(const CallPtr& call);
void add_offsets_to_txn(const CallPtr& call);
void end_txn(const CallPtr& call);
void txn_offset_commit(const CallPtr& call);
void write_txn_markers(const CallPtr& call);
void describe_producers(const CallPtr& call);
void describe_transactions(const CallPtr& call);
void list_transactions(const CallPtr& call);

void sasl_handshake(const CallPtr& call);
void sasl_authenticate(const CallPtr& call);
/// A token without a header, behind version 0 of the handshake.
void sasl_bare(const CallPtr& call);
void describe_acls(const CallPtr& call);
void create_acls(const CallPtr& call);
void delete_acls(const CallPtr& call);
void describe_client_quotas(const CallPtr& call);
void alter_client_quotas(const CallPtr& call);
void describe_user_scram_credentials(const CallPtr& call);
void alter_user_scram_credentials(const CallPtr& call);

void join_group(const CallPtr& call);
void sync_group(const CallPtr& call);
void heartbeat(const CallPtr& call);
void leave_group(const CallPtr& call);
void offset_commit(const CallPtr& call);
void offset_fetch(const CallPtr& call);
void offset_delete(const CallPtr& call);
void describe_groups(const CallPtr& call);
void list_groups(const CallPtr& call);
void delete_groups(const CallPtr& call);
void consumer_group_heartbeat(const CallPtr& call);
void consumer_group_describe(const CallPtr& call);

void describe_configs(const CallPtr& call);
void alter_configs(const CallPtr& call);
void incremental_alter_configs(const CallPtr& call);
void update_features(const CallPtr& call);
void describe_cluster(const CallPtr& call);
void describe_log_dirs(const CallPtr& call);
void alter_replica_log_dirs(const CallPtr& call);
void list_config_resources(const CallPtr& call);
void elect_leaders(const CallPtr& call);
void alter_partition_reassignments(const CallPtr& call);
void list_partition_reassignments(const CallPtr& call);
void describe_quorum(const CallPtr& call);
void describe_topic_partitions(const CallPtr& call);
void create_partitions(const CallPtr& call);
void delete_records(const CallPtr& call);
void offset_for_leader_epoch(const CallPtr& call);

}  // namespace takhin::broker::handlers
