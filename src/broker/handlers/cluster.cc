// DescribeCluster, DescribeLogDirs, DescribeTopicPartitions: what tools ask about the broker and its topics.

#include <algorithm>

#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_topic_partitions.h"

namespace takhin::broker::handlers {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::ErrorCode;

constexpr std::int8_t kBrokers = 1;
constexpr std::int8_t kControllers = 2;
/// max.request.partition.size.limit
constexpr std::int32_t kDescribedPartitionsMax = 2000;

void cluster(const CallPtr& call, DescribeClusterRequest request) {
  const Broker& broker = call->broker;
  DescribeClusterResponse response;
  response.endpoint_type = request.endpoint_type;
  response.cluster_id = broker.cluster_id;
  if (request.endpoint_type != kBrokers) {
    response.error_code =
        request.endpoint_type == kControllers ? ErrorCode::kMismatchedEndpointType : ErrorCode::kUnsupportedEndpointType;
    response.error_message = "this is a broker";
    return call->answer(response);
  }
  response.controller_id = broker.options.broker_id;
  const ListenerSpec& where = call->listener();
  response.brokers.push_back({broker.options.broker_id, where.advertised_host, where.advertised_port, std::nullopt, false});
  if (request.include_cluster_authorized_operations) response.cluster_authorized_operations = cluster_operations(*call);
  call->answer(response);
}

/// Null: every partition of every topic.
bool wants(const DescribeLogDirsRequest& request, const std::string& topic, std::int32_t index) {
  if (!request.topics) return true;
  return std::ranges::any_of(*request.topics, [&](const auto& asked) {
    return asked.topic == topic && std::ranges::find(asked.partitions, index) != asked.partitions.end();
  });
}

/// Blocks: in the admin pool.
DescribeLogDirsResponse log_dirs_of(const Broker& broker, const DescribeLogDirsRequest& request) {
  DescribeLogDirsResponse response;
  auto& local = response.results.emplace_back();
  local.log_dir = log_dir_of(broker);
  for (const auto& info : broker.topics.all()) {
    DescribeLogDirsResponse::DescribeLogDirsTopic topic{.name = info->name, .partitions = {}};
    for (std::size_t i = 0; i < info->partitions.size(); ++i) {
      const auto index = static_cast<std::int32_t>(i);
      if (info->partitions[i] == nullptr || !wants(request, info->name, index)) continue;
      topic.partitions.push_back(
          {.partition_index = index, .partition_size = static_cast<std::int64_t>(info->partitions[i]->local_bytes())});
    }
    if (!topic.partitions.empty()) local.topics.push_back(std::move(topic));
  }
  if (const auto space = broker.files.space(broker.options.data_dir); space.ok()) {
    local.total_bytes = static_cast<std::int64_t>(space->total);
    local.usable_bytes = static_cast<std::int64_t>(space->available);
  }
  if (broker.options.tiering) {
    auto& bucket = response.results.emplace_back();
    bucket.log_dir = "object-store";
    bucket.total_bytes = static_cast<std::int64_t>(broker.topics.segment_counts().remote_bytes);
  }
  return response;
}

void log_dirs(const CallPtr& call, DescribeLogDirsRequest request) {
  const auto shared = std::make_shared<const DescribeLogDirsRequest>(std::move(request));
  in_pool(
      call->broker.admin, [call, shared] { call->answer(log_dirs_of(call->broker, *shared)); },
      [&] {
        DescribeLogDirsResponse busy;
        busy.error_code = ErrorCode::kRequestTimedOut;
        call->answer(busy);
      });
}

DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition describe(const Broker& broker, std::int32_t index,
                                                                                    const partition::Partition* partition) {
  DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition out;
  const std::int32_t self = broker.options.broker_id;
  out.partition_index = index;
  out.replica_nodes = {self};
  out.leader_id = partition != nullptr ? self : -1;
  if (partition == nullptr) {
    out.error_code = ErrorCode::kLeaderNotAvailable;
    out.offline_replicas = {self};
    return out;
  }
  out.leader_epoch = partition->epoch().raw;
  out.isr_nodes = {self};
  out.eligible_leader_replicas.emplace();
  out.last_known_elr.emplace();
  return out;
}

/// Of all topics only those that the caller may describe.
std::vector<std::string> names_asked(Call& call, const DescribeTopicPartitionsRequest& request) {
  std::vector<std::string> names;
  if (request.topics.empty()) {
    for (const auto& info : call.broker.topics.all()) {
      if (call.rights.sees(AclOperation::kDescribe, ResourceType::kTopic, info->name)) names.push_back(info->name);
    }
  }
  for (const auto& topic : request.topics) names.push_back(topic.name);
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  if (request.cursor) std::erase_if(names, [&](const auto& name) { return name < request.cursor->topic_name; });
  return names;
}

void topic_partitions(const CallPtr& call, DescribeTopicPartitionsRequest request) {
  const Broker& broker = call->broker;
  DescribeTopicPartitionsResponse response;
  std::int32_t left = std::clamp(request.response_partition_limit, 1, kDescribedPartitionsMax);
  for (const auto& name : names_asked(*call, request)) {
    const auto info = broker.topics.find(name);
    const bool resumed = request.cursor && request.cursor->topic_name == name;
    std::int32_t at = resumed ? std::max(0, request.cursor->partition_index) : 0;
    if (left == 0) {
      response.next_cursor = {name, at};
      break;
    }
    auto& topic = response.topics.emplace_back();
    topic.name = name;
    if (!may_topic(*call, AclOperation::kDescribe, name)) {
      topic.error_code = ErrorCode::kTopicAuthorizationFailed;
      continue;
    }
    if (info == nullptr) {
      topic.error_code = ErrorCode::kUnknownTopicOrPartition;
      continue;
    }
    topic.topic_id = info->id;
    topic.is_internal = is_internal_topic(name);
    topic.topic_authorized_operations = call->rights.operations(ResourceType::kTopic, name);
    const auto end = static_cast<std::int32_t>(info->partitions.size());
    for (; at < end && left > 0; ++at, --left) {
      topic.partitions.push_back(describe(broker, at, info->partitions[static_cast<std::size_t>(at)].get()));
    }
    if (at < end) {
      response.next_cursor = {name, at};
      break;
    }
  }
  call->answer(response);
}

}  // namespace

void describe_cluster(const CallPtr& call) { decoded<DescribeClusterRequest, cluster>(call); }
void describe_log_dirs(const CallPtr& call) { decoded<DescribeLogDirsRequest, log_dirs>(call); }
void describe_topic_partitions(const CallPtr& call) { decoded<DescribeTopicPartitionsRequest, topic_partitions>(call); }

}  // namespace takhin::broker::handlers
