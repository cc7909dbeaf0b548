// Metadata: topics, partitions, who leads them (this broker does), and topics made on first use.

#include <algorithm>

#include "base/log.h"
#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "broker/live_configs.h"
#include "protocol/messages/metadata.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::MetadataRequest;
using protocol::MetadataResponse;
using Asked = MetadataRequest::MetadataRequestTopic;
using Topic = MetadataResponse::MetadataResponseTopic;

MetadataResponse::MetadataResponsePartition describe(const Broker& broker, std::int32_t index,
                                                     const partition::Partition* partition) {
  MetadataResponse::MetadataResponsePartition out;
  const std::int32_t self = broker.options.broker_id;
  out.partition_index = index;
  out.replica_nodes = {self};
  if (partition == nullptr) {
    out.error_code = ErrorCode::kLeaderNotAvailable;
    out.leader_id = -1;
    out.offline_replicas = {self};
    return out;
  }
  out.leader_id = self;
  out.leader_epoch = partition->epoch().raw;
  out.isr_nodes = {self};
  return out;
}

Topic describe(const Broker& broker, const partition::TopicInfo& info, bool operations) {
  Topic topic;
  topic.name = info.name;
  topic.topic_id = info.id;
  topic.is_internal = is_internal_topic(info.name);
  if (operations) topic.topic_authorized_operations = kTopicOperations;
  for (std::size_t i = 0; i < info.partitions.size(); ++i) {
    topic.partitions.push_back(describe(broker, static_cast<std::int32_t>(i), info.partitions[i].get()));
  }
  return topic;
}

Topic missing(const Asked& asked, ErrorCode error) {
  Topic topic;
  topic.error_code = error;
  topic.name = asked.name;
  topic.topic_id = asked.topic_id;
  return topic;
}

/// Only by name can a topic be made, and only when both sides allow it.
bool may_create(const Broker& broker, const MetadataRequest& request, const Asked& asked) {
  return broker.live.auto_create_topics() && request.allow_auto_topic_creation && asked.name && asked.topic_id.is_zero();
}

Topic answer_for(const Broker& broker, const MetadataRequest& request, const Asked& asked) {
  const bool by_id = !asked.topic_id.is_zero();
  if (!by_id && !asked.name) return missing(asked, ErrorCode::kInvalidRequest);
  const auto info = find_topic(broker, asked.name.value_or(""), asked.topic_id, by_id);
  if (info != nullptr) return describe(broker, *info, request.include_topic_authorized_operations);
  if (by_id) return missing(asked, ErrorCode::kUnknownTopicId);
  const bool valid = broker.topics.validate(*asked.name, 1, {}).ok();
  return missing(asked, valid ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kInvalidTopic);
}

/// Blocks: in the admin pool.
void create_missing(const CallPtr& call, const MetadataRequest& request) {
  const Broker& broker = call->broker;
  const ChangeBudget budget(call, ChangeBudget::kNeverStrict);
  for (const Asked& asked : *request.topics) {
    if (!may_create(broker, request, asked) || broker.topics.find(*asked.name) != nullptr) continue;
    const std::int32_t partitions = broker.live.num_partitions();
    if (!broker.topics.validate(*asked.name, partitions, {}).ok() || !budget.take(partitions)) continue;
    const auto made = broker.topics.create(*asked.name, partitions, {});
    if (made.ok()) log_info("broker", "topic {} made on first use", *asked.name);  // a bad name is told by answer_for()
    else if (made.error().kind != Kind::kConflict && made.error().kind != Kind::kInvalid) {
      log_warn("broker", "topic {} could not be made on first use: {}", *asked.name, made.error().text);
    }
  }
}

void answer(const CallPtr& call, const MetadataRequest& request) {
  const Broker& broker = call->broker;
  MetadataResponse response;
  const ListenerSpec& where = call->listener();
  response.brokers.push_back({broker.options.broker_id, where.advertised_host, where.advertised_port, std::nullopt});
  response.cluster_id = broker.cluster_id;
  response.controller_id = broker.options.broker_id;
  if (request.include_cluster_authorized_operations) response.cluster_authorized_operations = kClusterOperations;
  const bool all = !request.topics || (call->version() == 0 && request.topics->empty());
  if (all) {
    for (const auto& info : broker.topics.all()) {
      response.topics.push_back(describe(broker, *info, request.include_topic_authorized_operations));
    }
  } else {
    for (const Asked& asked : *request.topics) response.topics.push_back(answer_for(broker, request, asked));
  }
  call->answer(response);
}

void run(const CallPtr& call, MetadataRequest request) {
  const Broker& broker = call->broker;
  const bool creates = request.topics && std::ranges::any_of(*request.topics, [&](const Asked& asked) {
    return may_create(broker, request, asked) && broker.topics.find(*asked.name) == nullptr;
  });
  if (!creates) return answer(call, request);
  const auto shared = std::make_shared<const MetadataRequest>(std::move(request));
  in_pool(
      broker.admin,
      [call, shared] {
        create_missing(call, *shared);
        answer(call, *shared);
      },
      [&] { answer(call, *shared); });
}

}  // namespace

void metadata(const CallPtr& call) { decoded<MetadataRequest, run>(call); }

}  // namespace takhin::broker::handlers
