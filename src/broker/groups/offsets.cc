// Committed offsets: commit, fetch, deletion, expiry.

#include "base/log.h"
#include "broker/groups/coordinator.h"
#include "broker/groups/records.h"

namespace takhin::broker::groups {
namespace {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

constexpr std::int16_t kGroupNotFoundSince = 9;  // OffsetCommit: before it an unknown group is an old generation
constexpr std::int16_t kStaleEpochSince = 9;     // OffsetCommit: STALE_MEMBER_EPOCH is known
constexpr std::int16_t kManyGroupsSince = 8;     // OffsetFetch

/// The same answer for every partition.
OffsetCommitResponse all_with(const OffsetCommitRequest& request, ErrorCode error) {
  OffsetCommitResponse response;
  for (const auto& topic : request.topics) {
    auto& to = response.topics.emplace_back();
    to.name = topic.name;
    to.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      to.partitions.push_back({.partition_index = partition.partition_index, .error_code = error});
    }
  }
  return response;
}

/// A write that failed: every partition that was to be written failed.
OffsetCommitResponse failed(OffsetCommitResponse response) {
  for (auto& topic : response.topics) {
    for (auto& partition : topic.partitions) {
      if (partition.error_code == ErrorCode::kNone) partition.error_code = ErrorCode::kCoordinatorNotAvailable;
    }
  }
  return response;
}

}  // namespace

ErrorCode GroupCoordinator::check_commit(const Caller& caller, const OffsetCommitRequest& request, bool in_transaction) {
  const std::int32_t generation = request.generation_id_or_member_epoch;
  Group* group = find(request.group_id);
  if (group == nullptr) {
    if (generation >= 0) {
      return caller.version >= kGroupNotFoundSince ? ErrorCode::kGroupIdNotFound : ErrorCode::kIllegalGeneration;
    }
    if (groups_.size() >= options_.groups_max) return ErrorCode::kCoordinatorNotAvailable;
    groups_.emplace(request.group_id, std::make_unique<Group>(request.group_id));  // a simple consumer's
    return ErrorCode::kNone;
  }
  if (group->consumer != nullptr) return check_member_commit(caller, *group->consumer, request, in_transaction);
  if (generation < 0 && group->is(State::kEmpty)) return ErrorCode::kNone;
  if (generation < 0 && request.member_id.empty() && !request.group_instance_id) {
    // A producer of before KIP-447 does not say for whom it commits.
    return in_transaction ? ErrorCode::kNone : ErrorCode::kUnknownMemberId;
  }
  const ErrorCode error = group->validate(request.member_id, request.group_instance_id);
  if (error != ErrorCode::kNone) return error;
  if (generation != group->generation) return ErrorCode::kIllegalGeneration;
  // The member has its generation from the join, but no assignment of it: nothing it could have consumed.
  if (group->is(State::kCompletingRebalance) && !in_transaction) return ErrorCode::kRebalanceInProgress;
  keep_alive(*group->find(request.member_id));
  return ErrorCode::kNone;
}

/// Who speaks for a consumer group must be a member of the epoch it says (KIP-848), but for tools while there is none.
ErrorCode GroupCoordinator::check_member_commit(const Caller& caller, const ConsumerGroup& group,
                                                const OffsetCommitRequest& request, bool in_transaction) {
  const std::int32_t epoch = request.generation_id_or_member_epoch;
  if (epoch < 0 && group.members().empty()) return ErrorCode::kNone;
  const bool anonymous = epoch == -1 && request.member_id.empty() && !request.group_instance_id;
  if (in_transaction && anonymous) return ErrorCode::kNone;  // a producer of before KIP-447
  const ConsumerMember* member = group.find(request.member_id);
  if (member == nullptr) return ErrorCode::kUnknownMemberId;
  if (!in_transaction && caller.version < kStaleEpochSince) return ErrorCode::kUnsupportedVersion;
  if (epoch == member->epoch) return ErrorCode::kNone;
  return in_transaction ? ErrorCode::kIllegalGeneration : ErrorCode::kStaleMemberEpoch;
}

