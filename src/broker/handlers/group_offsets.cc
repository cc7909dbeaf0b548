// OffsetCommit, TxnOffsetCommit, OffsetFetch, OffsetDelete. The coordinator knows topics by name only: ids are turned into names
// here, and what no topic has is answered here.

#include <algorithm>

#include "broker/handlers/common.h"
#include "broker/handlers/groups.h"
#include "broker/handlers/handlers.h"
#include "broker/internal_topic.h"
#include "broker/transactions/coordinator.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/txn_offset_commit.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;

constexpr std::int16_t kCommitIdsSince = 10;
constexpr std::int16_t kFetchIdsSince = 10;
constexpr std::int16_t kManyGroupsSince = 8;  // OffsetFetch (KIP-709)
constexpr std::int16_t kFetchErrorSince = 2;  // OffsetFetch has an error for all
constexpr std::int16_t kTxnCommitIdsSince = 6;
constexpr std::int16_t kTxnCommitAddsSince = 5;       // the commit takes the offsets into the transaction (KIP-890)
constexpr std::int16_t kTxnCommitAbortableSince = 4;  // TRANSACTION_ABORTABLE is known

/// A commit split in two: what exists, and may be read, goes to the coordinator, the rest is answered at once.
struct SplitCommit {
  OffsetCommitRequest known;
  OffsetCommitResponse refused;
};

