// The contract's age and access policy, the admin face, and the keeper.

#include <gmock/gmock.h>

#include "partition/metrics.h"
#include "partition/test_world.h"

namespace takhin::partition {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kWarm = 100 * kHourMs;  // between warm.age (72 h) and cold.age (168 h)
constexpr std::int64_t kCold = 200 * kHourMs;

std::string path_of(Offset base) { return fmt::format("t-0/{:020}.log", base.raw); }

std::vector<Offset> bases(World& world) {
  std::vector<Offset> out;
  const auto listed = world.files.list(world.folder());
  EXPECT_TRUE(listed.ok());
  for (const DirEntry& entry : *listed) {
    if (entry.name.ends_with(".log")) out.push_back(Offset{std::stoll(entry.name)});
  }
  return out;
}

void read_often(World& world, Offset offset) {
  for (int i = 0; i < 150; ++i) {
    const auto answer = world.fetch(*world.partition(), offset, 100);
    ASSERT_TRUE(answer.ok()) << why(answer);
  }
}

TEST(Policy, AgeDecidesHotWarmCold) {
  World world;
  const auto partition = world.create({});
  world.fill(*partition, 3, kCold);
  world.fill(*partition, 5, kWarm);
  world.fill(*partition, 8, 0);
  world.expect_evaluated();
  const SegmentCounts counts = world.counts();
  EXPECT_EQ(counts.total, 8u);
  EXPECT_EQ(counts.hot + counts.warm + counts.cold, counts.total);
  EXPECT_GE(counts.cold, 2u);
  EXPECT_GE(counts.warm, 1u);
  EXPECT_GE(counts.hot, 3u);
  EXPECT_EQ(counts.archived, world.objects());
  EXPECT_EQ(world.topics->tier_counts().demotions, counts.cold);
  EXPECT_EQ(partition->offsets().log_start, Offset{0});  // the default retention of 7 days deletes nothing that the policy keeps
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(partition->offsets().high_watermark.raw));
}

TEST(Policy, RetentionThatTheTopicSetsIsObeyed) {
  World world;
  const auto partition = world.create({{"retention.ms", "360000000"}});  // 100 h
  world.fill(*partition, 3, kCold);
  world.fill(*partition, 5, 0);
  world.expect_evaluated();
  EXPECT_GT(partition->offsets().log_start, Offset{0});
  EXPECT_EQ(world.objects(), 0u);
}

TEST(Policy, SegmentInTheMiddleThatIsReadOftenStaysLocal) {
  World world;
  const auto partition = world.create({});
  world.fill(*partition, 6, kCold);
  const auto all = bases(world);
  ASSERT_EQ(all.size(), 6u);
  read_often(world, all[2]);
  world.expect_evaluated();
  EXPECT_EQ(bases(world), (std::vector<Offset>{all[2], all[5]}));
  EXPECT_EQ(world.counts().warm, 1u);
  EXPECT_EQ(world.topics->segment(path_of(all[2]))->tier, tier::Tier::kWarm);
  EXPECT_EQ(world.topics->segment(path_of(all[1]))->tier, tier::Tier::kCold);
  world.restart();  // the kept file is taken up again
  EXPECT_EQ(world.counts().warm, 1u);
  const int gets = world.store.calls(testing::Verb::kGet);
  const auto hot = world.partition()->read({all[2], 1000, true, Isolation::kReadUncommitted});
  ASSERT_TRUE(hot.ok()) << why(hot);
  EXPECT_FALSE(hot->cold);
  EXPECT_EQ(world.store.calls(testing::Verb::kGet), gets);
  EXPECT_EQ(world.consume(*world.partition(), Offset{0}), static_cast<std::size_t>(partition->offsets().high_watermark.raw));
  world.expect_evaluated();  // nobody reads it any more (the book of accesses is as new as the process)
  EXPECT_EQ(world.counts().warm, 0u);
}

TEST(Policy, ColdSegmentThatIsReadOftenIsPromoted) {
  World world;
  const auto partition = world.create({});
  world.fill(*partition, 4, kCold);
  const Offset base = bases(world)[1];
  world.expect_evaluated();
  EXPECT_EQ(world.counts().cold, 3u);
  read_often(world, base);
  world.expect_evaluated();
  EXPECT_EQ(world.topics->tier_counts().promotions, 1u);
  EXPECT_EQ(world.topics->segment(path_of(base))->tier, tier::Tier::kWarm);
  const auto access = world.topics->access(path_of(base));
  ASSERT_TRUE(access.ok());
  EXPECT_GE(access->count, 150u);
  EXPECT_EQ(world.topics->top_access_hz(1).front().first, path_of(base));
  world.clock.advance(std::chrono::hours(24 * 60));  // the burst fades
  world.expect_evaluated();
  EXPECT_EQ(world.topics->segment(path_of(base))->tier, tier::Tier::kCold);
}

