#include "broker/groups/consumer_group.h"

#include <algorithm>

namespace takhin::broker::groups {
namespace {

bool overlap(const PartitionSet& a, const PartitionSet& b) {
  return std::ranges::any_of(a, [&](const auto& entry) {
    const auto other = b.find(entry.first);
    if (other == b.end()) return false;
    return std::ranges::any_of(entry.second, [&](std::int32_t index) { return other->second.contains(index); });
  });
}

void drop_empty(PartitionSet& partitions) {
  std::erase_if(partitions, [](const auto& entry) { return entry.second.empty(); });
}

/// FNV-1a: stored, so it must be the same after a restart and in every build.
class Hash {
 public:
  void add(View bytes) {
    for (const std::byte one : bytes) {
      value_ ^= static_cast<std::uint64_t>(one);
      value_ *= 0x100000001b3ULL;
    }
  }
  void add(std::int32_t number) {
    for (int shift = 0; shift < 32; shift += 8) {
      const auto one = static_cast<std::byte>((static_cast<std::uint32_t>(number) >> shift) & 0xff);
      add(View(&one, 1));
    }
  }
  /// Never 0, which means "no topics".
  std::int64_t value() const { return static_cast<std::int64_t>(value_ | 1); }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace

bool is_subset(const PartitionSet& part, const PartitionSet& whole) {
  return std::ranges::all_of(part, [&](const auto& entry) {
    const auto found = whole.find(entry.first);
    return entry.second.empty() || (found != whole.end() && std::ranges::includes(found->second, entry.second));
  });
}

bool ConsumerMember::same_metadata(const ConsumerMember& other) const {
  return same_subscription(other) && instance_id == other.instance_id && rack_id == other.rack_id &&
         client_id == other.client_id && client_host == other.client_host &&
         rebalance_timeout_ms == other.rebalance_timeout_ms && assignor == other.assignor;
}

bool ConsumerMember::same_assignment(const ConsumerMember& other) const {
  return epoch == other.epoch && previous_epoch == other.previous_epoch && progress == other.progress &&
         assigned == other.assigned && revoking == other.revoking;
}

const ConsumerMember* ConsumerGroup::find(const std::string& member_id) const {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : &found->second;
}

const ConsumerMember* ConsumerGroup::find_static(const std::string& instance_id) const {
  const auto found = static_members_.find(instance_id);
  return found == static_members_.end() ? nullptr : find(found->second);
}

void ConsumerGroup::own(const ConsumerMember& member, bool add) {
  for (const PartitionSet* held : {&member.assigned, &member.revoking}) {
    for (const auto& [topic, indexes] : *held) {
      auto& owners = owners_[topic];
      for (const std::int32_t index : indexes) {
        if (add) {
          owners[index] = member.id;
        } else if (const auto found = owners.find(index); found != owners.end() && found->second == member.id) {
          owners.erase(found);
        }
      }
      if (owners.empty()) owners_.erase(topic);
    }
  }
}

ConsumerMember& ConsumerGroup::put(ConsumerMember member) {
  if (const auto old = members_.find(member.id); old != members_.end()) {
    own(old->second, false);
    if (old->second.instance_id) static_members_.erase(*old->second.instance_id);
  }
  own(member, true);
  if (member.instance_id) static_members_[*member.instance_id] = member.id;
  const std::string id = member.id;
  return members_.insert_or_assign(id, std::move(member)).first->second;
}

void ConsumerGroup::set_deadlines(const std::string& member_id, Steady expires_at, Steady revoke_by) {
  const auto found = members_.find(member_id);
  if (found == members_.end()) return;
  found->second.expires_at = expires_at;
  found->second.revoke_by = revoke_by;
}

void ConsumerGroup::remove(const std::string& member_id) {
  const auto found = members_.find(member_id);
  if (found == members_.end()) return;
  own(found->second, false);
  if (const auto& instance = found->second.instance_id) {
    const auto at = static_members_.find(*instance);
    if (at != static_members_.end() && at->second == member_id) static_members_.erase(at);
  }
  members_.erase(found);
  target.erase(member_id);
}

void ConsumerGroup::count_owners() {
  owners_.clear();
  static_members_.clear();
  for (const auto& [id, member] : members_) {
    own(member, true);
    if (member.instance_id) static_members_[*member.instance_id] = id;
  }
}

std::string_view ConsumerGroup::state() const {
  if (members_.empty()) return "Empty";
  if (epoch > target_epoch) return "Assigning";
  const bool settled = std::ranges::all_of(members_, [&](const auto& entry) {
    return entry.second.progress == Progress::kStable && entry.second.epoch == target_epoch;
  });
  return settled ? "Stable" : "Reconciling";
}

std::set<std::string> ConsumerGroup::topics_of(const ConsumerMember& member) const {
  std::set<std::string> topics = member.topics;
  const auto matched = regexes.find(member.regex);
  if (member.regex.empty() || matched == regexes.end()) return topics;
  topics.insert(matched->second.topics.begin(), matched->second.topics.end());
  return topics;
}

std::set<std::string> ConsumerGroup::subscribed_topics() const {
  std::set<std::string> topics;
  for (const auto& [id, member] : members_) topics.insert(member.topics.begin(), member.topics.end());
  for (const auto& [regex, matched] : regexes) topics.insert(matched.topics.begin(), matched.topics.end());
  return topics;
}

bool ConsumerGroup::subscribes(const std::string& topic) const {
  return std::ranges::any_of(members_, [&](const auto& entry) { return entry.second.topics.contains(topic); }) ||
         std::ranges::any_of(regexes, [&](const auto& entry) { return entry.second.topics.contains(topic); });
}

bool ConsumerGroup::uses_regex(const std::string& regex) const {
  return std::ranges::any_of(members_, [&](const auto& entry) { return entry.second.regex == regex; });
}

std::string ConsumerGroup::assignor(const std::string& fallback) const {
  std::map<std::string, std::size_t> votes;
  for (const auto& [id, member] : members_) {
    if (member.assignor) ++votes[*member.assignor];
  }
  if (votes.empty()) return fallback;
  return std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; })->first;
}

std::int64_t ConsumerGroup::hash_of_topics(const TopicSource& topics) const {
  Hash hash;
  bool any = false;
  for (const std::string& name : subscribed_topics()) {
    const auto shape = topics.find(name);
    if (!shape) continue;
    any = true;
    hash.add(view_of(name));
    hash.add(shape->id.bytes);
    hash.add(shape->partitions);
  }
  return any ? hash.value() : 0;
}

Assignment ConsumerGroup::compute_target(const TopicSource& topics, Assign assign) const {
  std::map<std::string, Uuid> ids;
  std::map<Uuid, std::int32_t> partitions;
  for (const std::string& name : subscribed_topics()) {
    const auto shape = topics.find(name);
    if (!shape) continue;
    ids[name] = shape->id;
    partitions[shape->id] = shape->partitions;
  }
  std::vector<AssignorMember> members;
  for (const auto& [id, member] : members_) {
    AssignorMember& one = members.emplace_back(AssignorMember{.id = id, .instance_id = member.instance_id, .topics = {}});
    for (const std::string& name : topics_of(member)) {
      if (const auto found = ids.find(name); found != ids.end()) one.topics.push_back(found->second);
    }
    std::ranges::sort(one.topics);
    if (const auto now = target.find(id); now != target.end()) one.now = &now->second;
  }
  return assign(members, partitions);
}

ConsumerMember ConsumerGroup::step(const ConsumerMember& member, const std::optional<PartitionSet>& owned) const {
  switch (member.progress) {
    case Progress::kStable: return member.epoch == target_epoch ? member : advance(member, member.epoch, owned);
    case Progress::kUnrevoked:
      if (!owned || overlap(*owned, member.revoking)) {
        if (!member.revoking.empty()) return member;
      }
      // It has given up what it had to: that much of the way is behind it, whatever the target is by now.
      return advance(member, member.epoch + 1, owned);
    case Progress::kUnreleased: return advance(member, member.epoch, owned);
  }
  return member;
}

ConsumerMember ConsumerGroup::advance(const ConsumerMember& member, std::int32_t epoch,
                                      const std::optional<PartitionSet>& owned) const {
  static const PartitionSet none;
  const auto found = target.find(member.id);
  const PartitionSet& goal = found == target.end() ? none : found->second;
  PartitionSet keeps, revokes, gains;
  bool waits = false;
  for (const auto& [topic, indexes] : member.assigned) {
    const auto wanted = goal.find(topic);
    for (const std::int32_t index : indexes) {
      const bool stays = wanted != goal.end() && wanted->second.contains(index);
      (stays ? keeps : revokes)[topic].insert(index);
    }
  }
  for (const auto& [topic, indexes] : goal) {
    const auto owners = owners_.find(topic);
    for (const std::int32_t index : indexes) {
      if (const auto kept = keeps.find(topic); kept != keeps.end() && kept->second.contains(index)) continue;
      // What it had to give up and did is its own still, and free for it to have again.
      const bool taken = owners != owners_.end() && owners->second.contains(index) && owners->second.at(index) != member.id;
      if (taken) waits = true;
      else gains[topic].insert(index);
    }
  }
  ConsumerMember next = member;
  const auto move_to = [&](std::int32_t to) {
    if (to == member.epoch) return;
    next.previous_epoch = member.epoch;
    next.epoch = to;
  };
  if (!revokes.empty() && (!owned || overlap(*owned, revokes))) {
    next.progress = Progress::kUnrevoked;
    next.assigned = std::move(keeps);
    next.revoking = std::move(revokes);
    move_to(epoch);
    return next;
  }
  next.progress = waits ? Progress::kUnreleased : Progress::kStable;
  for (const auto& [topic, indexes] : gains) keeps[topic].insert(indexes.begin(), indexes.end());
  next.assigned = std::move(keeps);
  next.revoking.clear();
  drop_empty(next.assigned);
  move_to(target_epoch);
  return next;
}

}  // namespace takhin::broker::groups
