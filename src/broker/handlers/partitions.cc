// CreatePartitions, DeleteRecords, OffsetForLeaderEpoch.

#include <atomic>
#include <map>

#include "base/log.h"
#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/offset_for_leader_epoch.h"

namespace takhin::broker::handlers {
namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;
using protocol::ErrorCode;
using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

using GrowOutcome = CreatePartitionsResponse::CreatePartitionsTopicResult;

GrowOutcome refused(const std::string& name, ErrorCode error, std::string why) {
  return {.name = name, .error_code = error, .error_message = std::move(why)};
}

constexpr std::int16_t kStrictQuotaSince = 3;

GrowOutcome grow(Call& call, const ChangeBudget& budget, const CreatePartitionsRequest::CreatePartitionsTopic& asked,
                 bool validate_only) {
  const Broker& broker = call.broker;
  if (!may_topic(call, AclOperation::kAlter, asked.name)) {
    return refused(asked.name, ErrorCode::kTopicAuthorizationFailed, kTopicDenied);
  }
  const auto info = broker.topics.find(asked.name);
  if (info == nullptr) return refused(asked.name, ErrorCode::kUnknownTopicOrPartition, "no such topic");
  const auto now = static_cast<std::int32_t>(info->partitions.size());
  if (asked.count <= now)
    return refused(asked.name, ErrorCode::kInvalidPartitions, fmt::format("the topic has {} partitions already", now));
  if (asked.count > broker.options.partitions_max) {
    return refused(asked.name, ErrorCode::kInvalidPartitions,
                   fmt::format("a topic has at most {} partitions", broker.options.partitions_max));
  }
  if (asked.assignments && !asked.assignments->empty()) {
    bool here = asked.assignments->size() == static_cast<std::size_t>(asked.count - now);
    for (const auto& assignment : *asked.assignments)
      here = here && assignment.broker_ids == std::vector{broker.options.broker_id};
    if (!here) {
      return refused(
          asked.name, ErrorCode::kInvalidReplicaAssignment,
          fmt::format("{} new partitions, each with one replica on broker {}", asked.count - now, broker.options.broker_id));
    }
  }
  if (!budget.take(asked.count - now)) {
    return refused(asked.name, ErrorCode::kThrottlingQuotaExceeded, std::string(kOverQuota));
  }
  if (!validate_only) {
    const auto added = broker.topics.add_partitions(asked.name, asked.count);
    if (!added.ok()) return refused(asked.name, protocol::error_code_for(added.error().kind), added.error().text);
    call.changed(ResourceType::kTopic, asked.name);
  }
  return {.name = asked.name};
}

/// Blocks: in the admin pool. A topic that is named twice is changed by neither, and answered once.
CreatePartitionsResponse grow_all(const CallPtr& call, const CreatePartitionsRequest& request) {
  std::map<std::string, int> times;
  for (const auto& topic : request.topics) ++times[topic.name];
  const ChangeBudget budget(call, kStrictQuotaSince);
  CreatePartitionsResponse response;
  for (const auto& topic : request.topics) {
    int& left = times[topic.name];
    if (left == 1) {
      response.results.push_back(grow(*call, budget, topic, request.validate_only));
    } else if (left > 1) {
      response.results.push_back(refused(topic.name, ErrorCode::kInvalidRequest, "Duplicate topic name."));
      left = 0;
    }
  }
  return response;
}

void create(const CallPtr& call, CreatePartitionsRequest request) {
  const auto shared = std::make_shared<const CreatePartitionsRequest>(std::move(request));
  in_pool(
      call->broker.admin,
      [call, shared] {
        call->answer(grow_all(call, *shared));
      },
      [&] {
        CreatePartitionsResponse response;
        for (const auto& topic : shared->topics)
          response.results.push_back(refused(topic.name, ErrorCode::kRequestTimedOut, "busy; try again"));
        call->answer(response);
      });
}

/// For requests that do not say.
constexpr std::int32_t kDeleteTimeoutMs = 30'000;
/// DeleteRecords to here: all there is.
constexpr std::int64_t kToHighWatermark = -1;

using Deleted = DeleteRecordsResponse::DeleteRecordsPartitionResult;

struct DeleteJob {
  explicit DeleteJob(CallPtr call) : call(std::move(call)) {}
  const CallPtr call;
  DeleteRecordsResponse response;
  std::atomic<std::size_t> open{1};  // partitions under way, and the request itself
};

void settle(const std::shared_ptr<DeleteJob>& job) {
  if (job->open.fetch_sub(1) == 1) job->call->answer(job->response);
}

/// Blocks: in the cold pool, as the bucket may have to know first.
void raise(partition::Partition& partition, std::int64_t to, Deadline deadline, Deleted& out) {
  const auto offsets = partition.offsets();
  const Offset start = to == kToHighWatermark ? offsets.high_watermark : Offset{to};
  out.low_watermark = -1;
  if (start.raw < 0 || start > offsets.high_watermark) {
    out.error_code = ErrorCode::kOffsetOutOfRange;
    return;
  }
  const auto raised = partition.raise_log_start(start, deadline);
  if (!raised.ok()) {
    log_warn("broker", "delete records of {}: {}", partition.ref().name(), raised.error().text);
    out.error_code = protocol::error_code_for(raised.error().kind);
    return;
  }
  out.low_watermark = partition.offsets().log_start.raw;
}

void remove(const CallPtr& call, DeleteRecordsRequest request) {
  const Broker& broker = call->broker;
  const auto job = std::make_shared<DeleteJob>(call);
  const auto wait = std::chrono::milliseconds(request.timeout_ms > 0 ? request.timeout_ms : kDeleteTimeoutMs);
  const auto deadline = Deadline::in(broker.clock, wait);
  for (const auto& topic : request.topics) {
    auto& out = job->response.topics.emplace_back();
    out.name = topic.name;
    for (const auto& asked : topic.partitions)
      out.partitions.push_back({.partition_index = asked.partition_index, .low_watermark = -1});
  }
  for (std::size_t t = 0; t < request.topics.size(); ++t) {  // the response takes no new rows from here on
    const bool allowed = may_topic(*call, AclOperation::kDelete, request.topics[t].name);
    const auto info = broker.topics.find(request.topics[t].name);
    if (allowed && info != nullptr) call->changed(ResourceType::kTopic, info->name);
    const bool compacted = info != nullptr && info->config.cleanup_compact && !info->config.cleanup_delete;
    for (std::size_t p = 0; p < request.topics[t].partitions.size(); ++p) {
      const auto& asked = request.topics[t].partitions[p];
      Deleted& out = job->response.topics[t].partitions[p];
      const auto found = locate(info.get(), asked.partition_index, ErrorCode::kUnknownTopicOrPartition);
      out.error_code = compacted ? ErrorCode::kPolicyViolation : found.error;
      if (!allowed) out.error_code = ErrorCode::kTopicAuthorizationFailed;
      if (out.error_code != ErrorCode::kNone) continue;
      ++job->open;
      in_pool(
          broker.cold,
          [job, partition = found.partition, to = asked.offset, deadline, &out] {
            raise(*partition, to, deadline, out);
            settle(job);
          },
          [&] {
            out.error_code = ErrorCode::kRequestTimedOut;
            settle(job);
          });
    }
  }
  settle(job);
}

/// Where the newest epoch that is not newer than `epoch` ends (KIP-320).
void end_of(const partition::Partition& partition, std::int32_t epoch, OffsetForLeaderEpochResponse::EpochEndOffset& out) {
  const auto starts = partition.epochs();
  if (epoch == partition.epoch().raw) {
    out.leader_epoch = epoch;
    out.end_offset = partition.offsets().high_watermark.raw;
    return;
  }
  if (starts.empty() || epoch > starts.back().epoch.raw) return;  // unknown here: -1
  if (epoch < starts.front().epoch.raw) {
    out.leader_epoch = epoch;
    out.end_offset = starts.front().start.raw;
    return;
  }
  for (std::size_t i = 0; i < starts.size() && starts[i].epoch.raw <= epoch; ++i) {
    out.leader_epoch = starts[i].epoch.raw;
    out.end_offset = (i + 1 < starts.size() ? starts[i + 1].start : partition.offsets().high_watermark).raw;
  }
}

void epoch_ends(const CallPtr& call, OffsetForLeaderEpochRequest request) {
  OffsetForLeaderEpochResponse response;
  const bool replica = call->rights.sees(AclOperation::kClusterAction, ResourceType::kCluster, security::kClusterName);
  for (const auto& topic : request.topics) {
    const auto info = call->broker.topics.find(topic.topic);
    auto& answered = response.topics.emplace_back();
    answered.topic = topic.topic;
    const bool allowed = replica || may_topic(*call, AclOperation::kDescribe, topic.topic);
    for (const auto& asked : topic.partitions) {
      auto& out = answered.partitions.emplace_back();
      out.partition = asked.partition;
      const auto found = locate(info.get(), asked.partition, ErrorCode::kUnknownTopicOrPartition);
      out.error_code = allowed ? found.error : ErrorCode::kTopicAuthorizationFailed;
      if (out.error_code == ErrorCode::kNone) out.error_code = check_epoch(*found.partition, asked.current_leader_epoch);
      if (out.error_code == ErrorCode::kNone) end_of(*found.partition, asked.leader_epoch, out);
    }
  }
  call->answer(response);
}

}  // namespace

void create_partitions(const CallPtr& call) { decoded<CreatePartitionsRequest, create>(call); }
void delete_records(const CallPtr& call) { decoded<DeleteRecordsRequest, remove>(call); }
void offset_for_leader_epoch(const CallPtr& call) { decoded<OffsetForLeaderEpochRequest, epoch_ends>(call); }

}  // namespace takhin::broker::handlers
