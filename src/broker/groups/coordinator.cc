#include "broker/groups/coordinator.h"

#include <algorithm>

#include "base/log.h"
#include "broker/groups/records.h"

namespace takhin::broker::groups {

using protocol::ErrorCode;
using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;

Result<std::shared_ptr<GroupCoordinator>> GroupCoordinator::open(Deps deps, GroupOptions options) {
  std::shared_ptr<GroupCoordinator> coordinator(new GroupCoordinator(deps, options));
  TRY(coordinator->load().within("load consumer groups"));
  return coordinator;
}

Result<> GroupCoordinator::load() {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    Result<> read = done();
    TRY(deps_.store.replay({.record =
                                [&](View key, std::optional<View> value, std::int64_t producer_id) {
                                  if (read.ok()) read = load_record(key, value, producer_id);
                                },
                            .end = [&](std::int64_t producer_id, bool committed) { apply_end(producer_id, committed); }}));
    TRY(std::move(read));
    consumers_loaded();
    offsets_looked_at_ = deps_.clock.steady();
    snapshot_if_grown(later);
  }
  run_all(later);
  return done();
}

void GroupCoordinator::load_offset(const protocol::OffsetCommitKey& at, std::optional<CommittedOffset> offset,
                                   std::int64_t producer_id) {
  if (offset) {
    auto& group = groups_[at.group];
    if (!group) group = std::make_unique<Group>(at.group);
    auto& offsets = producer_id < 0 ? group->offsets : group->txn_offsets[producer_id];
    offsets[at.topic][at.partition] = *std::move(offset);
    if (producer_id >= 0) in_transactions_[producer_id].insert(at.group);
  } else if (Group* group = find(at.group)) {
    const auto topic = group->offsets.find(at.topic);
    if (topic == group->offsets.end()) return;
    topic->second.erase(at.partition);
    if (topic->second.empty()) group->offsets.erase(topic);
    const bool bare = group->offsets.empty() && group->txn_offsets.empty() && group->consumer == nullptr;
    if (bare && !group->stored) groups_.erase(at.group);
  }
}

Result<> GroupCoordinator::load_record(View key, std::optional<View> value, std::int64_t producer_id) {
  TRY(const Key parsed, parse_key(key));
  if (const auto* at = std::get_if<protocol::OffsetCommitKey>(&parsed)) {
    std::optional<CommittedOffset> offset;
    if (value) {
      TRY(offset, parse_offset(*value));
    }
    load_offset(*at, std::move(offset), producer_id);
  } else if (const auto* which = std::get_if<protocol::GroupMetadataKey>(&parsed)) {
    if (value) {
      TRY(const auto stored, parse_group(*value));
      auto& group = groups_[which->group];
      if (!group) group = std::make_unique<Group>(which->group);
      group->restore(stored, deps_.clock.steady());
    } else if (const Group* group = find(which->group)) {
      auto fresh = std::make_unique<Group>(which->group);  // its offsets have tombstones of their own
      fresh->offsets = group->offsets;
      fresh->txn_offsets = group->txn_offsets;
      groups_.erase(which->group);
      if (!fresh->offsets.empty() || !fresh->txn_offsets.empty()) groups_.emplace(which->group, std::move(fresh));
    }
  } else if (const auto* of = std::get_if<ConsumerKey>(&parsed)) {
    return load_consumer(*of, value);
  }
  return done();
}

Group* GroupCoordinator::find(const std::string& group_id) {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : found->second.get();
}
const Group* GroupCoordinator::find(const std::string& group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : found->second.get();
}

void GroupCoordinator::write(std::vector<StoredRecord> records, Later& later, std::function<void(Result<>)> then,
                             const ProducerStamp& stamp) {
  if (records.empty()) {
    later.push_back([then = std::move(then)] { then(done()); });
    return;
  }
  when_durable(deps_.store.append(records, deps_.clock.wall(), stamp), later, std::move(then));
}

