// JoinGroup: who may come in, under which id, and whether that starts a rebalance.

#include "base/log.h"
#include "broker/groups/coordinator.h"
#include "broker/groups/records.h"

namespace takhin::broker::groups {
namespace {

using protocol::ErrorCode;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;

constexpr std::int16_t kMemberIdRequiredSince = 4;   // KIP-394
constexpr std::int16_t kSkipAssignmentSince = 9;     // KIP-814
/// A newcomer whose client went away while the others were still joining is dropped after this.
constexpr std::chrono::minutes kNewMemberJoinMax{5};

JoinGroupResponse refusal(ErrorCode error, const std::string& member_id) {
  return {.error_code = error, .generation_id = -1, .member_id = member_id};
}

std::vector<NamedProtocol> protocols_of(const JoinGroupRequest& request) {
  std::vector<NamedProtocol> protocols;
  for (const auto& from : request.protocols) protocols.push_back({from.name, from.metadata});
  return protocols;
}

}  // namespace

Member GroupCoordinator::member_from(const Caller& caller, const JoinGroupRequest& request, std::string id) const {
  return {.id = std::move(id),
          .instance_id = request.group_instance_id,
          .client_id = caller.client_id,
          .client_host = caller.host,
          .rebalance_timeout_ms = request.rebalance_timeout_ms < 0 ? request.session_timeout_ms : request.rebalance_timeout_ms,
          .session_timeout_ms = request.session_timeout_ms,
          .protocols = protocols_of(request)};
}

void GroupCoordinator::join(const Caller& caller, const JoinGroupRequest& request, JoinAnswer answer) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    join_locked(caller, request, std::move(answer), later);
  }
  run_all(later);
}

void GroupCoordinator::join_locked(const Caller& caller, const JoinGroupRequest& request, JoinAnswer answer, Later& later) {
  const auto refuse = [&](ErrorCode error) {
    later.push_back([answer, response = refusal(error, request.member_id)] { answer(response); });
  };
  if (request.group_id.empty()) return refuse(ErrorCode::kInvalidGroupId);
  const std::int32_t session = request.session_timeout_ms;
  if (session < options_.session_timeout_min_ms || session > options_.session_timeout_max_ms) {
    return refuse(ErrorCode::kInvalidSessionTimeout);
  }
  Group* group = find(request.group_id);
  if (group != nullptr && group->consumer != nullptr) {
    if (!group->is_empty()) return refuse(ErrorCode::kInconsistentGroupProtocol);  // nobody is migrated while there are members
    if (!request.member_id.empty()) return refuse(ErrorCode::kUnknownMemberId);
    if (request.protocol_type.empty() || request.protocols.empty()) return refuse(ErrorCode::kInconsistentGroupProtocol);
    become_classic(*group, later);
  }
  if (group == nullptr) {
    if (!request.member_id.empty()) return refuse(ErrorCode::kUnknownMemberId);
    if (request.protocol_type.empty() || request.protocols.empty()) return refuse(ErrorCode::kInconsistentGroupProtocol);
    if (groups_.size() >= options_.groups_max) {
      log_warn("groups", "group {} refused: there are {} groups", request.group_id, groups_.size());
      return refuse(ErrorCode::kCoordinatorNotAvailable);
    }
    group = groups_.emplace(request.group_id, std::make_unique<Group>(request.group_id)).first->second.get();
  }
  if (!group->accepts(request.protocol_type, protocols_of(request))) return refuse(ErrorCode::kInconsistentGroupProtocol);
  const bool known = group->members.contains(request.member_id) ||
                     (request.group_instance_id && group->static_members.contains(*request.group_instance_id));
  if (!known && group->members.size() >= options_.members_max) return refuse(ErrorCode::kGroupMaxSizeReached);
  if (request.member_id.empty()) return join_new(*group, caller, request, std::move(answer), later);
  join_known(*group, caller, request, std::move(answer), later);
}

void GroupCoordinator::join_new(Group& group, const Caller& caller, const JoinGroupRequest& request, JoinAnswer answer,
                                Later& later) {
  std::string id = request.group_instance_id.value_or(caller.client_id) + "-" + Uuid::make(deps_.random).text();
  if (!request.group_instance_id && caller.version >= kMemberIdRequiredSince) {
    if (group.members.size() + group.pending.size() >= options_.members_max) {
      later.push_back([answer] { answer(refusal(ErrorCode::kGroupMaxSizeReached, "")); });
      return;
    }
    group.pending[id] = deps_.clock.steady() + std::chrono::milliseconds(request.session_timeout_ms);
    later.push_back([answer, id] { answer(refusal(ErrorCode::kMemberIdRequired, id)); });
    return;
  }
  if (group.members.empty()) group.protocol_type = request.protocol_type;
  Member member = member_from(caller, request, std::move(id));
  if (member.instance_id) return join_static(group, std::move(member), caller, std::move(answer), later);
  add_and_rebalance(group, std::move(member), std::move(answer), later);
}

