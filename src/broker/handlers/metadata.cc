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

Topic describe(Call& call, const partition::TopicInfo& info, bool operations) {
  const Broker& broker = call.broker;
  Topic topic;
  topic.name = info.name;
  topic.topic_id = info.id;
  topic.is_internal = is_internal_topic(info.name);
  if (operations) topic.topic_authorized_operations = call.rights.operations(ResourceType::kTopic, info.name);
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
bool may_be_made(const Broker& broker, const MetadataRequest& request, const Asked& asked) {
  return broker.live.auto_create_topics() && request.allow_auto_topic_creation && asked.name && asked.topic_id.is_zero();
}

bool may_make(Call& call, const std::string& name) {
  return call.rights.sees(AclOperation::kCreate, ResourceType::kCluster, security::kClusterName) ||
         may_topic(call, AclOperation::kCreate, name);
}

/// Nobody learns of a topic that they may not describe: not whether it is there, nor its other name.
Topic answer_for(Call& call, const MetadataRequest& request, const Asked& asked) {
  const Broker& broker = call.broker;
  const bool by_id = !asked.topic_id.is_zero();
  if (!by_id && !asked.name) return missing(asked, ErrorCode::kInvalidRequest);
  if (!by_id && !may_topic(call, AclOperation::kDescribe, *asked.name)) {
    return missing(asked, ErrorCode::kTopicAuthorizationFailed);
  }
  const auto info = find_topic(broker, asked.name.value_or(""), asked.topic_id, by_id);
  if (by_id && info != nullptr && !may_topic(call, AclOperation::kDescribe, info->name)) {
    Topic hidden = missing(asked, ErrorCode::kTopicAuthorizationFailed);
    hidden.name.reset();
    return hidden;
  }
  if (info != nullptr) return describe(call, *info, request.include_topic_authorized_operations);
  if (by_id) return missing(asked, ErrorCode::kUnknownTopicId);
  if (may_be_made(broker, request, asked) && !may_make(call, *asked.name)) {
    return missing(asked, ErrorCode::kTopicAuthorizationFailed);
  }
  const bool valid = broker.topics.validate(*asked.name, 1, {}).ok();
  return missing(asked, valid ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kInvalidTopic);
}

/// Blocks: in the admin pool.
void create_missing(const CallPtr& call, const MetadataRequest& request) {
  const Broker& broker = call->broker;
  const ChangeBudget budget(call, ChangeBudget::kNeverStrict);
  for (const Asked& asked : *request.topics) {
    if (!may_be_made(broker, request, asked) || broker.topics.find(*asked.name) != nullptr) continue;
    // What is refused here is told, and audited, by answer_for().
    const auto sees = [&](AclOperation operation) {
      return call->rights.sees(operation, ResourceType::kTopic, *asked.name);
    };
    const bool by_cluster = call->rights.sees(AclOperation::kCreate, ResourceType::kCluster, security::kClusterName);
    if (!sees(AclOperation::kDescribe) || (!by_cluster && !sees(AclOperation::kCreate))) continue;
    const std::int32_t partitions = broker.live.num_partitions();
    if (!broker.topics.validate(*asked.name, partitions, {}).ok() || !budget.take(partitions)) continue;
    const auto made = broker.topics.create(*asked.name, partitions, {});
    if (made.ok()) {
      call->changed(ResourceType::kTopic, *asked.name);
      log_info("broker", "topic {} made on first use", *asked.name);  // a bad name is told by answer_for()
    } else if (made.error().kind != Kind::kConflict && made.error().kind != Kind::kInvalid) {
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
  if (request.include_cluster_authorized_operations) response.cluster_authorized_operations = cluster_operations(*call);
  const bool all = !request.topics || (call->version() == 0 && request.topics->empty());
  if (all) {
    for (const auto& info : broker.topics.all()) {
      if (!call->rights.sees(AclOperation::kDescribe, ResourceType::kTopic, info->name)) continue;
      response.topics.push_back(describe(*call, *info, request.include_topic_authorized_operations));
    }
  } else {
    for (const Asked& asked : *request.topics) response.topics.push_back(answer_for(*call, request, asked));
  }
  call->answer(response);
}

void run(const CallPtr& call, MetadataRequest request) {
  const Broker& broker = call->broker;
  const bool creates = request.topics && std::ranges::any_of(*request.topics, [&](const Asked& asked) {
    return may_be_made(broker, request, asked) && broker.topics.find(*asked.name) == nullptr;
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
