// What tools ask of a cluster about leaders, replicas and its metadata log, answered as a cluster of one node: every partition
// has one replica, in one directory, and that one leads. Sources: KIP-460 (elections), KIP-455 (reassignments), KIP-113 (log
// directories), KIP-595 (quorum).

#include <algorithm>

#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/list_partition_reassignments.h"

namespace takhin::broker::handlers {
namespace {

using protocol::AlterPartitionReassignmentsRequest;
using protocol::AlterPartitionReassignmentsResponse;
using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;
using protocol::DescribeQuorumRequest;
using protocol::DescribeQuorumResponse;
using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;
using protocol::ErrorCode;
using protocol::ListPartitionReassignmentsRequest;
using protocol::ListPartitionReassignmentsResponse;

constexpr std::int8_t kElectionTypes = 2;  // preferred, unclean
constexpr std::string_view kMetadataTopic = "__cluster_metadata";
constexpr const char* kNoSuchPartition = "This server does not host this topic-partition.";

ErrorCode find_error(const Broker& broker, const std::string& topic, std::int32_t index) {
  return locate(broker.topics.find(topic).get(), index, ErrorCode::kUnknownTopicOrPartition).error;
}

void elect(const CallPtr& call, ElectLeadersRequest request) {
  ElectLeadersResponse response;
  if (request.election_type < 0 || request.election_type >= kElectionTypes) {
    response.error_code = ErrorCode::kInvalidRequest;
    return call->answer(response);
  }
  if (!request.topic_partitions) return call->answer(response);  // all partitions: only those with a new leader are named
  for (const auto& topic : *request.topic_partitions) {
    auto& result = response.replica_election_results.emplace_back();
    result.topic = topic.topic;
    for (const std::int32_t index : topic.partitions) {
      const bool known = find_error(call->broker, topic.topic, index) == ErrorCode::kNone;
      result.partition_result.push_back(
          {.partition_id = index,
           .error_code = known ? ErrorCode::kElectionNotNeeded : ErrorCode::kUnknownTopicOrPartition,
           .error_message = known ? "Leader election not needed for topic partition." : kNoSuchPartition});
    }
  }
  call->answer(response);
}

AlterPartitionReassignmentsResponse::ReassignablePartitionResponse reassign(
    const Broker& broker, const std::string& topic, const AlterPartitionReassignmentsRequest::ReassignablePartition& asked) {
  AlterPartitionReassignmentsResponse::ReassignablePartitionResponse out{.partition_index = asked.partition_index,
                                                                         .error_message = std::nullopt};
  const auto refuse = [&](ErrorCode error, std::string why) {
    out.error_code = error;
    out.error_message = std::move(why);
    return out;
  };
  if (find_error(broker, topic, asked.partition_index) != ErrorCode::kNone) {
    return refuse(ErrorCode::kUnknownTopicOrPartition, kNoSuchPartition);
  }
  if (!asked.replicas) return refuse(ErrorCode::kNoReassignmentInProgress, "No partition reassignment is in progress.");
  const std::int32_t self = broker.options.broker_id;
  if (*asked.replicas == std::vector{self}) return out;  // where it is already
  return refuse(ErrorCode::kInvalidReplicaAssignment, fmt::format("broker {} is the only one there is", self));
}

void alter_reassignments(const CallPtr& call, AlterPartitionReassignmentsRequest request) {
  AlterPartitionReassignmentsResponse response;
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  response.error_message.reset();
  for (const auto& topic : request.topics) {
    auto& to = response.responses.emplace_back();
    to.name = topic.name;
    for (const auto& asked : topic.partitions) to.partitions.push_back(reassign(call->broker, topic.name, asked));
  }
  call->answer(response);
}

void list_reassignments(const CallPtr& call, ListPartitionReassignmentsRequest) {
  ListPartitionReassignmentsResponse response;  // none is ever under way
  response.error_message.reset();
  call->answer(response);
}

void alter_log_dirs(const CallPtr& call, AlterReplicaLogDirsRequest request) {
  AlterReplicaLogDirsResponse response;
  for (const auto& dir : request.dirs) {
    const bool ours = dir.path == log_dir_of(call->broker);
    for (const auto& topic : dir.topics) {
      auto& to = response.results.emplace_back();
      to.topic_name = topic.name;
      for (const std::int32_t index : topic.partitions) {
        const ErrorCode error = ours ? find_error(call->broker, topic.name, index) : ErrorCode::kLogDirNotFound;
        to.partitions.push_back({.partition_index = index, .error_code = error});
      }
    }
  }
  call->answer(response);
}

/// The quorum of one that decides about metadata. Its decisions are files of the data directory, no log: the offsets are 0.
DescribeQuorumResponse::PartitionData quorum_of(const Broker& broker, std::int32_t index) {
  DescribeQuorumResponse::PartitionData out;
  out.partition_index = index;
  out.error_message.reset();
  const std::int64_t now = broker.clock.wall().raw;
  out.leader_id = broker.options.broker_id;
  out.current_voters.push_back({.replica_id = broker.options.broker_id,
                                .replica_directory_id = {},
                                .log_end_offset = 0,
                                .last_fetch_timestamp = now,
                                .last_caught_up_timestamp = now});
  return out;
}

void quorum(const CallPtr& call, DescribeQuorumRequest request) {
  const Broker& broker = call->broker;
  DescribeQuorumResponse response;
  response.error_message.reset();
  for (const auto& topic : request.topics) {
    auto& to = response.topics.emplace_back();
    to.topic_name = topic.topic_name;
    for (const auto& asked : topic.partitions) {
      if (topic.topic_name == kMetadataTopic && asked.partition_index == 0) {
        to.partitions.push_back(quorum_of(broker, asked.partition_index));
        continue;
      }
      auto& unknown = to.partitions.emplace_back();
      unknown.partition_index = asked.partition_index;
      unknown.error_code = ErrorCode::kUnknownTopicOrPartition;
      unknown.error_message = kNoSuchPartition;
    }
  }
  auto& node = response.nodes.emplace_back();
  node.node_id = broker.options.broker_id;
  for (const ListenerSpec& one : broker.listeners) {
    node.listeners.push_back({one.name, one.advertised_host, static_cast<std::uint16_t>(one.advertised_port)});
  }
  call->answer(response);
}

}  // namespace

void elect_leaders(const CallPtr& call) { decoded<ElectLeadersRequest, elect>(call); }
void alter_partition_reassignments(const CallPtr& call) {
  decoded<AlterPartitionReassignmentsRequest, alter_reassignments>(call);
}
void list_partition_reassignments(const CallPtr& call) { decoded<ListPartitionReassignmentsRequest, list_reassignments>(call); }
void alter_replica_log_dirs(const CallPtr& call) { decoded<AlterReplicaLogDirsRequest, alter_log_dirs>(call); }
void describe_quorum(const CallPtr& call) { decoded<DescribeQuorumRequest, quorum>(call); }

}  // namespace takhin::broker::handlers