void GroupCoordinator::join_static(Group& group, Member member, const Caller& caller, JoinAnswer answer, Later& later) {
  const auto found = group.static_members.find(*member.instance_id);
  if (found == group.static_members.end()) return add_and_rebalance(group, std::move(member), std::move(answer), later);
  const std::string old_id = found->second;
  replace_static(group, old_id, std::move(member), caller, std::move(answer), later);
}

/// A static member came back under a new id: the old id is fenced, and while the group is stable nothing else changes.
void GroupCoordinator::replace_static(Group& group, const std::string& old_id, Member member, const Caller& caller,
                                      JoinAnswer answer, Later& later) {
  Member* old = group.find(old_id);
  TAKHIN_ASSERT(old != nullptr, "a static id without its member");
  if (old->join_answer) {
    later.push_back([then = old->join_answer, old_id] { then(refusal(ErrorCode::kFencedInstanceId, old_id)); });
  }
  if (old->sync_answer) later.push_back([then = old->sync_answer] { then({.error_code = ErrorCode::kFencedInstanceId}); });
  const std::string leader_before = group.leader.value_or("");
  const bool was_leader = group.is_leader(old_id);
  member.assignment = std::move(old->assignment);
  keep_alive(member);
  const std::string id = member.id;
  group.remove(old_id);
  group.add(std::move(member));
  if (was_leader) group.leader = id;
  Member& now = *group.find(id);

  if (!group.is(State::kStable) || group.select_protocol() != group.protocol) {
    now.join_answer = std::move(answer);
    return rebalance_or_complete(group, later);
  }
  const bool skips = caller.version >= kSkipAssignmentSince && group.is_leader(id);
  JoinGroupResponse response = group.join_response(id, skips);
  response.skip_assignment = skips;
  // A client that cannot skip the assignment must not be told that it leads: it would make one, and nobody would ask for it.
  if (caller.version < kSkipAssignmentSince) response.leader = leader_before;
  write({group_record(group)}, later, [answer, response, id](const Result<>& stored) {
    answer(stored.ok() ? response : refusal(ErrorCode::kCoordinatorNotAvailable, id));
  });
}

void GroupCoordinator::join_known(Group& group, const Caller& caller, const JoinGroupRequest& request, JoinAnswer answer,
                                  Later& later) {
  const std::string& id = request.member_id;
  const Member fresh = member_from(caller, request, id);
  if (group.pending.contains(id) && !request.group_instance_id) {
    if (group.members.empty()) group.protocol_type = request.protocol_type;
    return add_and_rebalance(group, fresh, std::move(answer), later);
  }
  if (const ErrorCode error = group.validate(id, request.group_instance_id); error != ErrorCode::kNone) {
    later.push_back([answer, error, id] { answer(refusal(error, id)); });
    return;
  }
  Member& member = *group.find(id);
  // In these cases the client only did not get its answer: the same one again, and no new rebalance.
  const bool unchanged = member.protocols == fresh.protocols;
  const bool again = unchanged && (group.is(State::kCompletingRebalance) || (group.is(State::kStable) && !group.is_leader(id)));
  if (!again) return update_and_rebalance(group, member, fresh, std::move(answer), later);
  keep_alive(member);
  later.push_back([answer, response = group.join_response(id, group.is_leader(id))] { answer(response); });
}

void GroupCoordinator::add_and_rebalance(Group& group, Member member, JoinAnswer answer, Later& later) {
  member.is_new = true;
  member.join_answer = std::move(answer);
  member.expires_at = deps_.clock.steady() + kNewMemberJoinMax;
  group.add(std::move(member));
  group.joined_meanwhile = true;
  rebalance_or_complete(group, later);
}

void GroupCoordinator::update_and_rebalance(Group& group, Member& member, const Member& now, JoinAnswer answer, Later& later) {
  if (member.join_answer) {  // the client asked again, most likely over another connection
    later.push_back([then = member.join_answer, id = member.id] { then(refusal(ErrorCode::kRebalanceInProgress, id)); });
  }
  member.protocols = now.protocols;
  member.rebalance_timeout_ms = now.rebalance_timeout_ms;
  member.session_timeout_ms = now.session_timeout_ms;
  member.client_id = now.client_id;
  member.client_host = now.client_host;
  member.join_answer = std::move(answer);
  keep_alive(member);
  rebalance_or_complete(group, later);
}

}  // namespace takhin::broker::groups
