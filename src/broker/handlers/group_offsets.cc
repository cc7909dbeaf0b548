// OffsetCommit, OffsetFetch, OffsetDelete. The coordinator knows topics by name only: ids (v10) are turned into names here,
// and what no topic has is answered here.

#include <algorithm>

#include "broker/handlers/common.h"
#include "broker/handlers/groups.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

constexpr std::int16_t kCommitIdsSince = 10;
constexpr std::int16_t kFetchIdsSince = 10;

/// A commit split in two: what exists goes to the coordinator, the rest is answered at once.
struct SplitCommit {
  OffsetCommitRequest known;
  OffsetCommitResponse refused;
};

SplitCommit split(const Broker& broker, OffsetCommitRequest request, bool by_id) {
  SplitCommit out;
  auto topics = std::move(request.topics);
  request.topics.clear();
  out.known = std::move(request);
  for (auto& asked : topics) {
    const auto info = find_topic(broker, asked.name, asked.topic_id, by_id);
    OffsetCommitRequest::OffsetCommitRequestTopic known{
        .name = info ? info->name : asked.name, .topic_id = info ? info->id : asked.topic_id, .partitions = {}};
    OffsetCommitResponse::OffsetCommitResponseTopic refused{.name = asked.name, .topic_id = asked.topic_id, .partitions = {}};
    for (auto& one : asked.partitions) {
      const auto found =
          locate(info.get(), one.partition_index, by_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition);
      const bool exists = found.error == ErrorCode::kNone || found.error == ErrorCode::kKafkaStorageError;
      if (exists) known.partitions.push_back(std::move(one));
      else refused.partitions.push_back({one.partition_index, found.error});
    }
    if (!known.partitions.empty()) out.known.topics.push_back(std::move(known));
    if (!refused.partitions.empty()) out.refused.topics.push_back(std::move(refused));
  }
  return out;
}

/// One row per topic, as it was asked.
void merge(OffsetCommitResponse& into, const OffsetCommitResponse& from) {
  for (const auto& topic : from.topics) {
    const auto same = std::ranges::find(into.topics, topic.name, [](const auto& other) { return other.name; });
    const bool found = same != into.topics.end() && same->topic_id == topic.topic_id;
    if (!found) into.topics.push_back(topic);
    else same->partitions.insert(same->partitions.end(), topic.partitions.begin(), topic.partitions.end());
  }
}

void commit(const CallPtr& call, OffsetCommitRequest request) {
  const SplitCommit parts = split(call->broker, std::move(request), call->version() >= kCommitIdsSince);
  call->broker.groups->commit(caller_of(*call), parts.known, [call, refused = parts.refused](OffsetCommitResponse response) {
    merge(response, refused);
    call->answer(response);
  });
}

/// Fills names in for ids; what is unknown is taken out of the request and answered behind the rest.
std::vector<std::vector<OffsetFetchResponse::OffsetFetchResponseTopics>> resolve(const Broker& broker,
                                                                                 OffsetFetchRequest& request) {
  std::vector<std::vector<OffsetFetchResponse::OffsetFetchResponseTopics>> unknown(request.groups.size());
  for (std::size_t g = 0; g < request.groups.size(); ++g) {
    if (!request.groups[g].topics) continue;
    std::vector<OffsetFetchRequest::OffsetFetchRequestTopics> known;
    for (auto& topic : *request.groups[g].topics) {
      if (const auto info = broker.topics.find(topic.topic_id)) {
        topic.name = info->name;
        known.push_back(std::move(topic));
        continue;
      }
      auto& refused = unknown[g].emplace_back();
      refused.topic_id = topic.topic_id;
      for (const std::int32_t index : topic.partition_indexes) {
        refused.partitions.push_back(
            {.partition_index = index, .committed_offset = -1, .error_code = ErrorCode::kUnknownTopicId});
      }
    }
    request.groups[g].topics = std::move(known);
  }
  return unknown;
}

void fetch(const CallPtr& call, OffsetFetchRequest request) {
  if (call->version() < kFetchIdsSince) return call->answer(call->broker.groups->fetch(caller_of(*call), request));
  const auto unknown = resolve(call->broker, request);
  auto response = call->broker.groups->fetch(caller_of(*call), request);
  for (std::size_t g = 0; g < response.groups.size(); ++g) {
    auto& topics = response.groups[g].topics;
    // Offsets of all topics, committed by older clients: without ids.
    for (auto& topic : topics) {
      const auto info = topic.topic_id.is_zero() ? call->broker.topics.find(topic.name) : nullptr;
      if (info != nullptr) topic.topic_id = info->id;
    }
    if (g < unknown.size()) topics.insert(topics.end(), unknown[g].begin(), unknown[g].end());
  }
  call->answer(response);
}

void remove(const CallPtr& call, OffsetDeleteRequest request) {
  call->broker.groups->remove_offsets(request, [call](OffsetDeleteResponse response) { call->answer(response); });
}

}  // namespace

void offset_commit(const CallPtr& call) { decoded<OffsetCommitRequest, commit>(call); }
void offset_fetch(const CallPtr& call) { decoded<OffsetFetchRequest, fetch>(call); }
void offset_delete(const CallPtr& call) { decoded<OffsetDeleteRequest, remove>(call); }

}  // namespace takhin::broker::handlers
