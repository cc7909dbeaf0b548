#include "broker/groups/group.h"

#include <algorithm>

#include "base/codec.h"
#include "base/result.h"

namespace takhin::broker::groups {
namespace {

using protocol::ErrorCode;

/// A move to oneself is legal only where it is listed.
constexpr std::pair<State, State> kMoves[] = {
    {State::kEmpty, State::kPreparingRebalance},
    {State::kPreparingRebalance, State::kCompletingRebalance},
    {State::kPreparingRebalance, State::kEmpty},
    {State::kCompletingRebalance, State::kStable},
    {State::kCompletingRebalance, State::kPreparingRebalance},
    {State::kStable, State::kPreparingRebalance},
    {State::kEmpty, State::kDead},
    {State::kPreparingRebalance, State::kDead},
};

/// Topics of a ConsumerProtocolSubscription of any version; nothing when the bytes are something else.
std::vector<std::string> topics_of(View subscription) {
  ByteReader in(subscription);
  in.be<std::int16_t>();  // version; the topics come first in all of them
  const auto count = in.be<std::int32_t>();
  std::vector<std::string> topics;
  for (std::int32_t i = 0; i < count && in.ok(); ++i) {
    const auto length = in.be<std::int16_t>();
    if (length < 0) return {};
    topics.emplace_back(text_of(in.bytes(static_cast<std::size_t>(length))));
  }
  if (!in.ok()) return {};
  return topics;
}

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::kEmpty: return "Empty";
    case State::kPreparingRebalance: return "PreparingRebalance";
    case State::kCompletingRebalance: return "CompletingRebalance";
    case State::kStable: return "Stable";
    case State::kDead: return "Dead";
  }
  return "Unknown";
}

bool Member::supports(const std::string& protocol) const {
  return std::ranges::any_of(protocols, [&](const NamedProtocol& p) { return p.name == protocol; });
}

View Member::metadata(const std::string& protocol) const {
  const auto found = std::ranges::find(protocols, protocol, &NamedProtocol::name);
  return found == protocols.end() ? View() : View(found->metadata);
}

void Group::move_to(State to, TimestampMs now) {
  TAKHIN_ASSERT(std::ranges::find(kMoves, std::pair(state_, to)) != std::end(kMoves), "a group moved where it may not");
  state_ = to;
  state_since_ms = now.raw;
}

Member* Group::find(const std::string& member_id) {
  const auto found = members.find(member_id);
  return found == members.end() ? nullptr : &found->second;
}

void Group::add(Member member) {
  if (!leader) leader = member.id;
  if (member.instance_id) static_members[*member.instance_id] = member.id;
  pending.erase(member.id);
  const std::string id = member.id;
  members.insert_or_assign(id, std::move(member));
}

void Group::remove(const std::string& member_id) {
  const auto found = members.find(member_id);
  if (found == members.end()) return;
  if (found->second.instance_id) static_members.erase(*found->second.instance_id);
  members.erase(found);
  pending_sync.erase(member_id);
}

ErrorCode Group::validate(const std::string& member_id, const std::optional<std::string>& instance_id) const {
  if (instance_id) {
    const auto found = static_members.find(*instance_id);
    if (found == static_members.end()) return ErrorCode::kUnknownMemberId;
    return found->second == member_id ? ErrorCode::kNone : ErrorCode::kFencedInstanceId;
  }
  return members.contains(member_id) ? ErrorCode::kNone : ErrorCode::kUnknownMemberId;
}

bool Group::accepts(const std::string& type, const std::vector<NamedProtocol>& protocols) const {
  if (type.empty() || protocols.empty()) return false;
  if (members.empty()) return true;
  if (type != protocol_type) return false;
  return std::ranges::any_of(protocols, [&](const NamedProtocol& p) {
    return std::ranges::all_of(members, [&](const auto& entry) { return entry.second.supports(p.name); });
  });
}

bool Group::all_joined() const {
  return pending.empty() && std::ranges::all_of(members, [](const auto& entry) { return entry.second.join_answer != nullptr; });
}

std::int32_t Group::rebalance_timeout_ms() const {
  std::int32_t longest = 0;
  for (const auto& [id, member] : members) longest = std::max(longest, member.rebalance_timeout_ms);
  return longest;
}