void GroupCoordinator::when_durable(const Result<Offset>& end, Later& later, std::function<void(Result<>)> then) {
  if (!end.ok()) {
    later.push_back([then = std::move(then), error = end.error()] { then(error); });
    return;
  }
  later.push_back([&store = deps_.store, at = *end, then = std::move(then)] { store.when_durable(at, then); });
}

void GroupCoordinator::store_group(Group& group, Later& later) {
  group.stored = true;
  write({group_record(group)}, later, [id = group.id](const Result<>& stored) {
    if (!stored.ok()) log_error("groups", "{}: state not stored: {}", id, stored.error().text);
  });
}

void GroupCoordinator::keep_alive(Member& member) const {
  member.expires_at = deps_.clock.steady() + std::chrono::milliseconds(member.session_timeout_ms);
}

void GroupCoordinator::forget_if_useless(const std::string& group_id, Later& later) {
  Group* group = find(group_id);
  if (group == nullptr || !group->is_empty() || !group->pending.empty() || !group->offsets.empty()) return;
  if (!group->txn_offsets.empty()) return;
  std::vector<StoredRecord> records;
  if (group->stored) records.push_back(group_tombstone(group_id));
  if (group->consumer != nullptr) {
    for (auto& record : group_tombstones(group_id, *group->consumer)) records.push_back(std::move(record));
  }
  if (!records.empty()) {
    write(std::move(records), later, [group_id](const Result<>& stored) {
      if (!stored.ok()) log_error("groups", "{}: removal not stored: {}", group_id, stored.error().text);
    });
  }
  groups_.erase(group_id);
}

HeartbeatResponse GroupCoordinator::heartbeat(const HeartbeatRequest& request) {
  if (request.group_id.empty()) return {.error_code = ErrorCode::kInvalidGroupId};
  const std::lock_guard hold(mutex_);
  Group* group = find(request.group_id);
  if (group == nullptr) return {.error_code = ErrorCode::kUnknownMemberId};
  if (const ErrorCode error = group->validate(request.member_id, request.group_instance_id); error != ErrorCode::kNone) {
    return {.error_code = error};
  }
  if (request.generation_id != group->generation) return {.error_code = ErrorCode::kIllegalGeneration};
  keep_alive(*group->find(request.member_id));
  return {.error_code = group->is(State::kPreparingRebalance) ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone};
}

LeaveGroupResponse GroupCoordinator::leave(const LeaveGroupRequest& request) {
  if (request.group_id.empty()) return {.error_code = ErrorCode::kInvalidGroupId};
  LeaveGroupRequest asked = request;
  const bool alone = asked.members.empty();  // before v3: one member, its error is the answer's
  if (alone) asked.members.push_back({.member_id = request.member_id});
  LeaveGroupResponse response;
  Later later;
  {
    const std::lock_guard hold(mutex_);
    Group* group = find(request.group_id);
    bool left = false;
    bool withdrew = false;  // gave an id back without having joined
    for (const auto& who : asked.members) {
      auto& result = response.members.emplace_back();
      result.member_id = who.member_id;
      result.group_instance_id = who.group_instance_id;
      result.error_code = ErrorCode::kUnknownMemberId;
      if (group == nullptr) continue;
      std::string id = who.member_id;
      if (who.group_instance_id) {
        const auto found = group->static_members.find(*who.group_instance_id);
        // An administrator removes a static member without knowing its member id.
        if (id.empty() && found != group->static_members.end()) id = found->second;
      } else if (group->pending.erase(id) > 0) {
        result.error_code = ErrorCode::kNone;
        withdrew = true;
        continue;
      }
      result.error_code = group->validate(id, who.group_instance_id);
      if (result.error_code != ErrorCode::kNone) continue;
      remove_member(*group, id, ErrorCode::kUnknownMemberId, later);
      left = true;
    }
    if (left) {
      rebalance_or_complete(*group, later);
    } else if (withdrew) {
      maybe_complete_join(*group, later);
      if (!group->stored) forget_if_useless(request.group_id, later);
    }
  }
  run_all(later);
  if (alone) response.error_code = response.members.front().error_code;
  return response;
}

