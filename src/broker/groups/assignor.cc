#include "broker/groups/assignor.h"

#include <algorithm>

namespace takhin::broker::groups {
namespace {

/// Rounds over all topics that level out who has more. Each move brings two members nearer together, so this ends by itself; the
/// limit only bounds the time that one heartbeat of a huge and odd group can take.
constexpr int kLevelRoundsMax = 100;

struct Partition {
  Uuid topic;
  std::int32_t index = 0;
};

/// What every member keeps of what it had, as far as it still subscribes to it, it is still there, and nobody before it has it.
class Kept {
 public:
  Kept(std::span<const AssignorMember> members, const std::map<Uuid, std::int32_t>& partitions) : partitions_(partitions) {
    for (const auto& [topic, count] : partitions) taken_[topic].resize(static_cast<std::size_t>(count), false);
    for (const AssignorMember& member : members) out[member.id];
  }
  bool may_take(const AssignorMember& member, const Uuid& topic, std::int32_t index) const {
    const auto found = partitions_.find(topic);
    if (found == partitions_.end() || index < 0 || index >= found->second) return false;
    return std::ranges::binary_search(member.topics, topic) && !taken_.at(topic)[static_cast<std::size_t>(index)];
  }
  void take(const std::string& member, const Uuid& topic, std::int32_t index) {
    taken_.at(topic)[static_cast<std::size_t>(index)] = true;
    out[member][topic].insert(index);
  }
  std::vector<std::int32_t> left_of(const Uuid& topic) const {
    std::vector<std::int32_t> left;
    const auto& taken = taken_.at(topic);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (!taken[i]) left.push_back(static_cast<std::int32_t>(i));
    }
    return left;
  }

  Assignment out;

 private:
  const std::map<Uuid, std::int32_t>& partitions_;
  std::map<Uuid, std::vector<bool>> taken_;
};

/// All subscribe to the same: everybody's share is known beforehand.
Assignment assign_equal(std::span<const AssignorMember> members, const std::map<Uuid, std::int32_t>& partitions) {
  Kept kept(members, partitions);
  std::size_t total = 0;
  for (const Uuid& topic : members.front().topics) total += static_cast<std::size_t>(partitions.at(topic));
  const std::size_t share = total / members.size();
  std::size_t larger = total % members.size();  // so many have one more
  std::vector<std::size_t> counts(members.size(), 0);
  for (std::size_t m = 0; m < members.size(); ++m) {
    if (members[m].now == nullptr) continue;
    for (const auto& [topic, indexes] : *members[m].now) {
      for (const std::int32_t index : indexes) {
        if (counts[m] > share || (counts[m] == share && larger == 0)) break;
        if (!kept.may_take(members[m], topic, index)) continue;
        kept.take(members[m].id, topic, index);
        if (++counts[m] > share) --larger;
      }
    }
  }
  std::vector<Partition> left;
  for (const Uuid& topic : members.front().topics) {
    for (const std::int32_t index : kept.left_of(topic)) left.push_back({topic, index});
  }
  auto next = left.begin();
  const auto fill = [&](std::size_t m, std::size_t to) {
    for (; counts[m] < to && next != left.end(); ++next, ++counts[m]) kept.take(members[m].id, next->topic, next->index);
  };
  for (std::size_t m = 0; m < members.size(); ++m) fill(m, share);
  for (std::size_t m = 0; m < members.size(); ++m) fill(m, share + 1);
  return std::move(kept.out);
}

using Subscribers = std::map<Uuid, std::vector<std::size_t>>;

/// Moves partitions of `topic` from who has most to who has least, as far as that helps. True when something moved.
bool level(std::span<const AssignorMember> members, const Uuid& topic, const std::vector<std::size_t>& subscribers,
           std::vector<std::size_t>& loads, Assignment& out) {
  bool moved = false;
  for (;;) {
    const std::size_t* most = nullptr;
    const std::size_t* least = nullptr;
    for (const std::size_t& m : subscribers) {
      if (least == nullptr || loads[m] < loads[*least]) least = &m;
      const auto& has = out[members[m].id];
      if (has.contains(topic) && (most == nullptr || loads[m] > loads[*most])) most = &m;
    }
    if (most == nullptr || loads[*most] < loads[*least] + 2) return moved;
    auto& from = out[members[*most].id];
    auto& indexes = from[topic];
    out[members[*least].id][topic].insert(*indexes.rbegin());
    indexes.erase(std::prev(indexes.end()));
    if (indexes.empty()) from.erase(topic);
    --loads[*most];
    ++loads[*least];
    moved = true;
  }
}

/// Subscriptions differ: what is free goes to who has least, rare topics first, and then the loads are levelled out.
Assignment assign_unequal(std::span<const AssignorMember> members, const std::map<Uuid, std::int32_t>& partitions) {
  Kept kept(members, partitions);
  std::vector<std::size_t> loads(members.size(), 0);
  Subscribers subscribers;
  for (std::size_t m = 0; m < members.size(); ++m) {
    for (const Uuid& topic : members[m].topics) subscribers[topic].push_back(m);
    if (members[m].now == nullptr) continue;
    for (const auto& [topic, indexes] : *members[m].now) {
      for (const std::int32_t index : indexes) {
        if (!kept.may_take(members[m], topic, index)) continue;
        kept.take(members[m].id, topic, index);
        ++loads[m];
      }
    }
  }
  std::vector<const Subscribers::value_type*> rare_first;
  for (const auto& entry : subscribers) rare_first.push_back(&entry);
  std::ranges::sort(rare_first, {}, [](const auto* entry) { return std::pair(entry->second.size(), entry->first); });
  for (const auto* entry : rare_first) {
    for (const std::int32_t index : kept.left_of(entry->first)) {
      const std::size_t m = *std::ranges::min_element(entry->second, {}, [&](std::size_t who) { return loads[who]; });
      kept.take(members[m].id, entry->first, index);
      ++loads[m];
    }
  }
  bool moved = true;
  for (int round = 0; moved && round < kLevelRoundsMax; ++round) {
    moved = false;
    for (const auto& [topic, who] : subscribers) moved = level(members, topic, who, loads, kept.out) || moved;
  }
  return std::move(kept.out);
}

}  // namespace