std::string Group::select_protocol() const {
  const auto all_support = [&](const std::string& name) {
    return std::ranges::all_of(members, [&](const auto& entry) { return entry.second.supports(name); });
  };
  std::map<std::string, int> votes;
  for (const auto& [id, member] : members) {
    const auto choice = std::ranges::find_if(member.protocols, [&](const NamedProtocol& p) { return all_support(p.name); });
    TAKHIN_ASSERT(choice != member.protocols.end(), "members without a common protocol were let in");
    ++votes[choice->name];
  }
  return std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; })->first;
}

bool Group::elect_leader() {
  const auto joined = [](const auto& entry) { return entry.second.join_answer != nullptr; };
  const Member* current = leader ? find(*leader) : nullptr;
  if (current != nullptr && current->join_answer != nullptr) return true;
  const auto found = std::ranges::find_if(members, joined);
  if (found == members.end()) return false;
  leader = found->first;
  return true;
}

void Group::next_generation(TimestampMs now) {
  generation = generation == std::numeric_limits<std::int32_t>::max() ? 1 : generation + 1;
  pending_sync.clear();
  if (members.empty()) {
    protocol.reset();
    leader.reset();
    move_to(State::kEmpty, now);
  } else {
    protocol = select_protocol();
    move_to(State::kCompletingRebalance, now);
  }
}

bool Group::subscribes(const std::string& topic) const {
  if (consumer != nullptr) return consumer->subscribes(topic);
  if (!uses_consumer_protocol() || members.empty()) return false;
  return std::ranges::any_of(members, [&](const auto& entry) {
    const Member& member = entry.second;
    const View chosen = protocol && member.supports(*protocol) ? member.metadata(*protocol)
                        : member.protocols.empty()             ? View()
                                                               : View(member.protocols.front().metadata);
    return std::ranges::count(topics_of(chosen), topic) > 0;
  });
}

bool Group::is_unstable(const std::string& topic, std::int32_t partition) const {
  return std::ranges::any_of(txn_offsets, [&](const auto& open) {
    const auto found = open.second.find(topic);
    return found != open.second.end() && found->second.contains(partition);
  });
}

std::size_t Group::offset_count() const {
  std::size_t total = 0;
  for (const auto& [topic, partitions] : offsets) total += partitions.size();
  return total;
}

protocol::JoinGroupResponse Group::join_response(const std::string& member_id, bool with_members) const {
  protocol::JoinGroupResponse response{.generation_id = generation,
                                       .protocol_type = protocol_type,
                                       .protocol_name = protocol,
                                       .leader = leader.value_or(""),
                                       .member_id = member_id};
  if (!with_members) return response;
  for (const auto& [id, member] : members) {
    response.members.push_back({.member_id = id,
                                .group_instance_id = member.instance_id,
                                .metadata = copy_of(member.metadata(protocol.value_or("")))});
  }
  return response;
}

protocol::GroupMetadataValue Group::to_record() const {
  protocol::GroupMetadataValue value{.protocol_type = protocol_type.value_or(""),
                                     .generation = generation,
                                     .protocol = protocol,
                                     .leader = leader,
                                     .current_state_timestamp = state_since_ms};
  for (const auto& [member_id, member] : members) {
    value.members.push_back({.member_id = member_id,
                             .group_instance_id = member.instance_id,
                             .client_id = member.client_id,
                             .client_host = member.client_host,
                             .rebalance_timeout = member.rebalance_timeout_ms,
                             .session_timeout = member.session_timeout_ms,
                             .subscription = copy_of(member.metadata(protocol.value_or(""))),
                             .assignment = member.assignment});
  }
  return value;
}

void Group::restore(const protocol::GroupMetadataValue& value, Steady now) {
  generation = value.generation;
  protocol_type = value.protocol_type.empty() ? std::nullopt : std::optional(value.protocol_type);
  protocol = value.protocol;
  leader = value.leader;
  state_since_ms = value.current_state_timestamp;
  stored = true;
  members.clear();
  static_members.clear();
  for (const auto& from : value.members) {
    const std::int32_t rebalance = from.rebalance_timeout < 0 ? from.session_timeout : from.rebalance_timeout;
    add({.id = from.member_id,
         .instance_id = from.group_instance_id,
         .client_id = from.client_id,
         .client_host = from.client_host,
         .rebalance_timeout_ms = rebalance,
         .session_timeout_ms = from.session_timeout,
         .protocols = {{protocol.value_or(""), from.subscription}},
         .assignment = from.assignment,
         .expires_at = now + std::chrono::milliseconds(from.session_timeout)});
  }
  state_ = members.empty() ? State::kEmpty : State::kStable;
}

}  // namespace takhin::broker::groups