void GroupCoordinator::expire_members(Group& group, Later& later) {
  const Steady now = deps_.clock.steady();
  std::erase_if(group.pending, [&](const auto& entry) { return entry.second <= now; });
  std::vector<std::string> silent;
  for (const auto& [id, member] : group.members) {
    const bool waits = (member.join_answer && !member.is_new) || member.sync_answer;  // we owe it an answer
    if (!waits && member.expires_at <= now) silent.push_back(id);
  }
  for (const std::string& id : silent) {
    log_info("groups", "{}: member {} fell silent", group.id, id);
    remove_member(group, id, ErrorCode::kUnknownMemberId, later);
  }
  if (!silent.empty()) {
    rebalance_or_complete(group, later);
  } else {
    maybe_complete_join(group, later);
  }
  if (group.is(State::kPreparingRebalance) && group.join_deadline <= now) join_deadline_passed(group, later);
  if ((group.is(State::kCompletingRebalance) || group.is(State::kStable)) && group.sync_deadline <= now) {
    sync_deadline_passed(group, later);
  }
}

void GroupCoordinator::tick() {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    std::vector<std::string> maybe_useless;
    for (auto& [id, group] : groups_) {
      if (group->consumer != nullptr) expire_consumers(*group, later);
      if (group->is(State::kEmpty) && group->pending.empty()) continue;
      expire_members(*group, later);
      if (group->is(State::kEmpty) && !group->stored) maybe_useless.push_back(id);
    }
    for (const std::string& id : maybe_useless) forget_if_useless(id, later);
    const Steady now = deps_.clock.steady();
    if (now - offsets_looked_at_ >= std::chrono::milliseconds(options_.expiry_interval_ms)) {
      offsets_looked_at_ = now;
      expire_offsets(later);
    }
    snapshot_if_grown(later);
  }
  run_all(later);
}

std::vector<StoredRecord> GroupCoordinator::live_records() const {
  const std::lock_guard hold(mutex_);
  return live_records_locked(false);
}

std::vector<StoredRecord> GroupCoordinator::live_records_locked(bool with_members) const {
  std::vector<StoredRecord> live;
  for (const auto& [id, group] : groups_) {
    const bool settled = with_members && (group->is(State::kEmpty) || group->is(State::kStable));
    if (group->stored) live.push_back(settled ? group_record(*group) : unsettled_group_record(*group));
    if (group->consumer != nullptr) {
      for (auto& record : all_records(id, *group->consumer, with_members)) live.push_back(std::move(record));
    }
    for (const auto& [topic, partitions] : group->offsets) {
      for (const auto& [partition, offset] : partitions) live.push_back(offset_record(id, topic, partition, offset));
    }
  }
  return live;
}

/// The store keeps every commit. Once it holds far more records than are alive, those are written again and the rest goes.
void GroupCoordinator::snapshot_if_grown(Later& later) {
  if (snapshot_running_ || !options_.snapshot.may_be_due(deps_.store)) return;
  std::vector<StoredRecord> live = live_records_locked(true);
  if (!options_.snapshot.due(deps_.store, live.size())) return;
  const std::uint64_t stored = deps_.store.records();
  snapshot_running_ = true;
  const Offset before = deps_.store.end();
  const std::size_t count = live.size();
  write(std::move(live), later, [weak = weak_from_this(), before, stored, count](const Result<>& written) {
    const auto self = weak.lock();
    if (!self) return;
    if (written.ok()) {
      log_info("groups", "rewrote {} live of {} stored records", count, stored);
      self->deps_.store.forget_before(before);
    } else {
      log_warn("groups", "snapshot not stored: {}", written.error().text);
    }
    const std::lock_guard hold(self->mutex_);
    self->snapshot_running_ = false;
  });
}

}  // namespace takhin::broker::groups
