// What tools ask: which groups there are, what they do, and to remove them.

#include <algorithm>

#include "broker/groups/coordinator.h"
#include "broker/groups/records.h"

namespace takhin::broker::groups {
namespace {

using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::ErrorCode;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

constexpr std::int16_t kNotFoundIsToldSince = 6;  // DescribeGroups: before it an unknown group is a dead one

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// An empty filter lets everything through.
bool passes(const std::vector<std::string>& filter, std::string_view value) {
  return filter.empty() || std::ranges::any_of(filter, [&](const std::string& wanted) { return lower(wanted) == lower(value); });
}

}  // namespace

DescribeGroupsResponse::DescribedGroup GroupCoordinator::describe_group(const Caller& caller, const std::string& id) const {
  DescribeGroupsResponse::DescribedGroup out;
  out.group_id = id;
  if (id.empty()) {
    out.error_code = ErrorCode::kInvalidGroupId;
    return out;
  }
  const Group* group = find(id);
  if (group == nullptr || group->consumer != nullptr) {
    out.group_state = name_of(State::kDead);
    if (caller.version >= kNotFoundIsToldSince) {
      out.error_code = ErrorCode::kGroupIdNotFound;
      out.error_message = fmt::format("Group {} {}.", id, group == nullptr ? "not found" : "is not a classic group");
    }
    return out;
  }
  const bool stable = group->is(State::kStable);
  out.group_state = name_of(group->state());
  out.protocol_type = group->protocol_type.value_or("");
  if (stable) out.protocol_data = group->protocol.value_or("");
  for (const auto& [member_id, member] : group->members) {
    auto& to = out.members.emplace_back();
    to.member_id = member_id;
    to.group_instance_id = member.instance_id;
    to.client_id = member.client_id;
    to.client_host = member.client_host;
    if (!stable) continue;
    to.member_metadata = copy_of(member.metadata(out.protocol_data));
    to.member_assignment = member.assignment;
  }
  return out;
}

DescribeGroupsResponse GroupCoordinator::describe(const Caller& caller, const DescribeGroupsRequest& request) const {
  const std::lock_guard hold(mutex_);
  DescribeGroupsResponse response;
  for (const std::string& id : request.groups) response.groups.push_back(describe_group(caller, id));
  return response;
}

ListGroupsResponse GroupCoordinator::list(const ListGroupsRequest& request) const {
  const std::lock_guard hold(mutex_);
  ListGroupsResponse response;
  for (const auto& [id, group] : groups_) {
    if (!passes(request.states_filter, group->state_name()) || !passes(request.types_filter, group->type())) continue;
    response.groups.push_back({.group_id = id,
                               .protocol_type = group->consumer == nullptr ? group->protocol_type.value_or("") : "consumer",
                               .group_state = std::string(group->state_name()),
                               .group_type = std::string(group->type())});
  }
  std::ranges::sort(response.groups, {}, &ListGroupsResponse::ListedGroup::group_id);
  return response;
}

void GroupCoordinator::remove(const DeleteGroupsRequest& request, std::function<void(DeleteGroupsResponse)> answer) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    DeleteGroupsResponse response;
    std::vector<StoredRecord> records;
    for (const std::string& id : request.groups_names) {
      auto& result = response.results.emplace_back();
      result.group_id = id;
      const Group* group = find(id);
      if (group == nullptr || !group->is_empty() || !group->txn_offsets.empty()) {
        result.error_code = group == nullptr ? ErrorCode::kGroupIdNotFound : ErrorCode::kNonEmptyGroup;
        continue;
      }
      for (const auto& [topic, partitions] : group->offsets) {
        for (const auto& [partition, offset] : partitions) records.push_back(offset_tombstone(id, topic, partition));
      }
      if (group->stored) records.push_back(group_tombstone(id));
      if (group->consumer != nullptr) {
        for (auto& record : group_tombstones(id, *group->consumer)) records.push_back(std::move(record));
      }
      groups_.erase(id);
    }
    write(std::move(records), later, [then = std::move(answer), response = std::move(response)](const Result<>& stored) mutable {
      for (auto& result : response.results) {
        if (!stored.ok() && result.error_code == ErrorCode::kNone) result.error_code = ErrorCode::kCoordinatorNotAvailable;
      }
      then(response);
    });
  }
  run_all(later);
}

}  // namespace takhin::broker::groups