void GroupCoordinator::commit(const Caller& caller, const OffsetCommitRequest& request,
                              std::function<void(OffsetCommitResponse)> answer) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    commit_locked(caller, nullptr, request, std::move(answer), later);
  }
  run_all(later);
}

void GroupCoordinator::commit_in_transaction(const Caller& caller, const InTransaction& txn, const OffsetCommitRequest& request,
                                             std::function<void(OffsetCommitResponse)> answer) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    commit_locked(caller, &txn, request, std::move(answer), later);
  }
  run_all(later);
}

void GroupCoordinator::commit_locked(const Caller& caller, const InTransaction* txn, const OffsetCommitRequest& request,
                                     std::function<void(OffsetCommitResponse)> answer, Later& later) {
  ErrorCode error = check_commit(caller, request, txn != nullptr);
  if (error == ErrorCode::kNone && txn != nullptr) {
    error = txn->admit();
    if (error != ErrorCode::kNone) forget_if_useless(request.group_id, later);
  }
  if (error != ErrorCode::kNone) {
    later.push_back([answer, response = all_with(request, error)] { answer(response); });
    return;
  }
  Group& group = *find(request.group_id);
  const std::int64_t now = deps_.clock.wall().raw;
  const bool expires = txn == nullptr && request.retention_time_ms >= 0;
  OffsetMap& offsets = txn == nullptr ? group.offsets : group.txn_offsets[txn->producer.id];
  OffsetCommitResponse response = all_with(request, ErrorCode::kNone);
  std::vector<StoredRecord> records;
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& topic = request.topics[t];
    for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
      const auto& from = topic.partitions[p];
      if (from.committed_metadata.value_or("").size() > static_cast<std::size_t>(options_.metadata_bytes_max)) {
        response.topics[t].partitions[p].error_code = ErrorCode::kOffsetMetadataTooLarge;
        continue;
      }
      CommittedOffset offset{.offset = from.committed_offset,
                             .leader_epoch = from.committed_leader_epoch,
                             .metadata = from.committed_metadata.value_or(""),
                             .commit_ms = now,
                             .expire_ms = expires ? now + request.retention_time_ms : -1,
                             .topic_id = topic.topic_id};
      records.push_back(offset_record(group.id, topic.name, from.partition_index, offset));
      offsets[topic.name][from.partition_index] = std::move(offset);
    }
  }
  if (txn != nullptr && !records.empty()) in_transactions_[txn->producer.id].insert(group.id);
  if (txn != nullptr && offsets.empty()) group.txn_offsets.erase(txn->producer.id);
  if (records.empty()) forget_if_useless(request.group_id, later);
  const auto then = [answer = std::move(answer), response = std::move(response)](const Result<>& stored) {
    if (!stored.ok()) log_error("groups", "offsets not stored: {}", stored.error().text);
    answer(stored.ok() ? response : failed(response));
  };
  write(std::move(records), later, then, txn == nullptr ? ProducerStamp{} : txn->producer);
}

void GroupCoordinator::end_transaction(const log::TxnEnd& end, std::function<void(Result<>)> then) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    const auto written = deps_.store.append_end(end);
    if (written.ok()) {
      for (const std::string& group : apply_end(end.producer_id, end.commit)) forget_if_useless(group, later);
    }
    when_durable(written, later, std::move(then));
  }
  run_all(later);
}

std::set<std::string> GroupCoordinator::apply_end(std::int64_t producer_id, bool committed) {
  const auto open = in_transactions_.extract(producer_id);
  if (open.empty()) return {};
  for (const std::string& id : open.mapped()) {
    Group* group = find(id);
    if (group == nullptr) continue;
    const auto offsets = group->txn_offsets.extract(producer_id);
    if (offsets.empty() || !committed) continue;
    for (auto& [topic, partitions] : offsets.mapped()) {
      for (auto& [partition, offset] : partitions) group->offsets[topic].insert_or_assign(partition, std::move(offset));
    }
  }
  return open.mapped();
}

