#pragma once
// A consumer group of the next generation (KIP-848): its members, their subscriptions, what they should own and what they do own.
// Data, the questions one asks of it, and the one rule by which a member gets from here to there; what happens when is the
// coordinator's.
//
// Three epochs chase each other: the group's grows with every change of members, subscriptions or topics; the target assignment
// has the epoch that it was computed for; a member has the epoch of the last target that it has taken over in full or in part.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/types.h"
#include "broker/groups/assignor.h"
#include "broker/groups/topic_source.h"

namespace takhin::broker::groups {

inline constexpr std::int32_t kJoinEpoch = 0;
inline constexpr std::int32_t kLeaveEpoch = -1;
inline constexpr std::int32_t kStaticLeaveEpoch = -2;  // will be back with the same instance id

/// Numbers are Kafka's in its records.
enum class Progress : std::int8_t {
  kStable = 0,      // has all that it should have
  kUnrevoked = 1,   // must give up some partitions first
  kUnreleased = 2,  // waits for others to give up some
};

struct ConsumerMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::int32_t rebalance_timeout_ms = -1;
  std::set<std::string> topics;
  std::string regex;  // empty: none
  std::optional<std::string> assignor;

  std::int32_t epoch = 0;
  std::int32_t previous_epoch = 0;  // an answer may have been lost: the member may still say this one
  Progress progress = Progress::kStable;
  PartitionSet assigned;
  PartitionSet revoking;  // told to give them up, has not said yet that it did

  Steady expires_at{};             // no heartbeat until then: fenced
  Steady revoke_by = Steady::max();  // kUnrevoked: has not given up by then: fenced

  bool same_subscription(const ConsumerMember& other) const { return topics == other.topics && regex == other.regex; }
  /// What a record of the member's metadata holds.
  bool same_metadata(const ConsumerMember& other) const;
  /// What a record of its current assignment holds.
  bool same_assignment(const ConsumerMember& other) const;
};

/// Which topics a regular expression matched when it was last looked at.
struct ResolvedRegex {
  std::set<std::string> topics;
  std::int64_t at_ms = 0;
};

class ConsumerGroup {
 public:
  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;  // of the subscribed topics; 0: there are none
  std::int32_t target_epoch = 0;
  std::int64_t target_at_ms = 0;
  Assignment target;
  std::map<std::string, ResolvedRegex> regexes;
  Steady metadata_fresh_until{};
  /// Records that may not have reached the disk: the group is to be written again, these keys at least.
  std::set<std::string> unsure;

  const std::map<std::string, ConsumerMember>& members() const { return members_; }
  const ConsumerMember* find(const std::string& member_id) const;
  const ConsumerMember* find_static(const std::string& instance_id) const;
  /// Adds or replaces. Answers it as it is kept now, until the next change.
  ConsumerMember& put(ConsumerMember member);
  /// Time only: the rest goes through put().
  void set_deadlines(const std::string& member_id, Steady expires_at, Steady revoke_by);
  /// With its place in the target. Nothing when there is none.
  void remove(const std::string& member_id);
  /// A group is loaded record by record, in which order owners may come and go: this is called behind the last one.
  void count_owners();

  /// "Empty", "Assigning", "Reconciling", "Stable".
  std::string_view state() const;
  /// Names that it asked for and what its expression matched.
  std::set<std::string> topics_of(const ConsumerMember& member) const;
  std::set<std::string> subscribed_topics() const;
  bool subscribes(const std::string& topic) const;
  bool uses_regex(const std::string& regex) const;
  /// What most members ask for; `fallback` when none does.
  std::string assignor(const std::string& fallback) const;
  /// Nothing of it is written by others.
  std::int64_t hash_of_topics(const TopicSource& topics) const;
  Assignment compute_target(const TopicSource& topics, Assign assign) const;

  /// `member` after one step towards its target. `owned`: what it says it still has; none: it did not say. It owns only what
  /// nobody else does, and keeps what it must give up until it says that it has.
  ConsumerMember step(const ConsumerMember& member, const std::optional<PartitionSet>& owned) const;

 private:
  ConsumerMember advance(const ConsumerMember& member, std::int32_t epoch, const std::optional<PartitionSet>& owned) const;
  void own(const ConsumerMember& member, bool add);

  std::map<std::string, ConsumerMember> members_;
  std::map<std::string, std::string> static_members_;                      // instance id -> member id
  std::map<Uuid, std::map<std::int32_t, std::string>> owners_;             // partition -> member id
};

/// `part` has nothing that `whole` has not.
bool is_subset(const PartitionSet& part, const PartitionSet& whole);

}  // namespace takhin::broker::groups
