#pragma once
// One group: its committed offsets, and of a classic one its members and state, of a group of the next generation what
// consumer_group.h tells. Data and the questions one asks of it; what happens when is the coordinator's. Source: KIP-62, KIP-345
// (static members), KIP-394 (member id required), KIP-814 (skipped assignment).

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "broker/groups/consumer_group.h"
#include "protocol/errors.h"
#include "protocol/messages/group_metadata_value.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/sync_group.h"

namespace takhin::broker::groups {

enum class State : std::uint8_t {
  kEmpty,                // no members; offsets may remain
  kPreparingRebalance,   // waiting for members to join
  kCompletingRebalance,  // joined; waiting for the leader's assignment
  kStable,
  kDead,                 // removed
};
/// As DescribeGroups names it.
std::string_view name_of(State state);

using JoinAnswer = std::function<void(protocol::JoinGroupResponse)>;
using SyncAnswer = std::function<void(protocol::SyncGroupResponse)>;

/// What one client said it can do, best first.
struct NamedProtocol {
  std::string name;
  Bytes metadata;
  bool operator==(const NamedProtocol&) const = default;
};

struct Member {
  std::string id;
  std::optional<std::string> instance_id;  // static member (KIP-345)
  std::string client_id;
  std::string client_host;
  std::int32_t rebalance_timeout_ms = 0;
  std::int32_t session_timeout_ms = 0;
  std::vector<NamedProtocol> protocols;
  Bytes assignment;
  bool is_new = false;     // has not been through a whole join yet
  Steady expires_at{};     // no sign of life until then: removed
  JoinAnswer join_answer;  // set: waits for the others to join
  SyncAnswer sync_answer;  // set: waits for the leader's assignment

  bool supports(const std::string& protocol) const;
  /// The metadata it sent with `protocol`; empty when it has none.
  View metadata(const std::string& protocol) const;
};

struct CommittedOffset {
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata;
  std::int64_t commit_ms = 0;
  std::int64_t expire_ms = -1;  // set by the client (OffsetCommit v2-v4); -1 = the broker's retention
  Uuid topic_id;
};

/// By topic and partition.
using OffsetMap = std::map<std::string, std::map<std::int32_t, CommittedOffset>>;

struct Group {
  explicit Group(std::string group_id) : id(std::move(group_id)) {}

  const std::string id;
  std::int32_t generation = 0;
  std::optional<std::string> protocol_type;  // none: only simple consumers have committed here
  std::optional<std::string> protocol;
  std::optional<std::string> leader;  // while a rebalance is prepared it may be gone already
  std::int64_t state_since_ms = -1;
  bool stored = false;  // the store has a metadata record, so removal writes a tombstone

  std::map<std::string, Member> members;
  std::map<std::string, std::string> static_members;  // instance id -> member id
  std::map<std::string, Steady> pending;              // ids given out (KIP-394), not joined yet -> when they are forgotten
  std::set<std::string> pending_sync;                 // joined this generation, have not asked for their assignment

  Steady join_deadline = Steady::max();   // kPreparingRebalance: who has not joined by then is out
  Steady sync_deadline = Steady::max();   // kCompletingRebalance and kStable: who has not synced by then is out
  Steady initial_until = Steady::max();   // the first join of an empty group may be stretched to this
  bool initial_delay = false;             // join_deadline is the initial delay: wait for it whoever has joined
  bool joined_meanwhile = false;          // since the initial delay was last stretched

  OffsetMap offsets;
  std::map<std::int64_t, OffsetMap> txn_offsets;  // by producer: committed in a transaction that is still open

  /// Set: the group is one of KIP-848, and what stands above the offsets is as in an empty classic group.
  std::unique_ptr<ConsumerGroup> consumer;

  State state() const { return state_; }
  bool is(State state) const { return state_ == state; }
  /// No members, of either kind.
  bool is_empty() const { return is(State::kEmpty) && (consumer == nullptr || consumer->members().empty()); }
  std::string_view type() const { return consumer == nullptr ? "classic" : "consumer"; }
  std::string_view state_name() const { return consumer == nullptr ? name_of(state_) : consumer->state(); }
  /// Asserts that the move is one of the allowed ones.
  void move_to(State to, TimestampMs now);

  Member* find(const std::string& member_id);
  void add(Member member);
  /// Its place in static_members goes with it. Unanswered questions are the caller's.
  void remove(const std::string& member_id);
  bool is_leader(const std::string& member_id) const { return leader == member_id; }

  /// kNone, or why this member may not speak for itself (KIP-345).
  protocol::ErrorCode validate(const std::string& member_id, const std::optional<std::string>& instance_id) const;
  /// A newcomer with these can join the members there are.
  bool accepts(const std::string& type, const std::vector<NamedProtocol>& protocols) const;
  /// Every member has asked to join, and nobody holds an id without having used it.
  bool all_joined() const;
  std::int32_t rebalance_timeout_ms() const;
  /// The protocol that all support and most prefer. Needs members.
  std::string select_protocol() const;
  /// Makes a member that did join the leader, when the old one did not; false when none joined.
  bool elect_leader();
  /// Generation + 1, and kCompletingRebalance or kEmpty.
  void next_generation(TimestampMs now);

  /// Uses a protocol of consumers and a member subscribes to `topic`, as far as the subscriptions can be read.
  bool subscribes(const std::string& topic) const;
  bool uses_consumer_protocol() const { return protocol_type == "consumer"; }
  std::size_t offset_count() const;
  /// An open transaction may change what is committed there.
  bool is_unstable(const std::string& topic, std::int32_t partition) const;

  /// What a member is told about the generation that it is part of; the leader also who the others are.
  protocol::JoinGroupResponse join_response(const std::string& member_id, bool with_members) const;
  protocol::GroupMetadataValue to_record() const;
  /// A group as it was stored; members get a whole session from `now` on.
  void restore(const protocol::GroupMetadataValue& value, Steady now);

 private:
  State state_ = State::kEmpty;
};

}  // namespace takhin::broker::groups