OffsetFetchResponse::OffsetFetchResponseGroup GroupCoordinator::fetch_group(
    const OffsetFetchRequest::OffsetFetchRequestGroup& request, bool require_stable) const {
  OffsetFetchResponse::OffsetFetchResponseGroup response{.group_id = request.group_id};
  const Group* group = find(request.group_id);
  static const OffsetMap none;
  const auto& offsets = group == nullptr ? none : group->offsets;
  if (group != nullptr && group->consumer != nullptr && (request.member_id || request.member_epoch >= 0)) {
    const ConsumerMember* member = group->consumer->find(request.member_id.value_or(""));
    if (member == nullptr) response.error_code = ErrorCode::kUnknownMemberId;
    else if (member->epoch != request.member_epoch) response.error_code = ErrorCode::kStaleMemberEpoch;
    if (response.error_code != ErrorCode::kNone) return response;
  }
  const auto add = [&](auto& topic, std::int32_t index, const CommittedOffset& offset) {
    if (require_stable && group != nullptr && group->is_unstable(topic.name, index)) {
      topic.partitions.push_back(
          {.partition_index = index, .committed_offset = -1, .error_code = ErrorCode::kUnstableOffsetCommit});
      return;
    }
    topic.partitions.push_back({.partition_index = index,
                                .committed_offset = offset.offset,
                                .committed_leader_epoch = offset.leader_epoch,
                                .metadata = offset.metadata});
  };
  if (!request.topics) {
    for (const auto& [name, partitions] : offsets) {
      auto& topic = response.topics.emplace_back();
      topic.name = name;
      if (!partitions.empty()) topic.topic_id = partitions.begin()->second.topic_id;
      for (const auto& [index, offset] : partitions) add(topic, index, offset);
    }
    return response;
  }
  for (const auto& from : *request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = from.name;
    topic.topic_id = from.topic_id;
    const auto found = offsets.find(from.name);
    for (const std::int32_t index : from.partition_indexes) {
      const bool known = found != offsets.end() && found->second.contains(index);
      add(topic, index, known ? found->second.at(index) : CommittedOffset{});
    }
  }
  return response;
}

OffsetFetchResponse GroupCoordinator::fetch(const Caller& caller, const OffsetFetchRequest& request) const {
  const std::lock_guard hold(mutex_);
  OffsetFetchResponse response;
  if (caller.version >= kManyGroupsSince) {
    for (const auto& group : request.groups) response.groups.push_back(fetch_group(group, request.require_stable));
    return response;
  }
  OffsetFetchRequest::OffsetFetchRequestGroup one{.group_id = request.group_id};
  one.topics.reset();
  if (request.topics) {
    one.topics.emplace();
    for (const auto& topic : *request.topics) {
      auto& to = one.topics->emplace_back();
      to.name = topic.name;
      to.partition_indexes = topic.partition_indexes;
    }
  }
  for (auto& topic : fetch_group(one, request.require_stable).topics) {
    auto& to = response.topics.emplace_back();
    to.name = topic.name;
    for (auto& from : topic.partitions) {
      to.partitions.push_back({.partition_index = from.partition_index,
                               .committed_offset = from.committed_offset,
                               .committed_leader_epoch = from.committed_leader_epoch,
                               .metadata = from.metadata,
                               .error_code = from.error_code});
    }
  }
  return response;
}