Assignment assign_uniform(std::span<const AssignorMember> members, const std::map<Uuid, std::int32_t>& partitions) {
  if (members.empty()) return {};
  const bool same = std::ranges::all_of(members, [&](const auto& member) { return member.topics == members.front().topics; });
  return same ? assign_equal(members, partitions) : assign_unequal(members, partitions);
}

Assignment assign_range(std::span<const AssignorMember> members, const std::map<Uuid, std::int32_t>& partitions) {
  Assignment out;
  std::vector<const AssignorMember*> ordered;
  for (const AssignorMember& member : members) {
    out[member.id];
    ordered.push_back(&member);
  }
  std::ranges::sort(ordered, {}, [](const AssignorMember* member) {
    return std::tuple(!member->instance_id.has_value(), member->instance_id.value_or(""), member->id);
  });
  std::map<Uuid, std::vector<const AssignorMember*>> subscribers;
  for (const AssignorMember* member : ordered) {
    for (const Uuid& topic : member->topics) subscribers[topic].push_back(member);
  }
  for (const auto& [topic, who] : subscribers) {
    const std::int32_t total = partitions.at(topic);
    const auto count = static_cast<std::int32_t>(who.size());
    std::int32_t next = 0;
    for (std::int32_t m = 0; m < count; ++m) {
      const std::int32_t end = next + total / count + (m < total % count ? 1 : 0);
      for (; next < end; ++next) out[who[static_cast<std::size_t>(m)]->id][topic].insert(next);
    }
  }
  return out;
}

Assign find_assignor(std::string_view name) {
  if (name == "uniform") return assign_uniform;
  if (name == "range") return assign_range;
  return nullptr;
}

std::size_t count_of(const PartitionSet& partitions) {
  std::size_t count = 0;
  for (const auto& [topic, indexes] : partitions) count += indexes.size();
  return count;
}

}  // namespace takhin::broker::groups