SplitCommit split(Call& call, OffsetCommitRequest request, bool by_id) {
  const Broker& broker = call.broker;
  SplitCommit out;
  auto topics = std::move(request.topics);
  request.topics.clear();
  out.known = std::move(request);
  for (auto& asked : topics) {
    const auto info = find_topic(broker, asked.name, asked.topic_id, by_id);
    OffsetCommitRequest::OffsetCommitRequestTopic known{
        .name = info ? info->name : asked.name, .topic_id = info ? info->id : asked.topic_id, .partitions = {}};
    const bool allowed = (by_id && !info) || may_topic(call, AclOperation::kRead, by_id ? info->name : asked.name);
    OffsetCommitResponse::OffsetCommitResponseTopic refused{.name = asked.name, .topic_id = asked.topic_id, .partitions = {}};
    for (auto& one : asked.partitions) {
      const auto found =
          locate(info.get(), one.partition_index, by_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition);
      const bool exists = found.error == ErrorCode::kNone || found.error == ErrorCode::kKafkaStorageError;
      if (!allowed) refused.partitions.push_back({one.partition_index, ErrorCode::kTopicAuthorizationFailed});
      else if (exists) known.partitions.push_back(std::move(one));
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

/// Every partition answered with the same.
OffsetCommitResponse all_refused(const OffsetCommitRequest& request, ErrorCode error) {
  OffsetCommitResponse out;
  for (const auto& topic : request.topics) {
    auto& to = out.topics.emplace_back();
    to.name = topic.name;
    to.topic_id = topic.topic_id;
    for (const auto& one : topic.partitions) to.partitions.push_back({one.partition_index, error});
  }
  return out;
}

void commit(const CallPtr& call, OffsetCommitRequest request) {
  if (!may_group(*call, AclOperation::kRead, request.group_id)) {
    return call->answer(all_refused(request, ErrorCode::kGroupAuthorizationFailed));
  }
  const SplitCommit parts = split(*call, std::move(request), call->version() >= kCommitIdsSince);
  call->broker.groups->commit(caller_of(*call), parts.known, [call, refused = parts.refused](OffsetCommitResponse response) {
    merge(response, refused);
    call->answer(response);
  });
}

OffsetCommitRequest plain_commit(TxnOffsetCommitRequest request) {
  OffsetCommitRequest out{.group_id = std::move(request.group_id),
                          .generation_id_or_member_epoch = request.generation_id_or_member_epoch,
                          .member_id = std::move(request.member_id),
                          .group_instance_id = std::move(request.group_instance_id)};
  for (auto& topic : request.topics) {
    auto& to = out.topics.emplace_back();
    to.name = std::move(topic.name);
    to.topic_id = topic.topic_id;
    for (auto& one : topic.partitions) {
      to.partitions.push_back({.partition_index = one.partition_index,
                               .committed_offset = one.committed_offset,
                               .committed_leader_epoch = one.committed_leader_epoch,
                               .committed_metadata = std::move(one.committed_metadata)});
    }
  }
  return out;
}

/// Errors as far as this API's clients know them.
ErrorCode txn_commit_error(ErrorCode error, std::int16_t version) {
  switch (error) {
    case ErrorCode::kProducerFenced: return ErrorCode::kInvalidProducerEpoch;
    case ErrorCode::kTransactionAbortable: return version >= kTxnCommitAbortableSince ? error : ErrorCode::kInvalidTxnState;
    case ErrorCode::kConcurrentTransactions:
      return version >= kTxnCommitAddsSince ? error : ErrorCode::kCoordinatorLoadInProgress;
    default: return error;
  }
}

TxnOffsetCommitResponse txn_response(const OffsetCommitResponse& response, std::int16_t version) {
  TxnOffsetCommitResponse out;
  for (const auto& topic : response.topics) {
    auto& to = out.topics.emplace_back();
    to.name = topic.name;
    to.topic_id = topic.topic_id;
    for (const auto& one : topic.partitions) {
      to.partitions.push_back({one.partition_index, txn_commit_error(one.error_code, version)});
    }
  }
  return out;
}

/// The coordinators are asked one inside of the other: no end of the transaction comes between its yes and the commit.
void commit_in_transaction(const CallPtr& call, TxnOffsetCommitRequest request) {
  const transactions::Producer who{request.transactional_id, request.producer_id, request.producer_epoch};
  OffsetCommitRequest plain = plain_commit(std::move(request));
  ErrorCode denied = ErrorCode::kNone;
  if (!may_transaction(*call, AclOperation::kWrite, who.transactional_id)) {
    denied = ErrorCode::kTransactionalIdAuthorizationFailed;
  } else if (!may_group(*call, AclOperation::kRead, plain.group_id)) {
    denied = ErrorCode::kGroupAuthorizationFailed;
  }
  if (denied != ErrorCode::kNone) return call->answer(txn_response(all_refused(plain, denied), call->version()));
  const SplitCommit parts = split(*call, std::move(plain), call->version() >= kTxnCommitIdsSince);
  const auto noted = std::make_shared<Offset>();
  const groups::InTransaction txn{
      .producer = {who.id, who.epoch}, .admit = [&, noted] {
        const bool may_add = call->version() >= kTxnCommitAddsSince;
        const auto admission = call->broker.transactions->admit(who, {std::string(kOffsetsTopic), 0}, may_add);
        *noted = admission.durable;
        return admission.error;
      }};
  const auto then = [call, noted, refused = parts.refused](OffsetCommitResponse response) {
    merge(response, refused);
    call->broker.transactions->when_durable(*noted, [call, response](const Result<>& stored) {
      auto out = txn_response(response, call->version());
      for (auto& topic : out.topics) {
        for (auto& one : topic.partitions) {
          if (!stored.ok() && one.error_code == ErrorCode::kNone) one.error_code = ErrorCode::kCoordinatorNotAvailable;
        }
      }
      call->answer(out);
    });
  };
  groups::Caller caller = caller_of(*call);
  caller.version = 0;  // an unknown group is an old generation, as in OffsetCommit before v9
  call->broker.groups->commit_in_transaction(caller, txn, parts.known, then);
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

/// What was committed for topics that the caller may not describe: of those that were named an error, of others nothing.
template <class Topic>
void hide(Call& call, bool named, std::vector<Topic>& topics) {
  std::erase_if(topics, [&](Topic& topic) {
    if (!named) return !call.rights.sees(AclOperation::kDescribe, ResourceType::kTopic, topic.name);
    if (may_topic(call, AclOperation::kDescribe, topic.name)) return false;
    for (auto& one : topic.partitions) {
      one = {.partition_index = one.partition_index, .committed_offset = -1, .error_code = ErrorCode::kTopicAuthorizationFailed};
    }
    return false;
  });
}

/// Before v8: one group.
void fetch_one(const CallPtr& call, const OffsetFetchRequest& request) {
  if (!may_group(*call, AclOperation::kDescribe, request.group_id)) {
    OffsetFetchResponse response;
    response.error_code = ErrorCode::kGroupAuthorizationFailed;
    if (call->version() < kFetchErrorSince && request.topics) {
      for (const auto& topic : *request.topics) {
        auto& to = response.topics.emplace_back();
        to.name = topic.name;
        for (const std::int32_t index : topic.partition_indexes) {
          to.partitions.push_back({.partition_index = index, .committed_offset = -1, .error_code = response.error_code});
        }
      }
    }
    return call->answer(response);
  }
  auto response = call->broker.groups->fetch(caller_of(*call), request);
  hide(*call, request.topics.has_value(), response.topics);
  call->answer(response);
}

void fetch(const CallPtr& call, OffsetFetchRequest request) {
  if (call->version() < kManyGroupsSince) return fetch_one(call, request);
  std::vector<bool> denied;
  for (auto& group : request.groups) {
    denied.push_back(!may_group(*call, AclOperation::kDescribe, group.group_id));
    if (denied.back()) group.topics.emplace();  // nothing is looked up
  }
  const bool by_id = call->version() >= kFetchIdsSince;
  std::vector<std::vector<OffsetFetchResponse::OffsetFetchResponseTopics>> unknown;
  if (by_id) unknown = resolve(call->broker, request);
  auto response = call->broker.groups->fetch(caller_of(*call), request);
  for (std::size_t g = 0; g < response.groups.size(); ++g) {
    if (denied[g]) response.groups[g].error_code = ErrorCode::kGroupAuthorizationFailed;
    hide(*call, request.groups[g].topics.has_value(), response.groups[g].topics);
  }
  for (std::size_t g = 0; by_id && g < response.groups.size(); ++g) {
    if (response.groups[g].error_code != ErrorCode::kNone) continue;
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
  if (!may_group(*call, AclOperation::kDelete, request.group_id)) {
    OffsetDeleteResponse response;
    response.error_code = ErrorCode::kGroupAuthorizationFailed;
    return call->answer(response);
  }
  std::vector<protocol::offset_delete_response::OffsetDeleteResponseTopic> refused;
  std::erase_if(request.topics, [&](const auto& topic) {
    if (may_topic(*call, AclOperation::kRead, topic.name)) return false;
    auto& to = refused.emplace_back();
    to.name = topic.name;
    for (const auto& one : topic.partitions) {
      to.partitions.push_back({.partition_index = one.partition_index, .error_code = ErrorCode::kTopicAuthorizationFailed});
    }
    return true;
  });
  call->broker.groups->remove_offsets(request, [call, refused, group = request.group_id](OffsetDeleteResponse response) {
    call->changed(ResourceType::kGroup, group, response.error_code);
    if (response.error_code == ErrorCode::kNone) response.topics.insert(response.topics.end(), refused.begin(), refused.end());
    call->answer(response);
  });
}

}  // namespace

void offset_commit(const CallPtr& call) { decoded<OffsetCommitRequest, commit>(call); }
void txn_offset_commit(const CallPtr& call) { decoded<TxnOffsetCommitRequest, commit_in_transaction>(call); }
void offset_fetch(const CallPtr& call) { decoded<OffsetFetchRequest, fetch>(call); }
void offset_delete(const CallPtr& call) { decoded<OffsetDeleteRequest, remove>(call); }

}  // namespace takhin::broker::handlers
