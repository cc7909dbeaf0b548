// Why a segment is where it is: each reason, and that it is the one the passes act on.

#include <gmock/gmock.h>

#include "partition/placement.h"
#include "partition/test_world.h"
#include "partition/topic_rules.h"

namespace takhin::partition {
namespace {

using ::testing::ElementsAre;

Unit unit_of(std::int64_t base, std::int64_t age_ms, bool archived = false) {
  return {.base = Offset{base}, .end = Offset{base + 10}, .bytes = 100, .age_ms = age_ms, .in_log = true, .archived = archived};
}

TEST(Placement, CopyDecisions) {
  const CopyRule rule{.by_age = true, .warm_age_ms = 50, .log_start = Offset{0}, .stable = Offset{1000}};
  EXPECT_EQ(copy_decision(rule, unit_of(0, 50)), Copying::kDue);
  EXPECT_EQ(copy_decision(rule, unit_of(0, 49)), Copying::kTooYoung);
  EXPECT_EQ(copy_decision(rule, unit_of(0, 50, true)), Copying::kArchived);
  EXPECT_EQ(copy_decision(rule, unit_of(995, 50)), Copying::kOpenTransaction);
  Unit active = unit_of(0, 50);
  active.sealed = false;
  EXPECT_EQ(copy_decision(rule, active), Copying::kActive);
  CopyRule other = rule;
  other.by_age = false;
  EXPECT_EQ(copy_decision(other, unit_of(0, 50)), Copying::kOnRequestOnly);
  other.release_before = Offset{10};
  EXPECT_EQ(copy_decision(other, unit_of(0, 1)), Copying::kDue);
  other.all = true;
  EXPECT_EQ(copy_decision(other, unit_of(500, 1)), Copying::kDue);
  other.log_start = Offset{10};
  EXPECT_EQ(copy_decision(other, unit_of(0, 50)), Copying::kBelowLogStart);
  other.topic = Copying::kCompacted;
  EXPECT_EQ(copy_decision(other, unit_of(500, 1)), Copying::kCompacted);
}

TEST(Placement, LocalAndRetentionDecisions) {
  const tier::PolicyOptions policy{.cold_age_ms = 100};
  EXPECT_EQ(policy_decision(policy, unit_of(0, 99, true), false, false), Staying::kTooYoung);
  EXPECT_EQ(policy_decision(policy, unit_of(0, 100, true), false, false), Staying::kGoes);
  EXPECT_EQ(policy_decision(policy, unit_of(0, 100, true), true, false), Staying::kReadOften);
  EXPECT_EQ(policy_decision(policy, unit_of(0, 100, true), true, true), Staying::kPinned);
  EXPECT_EQ(policy_decision(policy, unit_of(0, 100), false, false), Staying::kNotArchived);
  EXPECT_EQ(local_decision(unit_of(0, 11, true), 100, 10, -1), Staying::kGoes);
  EXPECT_EQ(local_decision(unit_of(0, 10, true), 100, 10, -1), Staying::kLocalRetention);
  EXPECT_EQ(local_decision(unit_of(0, 0, true), 400, -1, 300), Staying::kGoes);
  EXPECT_EQ(local_decision(unit_of(0, 0, true), 399, -1, 300), Staying::kLocalRetention);
  EXPECT_EQ(retention_decision(unit_of(0, 1 << 30), 100, -1, -1), Remaining::kForever);
  EXPECT_EQ(retention_decision(unit_of(0, 11), 100, 10, -1), Remaining::kGoes);
  EXPECT_EQ(retention_decision(unit_of(0, 10), 100, 10, -1), Remaining::kRetention);
}

class WhyTest : public ::testing::Test {
 protected:
  std::vector<std::string> why(std::int64_t base) {
    const auto answer = world.topics->why(segment_path("t-0", Offset{base}));
    EXPECT_TRUE(answer.ok()) << partition::why(answer);
    std::vector<std::string> out;
    if (!answer.ok()) return out;
    for (const auto& one : answer->reasons) {
      EXPECT_FALSE(one.detail.empty()) << one.reason;
      out.push_back(fmt::format("{} {}", one.place, one.reason));
    }
    return out;
  }

