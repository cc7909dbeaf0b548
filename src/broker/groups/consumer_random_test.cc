// Random members, losses and topics, from a seed: nobody ever owns what somebody else does, and when all is quiet everything is
// somebody's.

#include "testing/consumer_group_fixture.h"

namespace takhin::broker::groups {
namespace {

constexpr std::uint64_t kSeeds = 60;
constexpr int kSteps = 120;

class RandomConsumers : public testing::ConsumerGroupFixture {
 protected:
  struct Life {
    Client client;
    bool alive = true;
    bool left = false;  // static, will be back
  };

  std::size_t below(std::size_t limit) {
    std::uint64_t raw = 0;
    chance->fill(std::as_writable_bytes(std::span(&raw, 1)));
    return static_cast<std::size_t>(raw % limit);
  }
  std::string topic() { return "t" + std::to_string(below(4)); }

  void join_somebody() {
    if (lives.size() >= 12) return;
    Life& life = lives.emplace_back();
    life.client.id = "m" + std::to_string(++made);
    life.client.how = subscription();
    if (below(3) == 0) life.client.how.instance = "i" + std::to_string(made);
    beat(life.client, below(5) == 0);
  }
  testing::BeatHow subscription() {
    if (same) return {.topics = {{"t0", "t1", "t2", "t3"}}};
    if (below(3) == 0) return {.topics = std::vector<std::string>{}, .regex = "t[0-" + std::to_string(below(4)) + "]"};
    return {.topics = {{topic(), topic()}}, .regex = ""};
  }
  void one_step() {
    Life* life = lives.empty() ? nullptr : &lives[below(lives.size())];
    switch (below(12)) {
      case 0: return join_somebody();
      case 1:
        if (life != nullptr) life->alive = false;  // a crash
        return;
      case 2:
        if (life == nullptr || !life->alive || life->client.epoch <= 0) return;
        if (life->client.how.instance && below(2) == 0) {
          beat(life->client.id, -2, {.instance = life->client.how.instance});
          life->left = true;
        } else {
          beat(life->client.id, -1, {.instance = life->client.how.instance});
        }
        life->alive = false;
        life->client.owned.clear();
        return;
      case 3:
        if (life != nullptr && life->left && !life->alive) {  // back, under another id
          life->client.id = "m" + std::to_string(++made);
          life->client.epoch = 0;
          life->alive = true;
          life->left = false;
          beat(life->client);
        }
        return;
      case 4:
        if (life != nullptr && life->alive && !same) {
          const auto instance = life->client.how.instance;
          life->client.how = subscription();
          life->client.how.instance = instance;
        }
        return;
      case 5:
        if (below(3) == 0) topics.remove(topic());
        else topics.set(topic(), static_cast<std::int32_t>(1 + below(7)));
        return;
      case 6: return pass(below(10) == 0 ? 46'000 : 1'000);
      case 7:
        if (below(4) == 0) open();
        return;
      default:
        if (life != nullptr && life->alive) beat(life->client, below(8) == 0);
    }
  }
  /// Of those that the group knows: what they do own, and what they were told.
  void expect_no_two_owners() {
    std::set<std::string> known;
    std::set<std::pair<std::string, std::int32_t>> told;
    for (const auto& member : describe_consumer().members) {
      known.insert(member.member_id);
      for (const auto& topic : member.assignment.topic_partitions) {
        for (const std::int32_t index : topic.partitions) EXPECT_TRUE(told.emplace(topic.topic_name, index).second);
      }
    }
    std::set<std::pair<Uuid, std::int32_t>> owned;
    for (const Life& life : lives) {
      if (!known.contains(life.client.id)) continue;
      for (const auto& [topic, indexes] : life.client.owned) {
        for (const std::int32_t index : indexes) EXPECT_TRUE(owned.emplace(topic, index).second) << life.client.id;
      }
    }
  }
  void expect_whole_when_quiet() {
    std::vector<Client*> alive;
    for (Life& life : lives) {
      if (life.alive) alive.push_back(&life.client);
    }
    settle(alive, 70);  // longer than a session: whoever was fenced or is gone is out
    if (alive.empty()) return;
    EXPECT_EQ(consumer_state(), "Stable");
    std::set<std::string> wanted;
    std::map<std::string, std::size_t> counts;
    for (const auto& member : describe_consumer().members) {
      wanted.insert(member.subscribed_topic_names.begin(), member.subscribed_topic_names.end());
      if (member.subscribed_topic_regex) {
        const char last = member.subscribed_topic_regex->at(4);
        for (char c = '0'; c <= last; ++c) wanted.insert(std::string("t") + c);
      }
    }
    std::size_t partitions = 0, owned = 0;
    for (const std::string& name : wanted) {
      const auto shape = topics.find(name);
      partitions += static_cast<std::size_t>(shape ? shape->partitions : 0);
    }
    std::size_t least = SIZE_MAX, most = 0;
    for (const Client* client : alive) {
      EXPECT_EQ(client->error, ErrorCode::kNone);
      owned += count(client->owned);
      least = std::min(least, count(client->owned));
      most = std::max(most, count(client->owned));
    }
    EXPECT_EQ(owned, partitions);
    if (same) {
      EXPECT_LE(most, least + 1);
    }
  }

  std::optional<testing::SeededRandom> chance;
  std::vector<Life> lives;
  bool same = false;  // all subscribe to the same topics
  int made = 0;
};

TEST_F(RandomConsumers, NoPartitionHasTwoOwnersAndAllHaveOneWhenQuiet) {
  for (std::uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    chance.emplace(seed);
    store.log.clear();
    store.start = 0;
    lives.clear();
    same = seed % 2 == 0;
    for (int t = 0; t < 4; ++t) topics.remove("t" + std::to_string(t));
    open();
    for (int step = 0; step < kSteps && !HasFailure(); ++step) {
      one_step();
      expect_no_two_owners();
    }
    expect_whole_when_quiet();
    expect_no_two_owners();
  }
}

}  // namespace
}  // namespace takhin::broker::groups