void GroupCoordinator::remove_offsets(const OffsetDeleteRequest& request, std::function<void(OffsetDeleteResponse)> answer) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    Group* group = find(request.group_id);
    const bool busy = group != nullptr && !group->is(State::kEmpty) && !group->uses_consumer_protocol();
    OffsetDeleteResponse response{.error_code = group == nullptr ? ErrorCode::kGroupIdNotFound
                                                : busy           ? ErrorCode::kNonEmptyGroup
                                                                 : ErrorCode::kNone};
    std::vector<StoredRecord> records;
    for (const auto& topic : request.topics) {
      if (response.error_code != ErrorCode::kNone) break;
      auto& to = response.topics.emplace_back();
      to.name = topic.name;
      const bool subscribed = group->subscribes(topic.name);
      for (const auto& partition : topic.partitions) {
        const std::int32_t index = partition.partition_index;
        const ErrorCode error = subscribed ? ErrorCode::kGroupSubscribedToTopic : ErrorCode::kNone;
        to.partitions.push_back({.partition_index = index, .error_code = error});
        const auto found = group->offsets.find(topic.name);
        if (subscribed || found == group->offsets.end() || found->second.erase(index) == 0) continue;
        records.push_back(offset_tombstone(group->id, topic.name, index));
        if (found->second.empty()) group->offsets.erase(found);
      }
    }
    write(std::move(records), later, [then = std::move(answer), response = std::move(response)](const Result<>& stored) mutable {
      if (!stored.ok()) response = {.error_code = ErrorCode::kCoordinatorNotAvailable};
      then(response);
    });
  }
  run_all(later);
}

void GroupCoordinator::forget_topic(const std::string& topic) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    std::vector<StoredRecord> records;
    for (auto& [id, group] : groups_) {
      if (group->consumer != nullptr) group->consumer->metadata_fresh_until = {};  // looks at its topics with the next heartbeat
      const auto found = group->offsets.find(topic);
      if (found == group->offsets.end()) continue;
      for (const auto& [partition, offset] : found->second) records.push_back(offset_tombstone(id, topic, partition));
      group->offsets.erase(found);
    }
    write(std::move(records), later, [topic](const Result<>& stored) {
      if (!stored.ok()) log_error("groups", "offsets of removed topic {} stay: {}", topic, stored.error().text);
    });
  }
  run_all(later);
}

bool GroupCoordinator::is_expired(const Group& group, const std::string& topic, const CommittedOffset& offset) const {
  std::int64_t since = offset.commit_ms;
  if (group.consumer != nullptr) {
    if (group.subscribes(topic)) return false;
  } else if (!group.is(State::kEmpty)) {
    // While members are there only topics that none of them reads any more can grow old.
    if (!group.is(State::kStable) || !group.uses_consumer_protocol() || group.subscribes(topic)) return false;
  } else if (group.protocol_type && group.state_since_ms >= 0) {
    since = group.state_since_ms;  // when its last member left
  }
  const std::int64_t now = deps_.clock.wall().raw;
  return offset.expire_ms >= 0 ? now >= offset.expire_ms : now - since >= options_.offsets_retention_ms;
}

void GroupCoordinator::expire_offsets(Later& later) {
  std::vector<StoredRecord> records;
  std::vector<std::string> empty;
  for (auto& [id, group] : groups_) {
    for (auto& [topic, partitions] : group->offsets) {
      for (auto at = partitions.begin(); at != partitions.end();) {
        if (!is_expired(*group, topic, at->second)) {
          ++at;
          continue;
        }
        records.push_back(offset_tombstone(id, topic, at->first));
        at = partitions.erase(at);
      }
    }
    std::erase_if(group->offsets, [](const auto& entry) { return entry.second.empty(); });
    if (group->is_empty() && group->offsets.empty()) empty.push_back(id);
  }
  if (!records.empty()) log_info("groups", "{} committed offsets expired", records.size());
  write(std::move(records), later, [](const Result<>& stored) {
    if (!stored.ok()) log_error("groups", "expiry of offsets not stored: {}", stored.error().text);
  });
  for (const std::string& id : empty) forget_if_useless(id, later);
}

}  // namespace takhin::broker::groups
