// From "somebody came or went" to "everybody has an assignment": the join and the sync barrier.

#include "base/log.h"
#include "broker/groups/coordinator.h"
#include "broker/groups/records.h"

namespace takhin::broker::groups {
namespace {

using protocol::ErrorCode;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

std::chrono::milliseconds ms(std::int64_t count) { return std::chrono::milliseconds(count); }

SyncGroupResponse assignment_of(const Group& group, const Member& member) {
  return {.protocol_type = group.protocol_type, .protocol_name = group.protocol, .assignment = member.assignment};
}

}  // namespace

void GroupCoordinator::rebalance_or_complete(Group& group, Later& later) {
  if (group.is(State::kPreparingRebalance)) return maybe_complete_join(group, later);
  prepare_rebalance(group, later);
}

void GroupCoordinator::prepare_rebalance(Group& group, Later& later) {
  const Steady now = deps_.clock.steady();
  const bool first = group.is(State::kEmpty);
  if (group.is(State::kCompletingRebalance)) {
    for (auto& [id, member] : group.members) member.assignment.clear();
    answer_syncs(group, ErrorCode::kRebalanceInProgress, later);
  }
  group.move_to(State::kPreparingRebalance, deps_.clock.wall());
  group.pending_sync.clear();
  group.sync_deadline = Steady::max();
  const auto timeout = ms(group.rebalance_timeout_ms());
  group.initial_delay = first && options_.initial_rebalance_delay_ms > 0;
  group.join_deadline = now + timeout;
  if (group.initial_delay) {
    group.initial_until = now + timeout;
    group.joined_meanwhile = false;
    group.join_deadline = now + std::min(timeout, ms(options_.initial_rebalance_delay_ms));
  }
  log_debug("groups", "{}: rebalance, {} members, generation {}", group.id, group.members.size(), group.generation);
  maybe_complete_join(group, later);
}

void GroupCoordinator::maybe_complete_join(Group& group, Later& later) {
  if (group.is(State::kPreparingRebalance) && !group.initial_delay && group.all_joined()) complete_join(group, later);
}

void GroupCoordinator::join_deadline_passed(Group& group, Later& later) {
  const Steady now = deps_.clock.steady();
  if (group.initial_delay && group.joined_meanwhile && now < group.initial_until) {
    group.joined_meanwhile = false;
    group.join_deadline = std::min(group.initial_until, now + ms(options_.initial_rebalance_delay_ms));
    return;
  }
  group.initial_delay = false;
  complete_join(group, later);
}

void GroupCoordinator::complete_join(Group& group, Later& later) {
  const Steady now = deps_.clock.steady();
  std::vector<std::string> silent;
  for (const auto& [id, member] : group.members) {
    if (!member.join_answer && !member.instance_id) silent.push_back(id);
  }
  for (const std::string& id : silent) remove_member(group, id, ErrorCode::kUnknownMemberId, later);
  if (!group.members.empty() && !group.elect_leader()) {  // only static members, none of them back: another round
    group.join_deadline = now + ms(group.rebalance_timeout_ms());
    return;
  }
  group.join_deadline = Steady::max();
  group.next_generation(deps_.clock.wall());
  if (group.is(State::kEmpty)) return store_group(group, later);
  for (auto& [id, member] : group.members) {
    member.is_new = false;
    keep_alive(member);
    group.pending_sync.insert(id);
    if (!member.join_answer) continue;
    auto response = group.join_response(id, group.is_leader(id));
    later.push_back([answer = std::exchange(member.join_answer, nullptr), response = std::move(response)] { answer(response); });
  }
  group.sync_deadline = now + ms(group.rebalance_timeout_ms());
  log_info("groups", "{}: generation {} with {} members, protocol {}", group.id, group.generation, group.members.size(),
           group.protocol.value_or(""));
}

void GroupCoordinator::sync_deadline_passed(Group& group, Later& later) {
  group.sync_deadline = Steady::max();
  if (group.pending_sync.empty()) return;
  const auto silent = group.pending_sync;
  for (const std::string& id : silent) remove_member(group, id, ErrorCode::kUnknownMemberId, later);
  rebalance_or_complete(group, later);
}

void GroupCoordinator::remove_member(Group& group, const std::string& member_id, ErrorCode why, Later& later) {
  Member* member = group.find(member_id);
  if (member == nullptr) return;
  if (member->join_answer) {
    later.push_back([answer = member->join_answer, why, member_id] {
      answer({.error_code = why, .generation_id = -1, .member_id = member_id});
    });
  }
  if (member->sync_answer) later.push_back([answer = member->sync_answer, why] { answer({.error_code = why}); });
  group.remove(member_id);
}

void GroupCoordinator::sync(const SyncGroupRequest& request, SyncAnswer answer) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    sync_locked(request, std::move(answer), later);
  }
  run_all(later);
}