TEST(Policy, WhatIsBroughtBackDoesNotHaveToLeaveAtOnce) {
  World world(true, [](TopicsOptions& options) { options.disk_target = {.log_bytes = 20'000, .low_percent = 50}; });
  const auto partition = world.create({});
  world.fill(*partition, 12, kCold);
  const auto all = bases(world);
  world.expect_evaluated();
  ASSERT_EQ(world.counts().cold, 11u);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) read_often(world, all[i]);
  world.expect_evaluated();
  const auto brought_back = world.topics->tier_counts().promotions;
  EXPECT_GE(brought_back, 1u);
  EXPECT_LT(brought_back, 11u);
  EXPECT_LE(partition->local_bytes(), 10'000u);
  world.expect_evaluated();
  EXPECT_EQ(world.topics->tier_counts().promotions, brought_back);
  EXPECT_EQ(world.counts().warm, brought_back);
}

TEST(Admin, ArchiveAndRestoreOnRequest) {
  World world;
  const auto partition = world.create({});
  world.fill(*partition, 4);  // young: nothing is due
  const auto all = bases(world);
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 0u);
  EXPECT_TRUE(world.topics->archive(path_of(all[1])).ok());
  EXPECT_TRUE(world.topics->archive(path_of(all[1])).ok());  // already there
  EXPECT_EQ(world.objects(), 1u);
  EXPECT_EQ(world.topics->segment(path_of(all[1]))->tier, tier::Tier::kWarm);
  EXPECT_TRUE(world.topics->segment(path_of(all[1]))->archived);
  EXPECT_FALSE(world.topics->segment(path_of(all[0]))->archived);
  const auto active = world.topics->archive(path_of(all[3]));
  ASSERT_FALSE(active.ok());
  EXPECT_EQ(active.error().kind, Kind::kConflict);
  EXPECT_THAT(active.error().text, HasSubstr("still being appended to"));
  for (const char* path :
       {"t-0/00000000000000000001.log", "t-1/00000000000000000000.log", "x-0/00000000000000000000.log", "nonsense", ""}) {
    const auto unknown = world.topics->restore(path);
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().kind, Kind::kNotFound);
    EXPECT_EQ(unknown.error().text, fmt::format("segment not found: {}", path));
  }
  EXPECT_TRUE(world.topics->restore(path_of(all[0])).ok());  // never archived: nothing to do
  EXPECT_EQ(world.topics->access(path_of(all[0])).error().text, "no access statistics for segment");
}

TEST(Admin, RestoredSegmentStaysForADay) {
  World world;
  const auto partition = world.create({});
  world.fill(*partition, 4, kCold);
  const Offset base = bases(world)[0];
  world.expect_evaluated();
  ASSERT_EQ(world.topics->segment(path_of(base))->tier, tier::Tier::kCold);
  EXPECT_TRUE(world.topics->restore(path_of(base)).ok());
  EXPECT_EQ(world.topics->segment(path_of(base))->tier, tier::Tier::kWarm);
  world.expect_evaluated();
  EXPECT_EQ(world.topics->segment(path_of(base))->tier, tier::Tier::kWarm);
  world.clock.advance(std::chrono::hours(25));
  world.expect_evaluated();
  EXPECT_EQ(world.topics->segment(path_of(base))->tier, tier::Tier::kCold);
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(partition->offsets().high_watermark.raw));
}

