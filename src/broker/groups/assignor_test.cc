// Who should own what: everything once, evenly, and with few moves.

#include "broker/groups/assignor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "testing/seeded_random.h"

namespace takhin::broker::groups {
namespace {

class Assignors : public ::testing::Test {
 protected:
  Uuid topic(std::int32_t partitions) {
    const Uuid id = Uuid::make(*random);
    topics[id] = partitions;
    return id;
  }
  static AssignorMember named(std::string id, std::vector<Uuid> topics) {
    return {.id = std::move(id), .instance_id = {}, .topics = std::move(topics)};
  }
  std::vector<Uuid> all() const {
    std::vector<Uuid> ids;
    for (const auto& [id, count] : topics) ids.push_back(id);
    return ids;
  }
  std::size_t below(std::size_t limit) {
    std::uint64_t raw = 0;
    random->fill(std::as_writable_bytes(std::span(&raw, 1)));
    return static_cast<std::size_t>(raw % limit);
  }
  /// Each partition of a subscribed topic is somebody's who subscribes to it, and nobody else's.
  void expect_whole(const std::vector<AssignorMember>& members, const Assignment& got) {
    std::map<Uuid, std::set<std::int32_t>> seen;
    std::set<Uuid> wanted;
    for (const auto& member : members) {
      wanted.insert(member.topics.begin(), member.topics.end());
      for (const auto& [id, indexes] : got.at(member.id)) {
        EXPECT_TRUE(std::ranges::binary_search(member.topics, id));
        for (const std::int32_t index : indexes) EXPECT_TRUE(seen[id].insert(index).second);
      }
    }
    for (const Uuid& id : wanted) EXPECT_EQ(seen[id].size(), static_cast<std::size_t>(topics[id]));
  }

  std::optional<testing::SeededRandom> random{std::in_place, 1};
  std::map<Uuid, std::int32_t> topics;
};

TEST_F(Assignors, UniformIsEvenAndMovesNoMoreThanItMust) {
  topic(7);
  topic(4);
  std::vector<AssignorMember> members{named("a", all()), named("b", all())};
  const Assignment two = assign_uniform(members, topics);
  expect_whole(members, two);
  EXPECT_EQ(count_of(two.at("a")) + count_of(two.at("b")), 11u);
  EXPECT_LE(std::max(count_of(two.at("a")), count_of(two.at("b"))), 6u);
  for (auto& member : members) member.now = &two.at(member.id);
  EXPECT_EQ(assign_uniform(members, topics), two);
  members.push_back({.id = "c", .instance_id = {}, .topics = all()});
  const Assignment three = assign_uniform(members, topics);
  expect_whole(members, three);
  EXPECT_GE(count_of(three.at("c")), 3u);
  std::size_t stayed = 0;
  for (const auto& [id, had] : two) {
    for (const auto& [topic, indexes] : had) {
      const auto& has = three.at(id);
      for (const std::int32_t index : indexes) stayed += has.contains(topic) && has.at(topic).contains(index) ? 1 : 0;
    }
  }
  EXPECT_EQ(stayed, 11 - count_of(three.at("c")));
}

TEST_F(Assignors, UniformWithUnequalSubscriptionsStaysNearAsNearAsItCan) {
  const Uuid both = topic(4), rare = topic(4);
  std::vector<Uuid> a{both}, b{both, rare};
  std::ranges::sort(b);
  const std::vector<AssignorMember> members{named("a", a), named("b", b)};
  const Assignment got = assign_uniform(members, topics);
  expect_whole(members, got);
  EXPECT_EQ(count_of(got.at("a")), 4u);
  EXPECT_EQ(count_of(got.at("b")), 4u);
}

TEST_F(Assignors, MembersWithoutTopicsGetNothing) {
  topic(3);
  const std::vector<AssignorMember> members{named("a", {}), named("b", all())};
  for (const Assign assign : {find_assignor("uniform"), find_assignor("range")}) {
    const Assignment got = assign(members, topics);
    EXPECT_EQ(count_of(got.at("a")), 0u);
    EXPECT_EQ(count_of(got.at("b")), 3u);
    EXPECT_TRUE(assign({}, topics).empty());
  }
  EXPECT_EQ(find_assignor("sticky"), nullptr);
}

TEST_F(Assignors, RangeGivesNeighboursAndAssignsTopicsAlike) {
  const Uuid one = topic(5), other = topic(5);
  // Static members come first, in the order of their instance ids.
  const std::vector<AssignorMember> members{{.id = "a", .instance_id = {}, .topics = all()},
                                            {.id = "z", .instance_id = "i1", .topics = all()}};
  const Assignment got = assign_range(members, topics);
  expect_whole(members, got);
  for (const Uuid& id : {one, other}) {
    EXPECT_EQ(got.at("z").at(id), (std::set<std::int32_t>{0, 1, 2}));
    EXPECT_EQ(got.at("a").at(id), (std::set<std::int32_t>{3, 4}));
  }
}

TEST_F(Assignors, RandomGroupsAreWholeAndEven) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    random.emplace(seed);
    topics.clear();
    for (std::size_t i = 0; i <= below(5); ++i) topic(static_cast<std::int32_t>(below(12)));
    const bool same = below(2) == 0;
    Assignment before;
    for (int round = 0; round < 4; ++round) {
      std::vector<AssignorMember> members;
      for (std::size_t i = 0; i <= below(6); ++i) {
        AssignorMember member{.id = "m" + std::to_string(below(9)), .instance_id = {}, .topics = {}};
        if (std::ranges::find(members, member.id, &AssignorMember::id) != members.end()) continue;
        for (const Uuid& id : all()) {
          if (same || below(2) == 0) member.topics.push_back(id);
        }
        const auto had = before.find(member.id);
        if (had != before.end()) member.now = &had->second;
        members.push_back(member);
      }
      const Assignment got = assign_uniform(members, topics);
      expect_whole(members, got);
      expect_whole(members, assign_range(members, topics));
      std::vector<std::size_t> counts;
      for (const auto& [id, partitions] : got) counts.push_back(count_of(partitions));
      if (same) {
        EXPECT_LE(std::ranges::max(counts), std::ranges::min(counts) + 1);
      }
      before = got;
    }
  }
}

}  // namespace
}  // namespace takhin::broker::groups