void GroupCoordinator::sync_locked(const SyncGroupRequest& request, SyncAnswer answer, Later& later) {
  const auto refuse = [&](ErrorCode error) { later.push_back([answer, error] { answer({.error_code = error}); }); };
  if (request.group_id.empty()) return refuse(ErrorCode::kInvalidGroupId);
  Group* group = find(request.group_id);
  if (group == nullptr) return refuse(ErrorCode::kUnknownMemberId);
  if (const ErrorCode error = group->validate(request.member_id, request.group_instance_id); error != ErrorCode::kNone) {
    return refuse(error);
  }
  if (request.generation_id != group->generation) return refuse(ErrorCode::kIllegalGeneration);
  const bool other_type = request.protocol_type && request.protocol_type != group->protocol_type;
  const bool other_name = request.protocol_name && request.protocol_name != group->protocol;
  if (other_type || other_name) return refuse(ErrorCode::kInconsistentGroupProtocol);
  Member& member = *group->find(request.member_id);
  switch (group->state()) {
    case State::kEmpty:
    case State::kDead: return refuse(ErrorCode::kUnknownMemberId);
    case State::kPreparingRebalance: return refuse(ErrorCode::kRebalanceInProgress);
    case State::kStable:
      group->pending_sync.erase(member.id);
      keep_alive(member);
      later.push_back([answer, response = assignment_of(*group, member)] { answer(response); });
      return;
    case State::kCompletingRebalance:
      if (member.sync_answer) {
        later.push_back([then = member.sync_answer] { then({.error_code = ErrorCode::kRebalanceInProgress}); });
      }
      group->pending_sync.erase(member.id);
      member.sync_answer = std::move(answer);
      if (group->is_leader(member.id)) assign(*group, request, later);
  }
}

void GroupCoordinator::assign(Group& group, const SyncGroupRequest& request, Later& later) {
  for (auto& [id, member] : group.members) member.assignment.clear();
  for (const auto& given : request.assignments) {
    if (Member* member = group.find(given.member_id)) member->assignment = given.assignment;
  }
  group.stored = true;
  write({group_record(group)}, later,
        [weak = weak_from_this(), id = group.id, generation = group.generation](const Result<>& stored) {
          if (const auto self = weak.lock()) self->assignment_stored(id, generation, stored);
        });
}

/// Only what is on disk is handed out: after a crash the group comes back with the assignment that its members work by.
void GroupCoordinator::assignment_stored(const std::string& group_id, std::int32_t generation, const Result<>& stored) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    Group* group = find(group_id);
    if (group == nullptr || group->generation != generation || !group->is(State::kCompletingRebalance)) return;
    if (stored.ok()) {
      group->move_to(State::kStable, deps_.clock.wall());
      answer_syncs(*group, ErrorCode::kNone, later);
    } else {
      log_error("groups", "{}: assignment not stored: {}", group_id, stored.error().text);
      for (auto& [id, member] : group->members) member.assignment.clear();
      answer_syncs(*group, ErrorCode::kCoordinatorNotAvailable, later);
      prepare_rebalance(*group, later);
    }
  }
  run_all(later);
}

void GroupCoordinator::answer_syncs(Group& group, ErrorCode error, Later& later) {
  for (auto& [id, member] : group.members) {
    if (!member.sync_answer) continue;
    keep_alive(member);
    auto response = error == ErrorCode::kNone ? assignment_of(group, member) : SyncGroupResponse{.error_code = error};
    later.push_back([answer = std::move(member.sync_answer), response = std::move(response)] { answer(response); });
    member.sync_answer = nullptr;
  }
}

}  // namespace takhin::broker::groups