TEST(Admin, RequestsCountAsAMonthsOnceTheirPaceIsKnown) {
  World world(true, [](TopicsOptions& options) { options.rates.put_per_1000 = 5; });
  const auto partition = world.create({});
  world.fill(*partition, 4, kCold);
  world.expect_evaluated();
  for (int i = 0; i < 1'000; ++i) world.meter.record(object::Request::kPut, std::nullopt, 0, 0, {});
  const auto requests = [&] {
    const tier::Cost cost = world.topics->cost().cost;
    return cost.total_usd - cost.hot_usd - cost.cold_usd;
  };
  EXPECT_NEAR(requests(), 0, 1e-9);
  EXPECT_GT(world.topics->cost().cost.savings_pct, 50) << "what a start asks for is no month of it";
  world.clock.advance(std::chrono::hours(3 * 24));
  EXPECT_NEAR(requests(), 5 * 10, 0.01);
  EXPECT_LT(world.topics->cost().cost.savings_pct, 0) << "a topic this small does cost more in the store";
}

TEST(Admin, CostAndMetrics) {
  World world;
  const auto partition = world.create({});
  EXPECT_EQ(world.topics->cost().cost.savings_pct, 0);
  world.fill(*partition, 4, kCold);
  world.expect_evaluated();
  const CostReport cost = world.topics->cost();
  EXPECT_GT(cost.cold_gb, 0);
  EXPECT_GT(cost.cost.savings_pct, 50);  // nearly all of it is cold
  const std::string text = world.metrics.text();
  EXPECT_THAT(text, HasSubstr("tiered_storage_segments_total{policy=\"cold\"} 3"));
  EXPECT_THAT(text, HasSubstr("tier_segments_total{tier=\"hot\"} 1"));
  EXPECT_THAT(text, HasSubstr("tiered_storage_archived_segments_total 3"));
  EXPECT_THAT(text, HasSubstr("tier_demotion_operations_total{result=\"success\"} 3"));
  EXPECT_THAT(text, HasSubstr("tier_promotion_operations_total{result=\"failure\"} 0"));
  read_often(world, Offset{0});
  EXPECT_THAT(world.metrics.text(), HasSubstr("tier_access_frequency_hz{segment=\"t-0/00000000000000000000.log\"}"));
}

TEST(Admin, AfterCloseItRefuses) {
  World world;
  const auto partition = world.create({});
  world.fill(*partition, 3, kCold);
  ASSERT_TRUE(world.topics->close().ok());
  for (const Result<>& refused : {world.topics->evaluate(), world.topics->archive(path_of(Offset{0})), world.topics->ready()}) {
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, Kind::kClosed);
  }
  EXPECT_EQ(world.fetch(*partition, Offset{0}).error().kind, Kind::kClosed);
}

/// Ticks until `done`, giving the pass threads real time; what is asserted never depends on how long that takes.
template <class Done>
bool tick_until(World& world, Done done) {
  for (int i = 0; i < 2000; ++i) {
    world.topics->tick();
    if (done()) return true;
    os::SystemClock().sleep(std::chrono::milliseconds(2));
  }
  return false;
}

TEST(Keeper, TieredTopicsGoUpAtEachTick) {
  World world;
  const auto partition = world.create({{"local.retention.bytes", "0"}, {"remote.storage.enable", "true"}});
  world.fill(*partition, 4);
  EXPECT_TRUE(tick_until(world, [&] { return world.log_files() == 1; }));
  EXPECT_EQ(world.objects(), 3u);
}

TEST(Keeper, BacksOffWhileTheStoreIsDownAndGoesOnAfter) {
  World world;
  const auto partition = world.create({{"local.retention.bytes", "0"}, {"remote.storage.enable", "true"}});
  world.fill(*partition, 3);
  world.store.set_down(true);
  EXPECT_TRUE(tick_until(world, [&] { return !world.topics->ready().ok(); }));
  const auto all_calls = [&] {
    int calls = 0;
    for (std::size_t verb = 0; verb < testing::kVerbs; ++verb) calls += world.store.calls(static_cast<testing::Verb>(verb));
    return calls;
  };
  // Time stands still, so the pause never ends: after what was under way has ended, ticks ask the store nothing.
  int before = -1;
  EXPECT_TRUE(tick_until(world, [&] { return std::exchange(before, all_calls()) == all_calls(); }));
  world.store.set_down(false);
  EXPECT_TRUE(tick_until(world, [&] {
    world.clock.advance(std::chrono::seconds(61));
    return world.log_files() == 1;
  }));
  EXPECT_TRUE(tick_until(world, [&] {
    world.clock.advance(std::chrono::seconds(61));
    return world.topics->ready().ok();
  }));
}

TEST(Keeper, WithoutTieringRetentionIsKafkas) {
  World world(false);
  EXPECT_THAT(why(world.topics->create("x", 1, {{"remote.storage.enable", "true"}})), HasSubstr("tiered storage is off"));
  const auto partition = world.create({{"retention.bytes", "10000"}});
  EXPECT_FALSE(world.topics->tiering_enabled());
  world.fill(*partition, 8, kWarm);
  world.topics->tick();
  EXPECT_GT(partition->offsets().log_start, Offset{0});
  EXPECT_EQ(partition->offsets().log_start, partition->offsets().local_start);
  EXPECT_GE(partition->local_bytes(), 10000u);
  EXPECT_LT(partition->local_bytes(), 10000u + 4096u);
  world.clock.advance(std::chrono::hours(24 * 8));  // older than seven days: the active segment goes, too
  world.topics->tick();
  EXPECT_EQ(partition->offsets().log_start, partition->offsets().high_watermark);
  EXPECT_TRUE(world.topics->evaluate().ok());
}

}  // namespace
}  // namespace takhin::partition