  World world;
};

TEST_F(WhyTest, FollowsASegmentOfAnAgeTopicThroughItsLife) {
  const auto partition = world.create({});
  world.fill(*partition, 3);
  EXPECT_THAT(why(0), ElementsAre("local too_young"));
  world.clock.advance(std::chrono::hours(80));
  EXPECT_THAT(why(0), ElementsAre("local due"));
  world.store.set_down(true);
  EXPECT_FALSE(world.topics->evaluate().ok());
  EXPECT_THAT(why(0), ElementsAre("local upload_failed"));
  world.store.set_down(false);
  world.expect_evaluated();
  EXPECT_THAT(why(0), ElementsAre("local too_young", "remote no_retention"));
  world.clock.advance(std::chrono::hours(100));
  EXPECT_THAT(why(0), ElementsAre("local due", "remote no_retention"));
  world.expect_evaluated();
  EXPECT_THAT(why(0), ElementsAre("remote no_retention"));
  ASSERT_TRUE(world.topics->restore(segment_path("t-0", Offset{0})).ok());
  EXPECT_THAT(why(0), ElementsAre("local pinned", "remote no_retention"));
  world.expect_evaluated();
  EXPECT_THAT(why(0), ElementsAre("local pinned", "remote no_retention"));
  world.restart();
  world.expect_evaluated();
  EXPECT_THAT(why(0), ElementsAre("local pinned", "remote no_retention")) << "a restart forgets no pin";
  world.clock.advance(std::chrono::hours(25));
  EXPECT_THAT(why(0), ElementsAre("local due", "remote no_retention"));
}

TEST(Pins, SurviveInAFileThatKnowsItsDamage) {
  World world;
  const auto partition = world.create({});
  EXPECT_TRUE(load_pins(world.files, world.folder())->empty());
  const Pins pins{{Offset{0}, TimestampMs{5}}, {Offset{70}, TimestampMs{6}}};
  ASSERT_TRUE(store_pins(world.files, world.folder(), pins).ok());
  EXPECT_EQ(*load_pins(world.files, world.folder()), pins);
  const std::string path = world.folder() + "/" + std::string(kPinsFile);
  std::string text(text_of(*read_whole(world.files, path)));
  text[text.find("until 5") + 6] = '9';
  ASSERT_TRUE(write_atomically(world.files, path, view_of(text)).ok());
  EXPECT_EQ(load_pins(world.files, world.folder()).error().kind, Kind::kCorrupt);
  world.restart();
  EXPECT_TRUE(world.partition()->read({Offset{0}}).ok()) << "the partition serves without them";
}

TEST_F(WhyTest, KnowsTheRulesOfTieredTopics) {
  const auto partition = world.create({{"remote.storage.enable", "true"}, {"local.retention.bytes", "1000000"},
                                       {"local.retention.ms", "3600000"}, {"retention.ms", "7200000"}});
  world.fill(*partition, 3);
  EXPECT_THAT(why(0), ElementsAre("local due"));
  world.expect_evaluated();
  EXPECT_THAT(why(0), ElementsAre("local local_retention", "remote retention"));
  world.clock.advance(std::chrono::minutes(61));
  EXPECT_THAT(why(0), ElementsAre("local due", "remote retention"));
  world.expect_evaluated();
  EXPECT_THAT(why(0), ElementsAre("remote retention"));
  world.clock.advance(std::chrono::minutes(61));
  EXPECT_THAT(why(0), ElementsAre("remote due"));
}

TEST_F(WhyTest, SaysWhenNothingIsArchived) {
  const auto partition = world.create({{"cleanup.policy", "compact"}});
  world.fill(*partition, 2, 1000 * kHourMs);
  EXPECT_THAT(why(0), ElementsAre("local compacted"));
  EXPECT_EQ(world.topics->why("t-0/00000000000000099999.log").error().kind, Kind::kNotFound);
  EXPECT_EQ(world.topics->why("nonsense").error().kind, Kind::kNotFound);
}

TEST_F(WhyTest, SaysThatTheActiveSegmentIsActive) {
  const auto partition = world.create({});
  world.produce(*partition);
  EXPECT_THAT(why(0), ElementsAre("local active"));
}

TEST(Why, SaysThatTieringIsOff) {
  World world(false);
  const auto partition = world.create({});
  world.fill(*partition, 2);
  const auto answer = world.topics->why(segment_path("t-0", Offset{0}));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->reasons[0].reason, "tiering_off");
}

}  // namespace
}  // namespace takhin::partition
