// Local disk under its target, uploads in time (tier.rpo.*), budgets, and what the metrics say of it.

#include <gmock/gmock.h>

#include <future>

#include "partition/metrics.h"
#include "partition/test_world.h"

namespace takhin::partition {
namespace {

using ::testing::HasSubstr;

ConfigMap kept(std::string retention = "-1") {
  return {{"local.retention.bytes", "-1"}, {"local.retention.ms", "-1"}, {"remote.storage.enable", "true"},
          {"retention.bytes", "-1"},       {"retention.ms", std::move(retention)}};
}

std::function<void(TopicsOptions&)> target(std::uint64_t bytes) {
  return [bytes](TopicsOptions& options) { options.disk_target = {.log_bytes = bytes, .low_percent = 50}; };
}

TEST(DiskTargetWorld, ArchivedSegmentsLeaveEarlyDownToTheLowMark) {
  World world(true, target(20'000));
  const auto partition = world.create(kept());
  world.fill(*partition, 4);
  world.expect_evaluated();
  EXPECT_EQ(world.log_files(), 4u);  // below the target nothing goes before its time
  world.fill(*partition, 8);
  EXPECT_GT(partition->local_bytes(), 20'000u);
  world.expect_evaluated();  // archives what is not archived, and lets the oldest go
  EXPECT_LE(partition->local_bytes(), 10'000u + 4096u);
  EXPECT_GE(partition->local_bytes(), 10'000u - 4096u);
  EXPECT_EQ(partition->offsets().log_start, Offset{0});
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(partition->offsets().high_watermark.raw));
}

TEST(DiskTargetWorld, NothingGoesThatIsNotArchivedAndAppendsGoOn) {
  World world(true, target(12'000));
  world.store.set_down(true);
  const auto partition = world.create(kept());
  world.fill(*partition, 10);
  EXPECT_FALSE(world.topics->evaluate().ok());
  EXPECT_EQ(world.log_files(), 10u);
  EXPECT_GT(partition->local_bytes(), 24'000u);
  const Offset end = world.produce(*partition);
  world.store.set_down(false);
  world.expect_evaluated();
  EXPECT_LE(partition->local_bytes(), 6'000u + 4096u);
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(end.raw));
}

TEST(DiskTargetWorld, TopicsThatAreArchivedByAgeGoUpEarlyAndCompactedOnesStay) {
  World world(true, target(10'000));
  const auto compacted = world.create({{"cleanup.policy", "compact"}}, "c");
  const auto partition = world.create({});  // hot: younger than warm.age
  while (compacted->local_bytes() < 9'000) world.produce(*compacted);
  while (partition->local_bytes() < 20'000) world.produce(*partition);
  const std::uint64_t before = compacted->local_bytes();
  world.expect_evaluated();
  EXPECT_EQ(compacted->local_bytes(), before);
  EXPECT_LT(partition->local_bytes(), 4096u + 600u);  // only the active one is left
  EXPECT_GT(world.objects(), 3u);
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(partition->offsets().high_watermark.raw));
  EXPECT_THAT(world.metrics.text(), HasSubstr("tier_local_disk_excess_bytes "));
}

TEST(DiskTargetWorld, WithoutAutoArchiveOnlyWhatIsArchivedGoes) {
  World world(true, [](TopicsOptions& options) {
    options.disk_target = {.log_bytes = 8'000};
    options.auto_archive = false;
  });
  const auto partition = world.create({});
  world.fill(*partition, 5);
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 0u);
  EXPECT_EQ(world.log_files(), 5u);
  ASSERT_TRUE(world.topics->archive("t-0/00000000000000000000.log").ok());
  world.expect_evaluated();
  EXPECT_EQ(world.log_files(), 4u);
}

TEST(DiskTargetWorld, WhatAnOperatorRestoredStays) {
  World world(true, target(12'000));
  const auto partition = world.create(kept());
  world.fill(*partition, 8);
  world.expect_evaluated();
  const std::string oldest = "t-0/00000000000000000000.log";
  ASSERT_EQ(world.topics->segment(oldest)->tier, tier::Tier::kCold);
  ASSERT_TRUE(world.topics->restore(oldest).ok());
  world.fill(*partition, 12);
  world.expect_evaluated();
  EXPECT_EQ(world.topics->segment(oldest)->tier, tier::Tier::kWarm);
  world.clock.advance(std::chrono::hours(25));
  world.expect_evaluated();
  EXPECT_EQ(world.topics->segment(oldest)->tier, tier::Tier::kCold);
}

// ---- tier.rpo.*

TEST(Rpo, T5_AnActiveSegmentGoesUpWhenItsOldestRecordHasWaitedLongEnough) {
  World world(true, [](TopicsOptions& options) { options.rpo_ms = 600'000; });
  const auto partition = world.create(kept());
  const Offset end = world.produce(*partition);
  world.clock.advance(std::chrono::minutes(9));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 0u);
  world.produce(*partition);  // younger records do not put it off
  world.clock.advance(std::chrono::minutes(1));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 1u);
  EXPECT_GT(partition->offsets().tiered_end, end);
  world.clock.advance(std::chrono::hours(5));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 1u);  // an empty active segment is not closed
}

TEST(Rpo, ATopicsOwnGoesFirstAndOthersAreLeftAlone) {
  World world(true, [](TopicsOptions& options) { options.rpo_ms = 600'000; });
  ConfigMap off = kept();
  off.emplace_back("tier.rpo.ms", "0");
  ConfigMap fast = kept();
  fast.emplace_back("tier.rpo.ms", "1000");
  for (const auto& [name, configs] : std::vector<std::pair<std::string, ConfigMap>>{{"off", off}, {"fast", fast}, {"aged", {}}}) {
    world.produce(*world.create(configs, name));
  }
  world.clock.advance(std::chrono::seconds(1));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 1u);
  EXPECT_GT(world.partition("fast")->offsets().tiered_end, Offset{0});
  world.clock.advance(std::chrono::hours(1));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 1u);
  EXPECT_THAT(why(world.topics->create("bad", 1, {{"tier.rpo.ms", "-1"}})), HasSubstr("tier.rpo.ms = -1"));
}

TEST(Rpo, SmallObjectsBecomeLargeOnesAndNobodyNotices) {
  World world(
      true, [](TopicsOptions& options) { options.rpo_ms = 60'000; },
      {.small_bytes = 64 * kKiB, .target_bytes = kMiB, .sources_min = 5, .grace_ms = kHourMs});
  ConfigMap configs = {{"local.retention.ms", "0"}, {"remote.storage.enable", "true"}, {"retention.bytes", "9000"}};
  auto partition = world.create(configs);
  const auto minutes = [&](int count) {
    for (int i = 0; i < count; ++i) {
      world.produce(*partition);
      world.clock.advance(std::chrono::minutes(1));
      world.expect_evaluated();
    }
  };
  minutes(4);
  EXPECT_EQ(world.counts().archived, 4u);
  minutes(1);
  EXPECT_EQ(world.counts().archived, 1u);
  EXPECT_EQ(world.objects(), 6u);  // the old ones stay for a while
  const Offsets offsets = partition->offsets();
  EXPECT_EQ(offsets.log_start, Offset{0});
  EXPECT_EQ(offsets.tiered_end, offsets.high_watermark);
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(offsets.high_watermark.raw));
  EXPECT_TRUE(world.topics->restore("t-0/00000000000000000000.log").ok());
  EXPECT_EQ(world.topics->segment("t-0/00000000000000000000.log")->tier, tier::Tier::kWarm);
  world.clock.advance(std::chrono::hours(2));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 1u);
  partition.reset();
  world.restart();
  partition = world.partition();
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(offsets.high_watermark.raw));
  minutes(30);  // retention.bytes goes on by what was merged
  const Offset log_start = partition->offsets().log_start;
  EXPECT_GT(log_start, Offset{0});
  EXPECT_GE(world.counts().total_bytes, 9000u);
  const auto left = (partition->offsets().high_watermark - log_start).raw;
  EXPECT_EQ(world.consume(*partition, log_start), static_cast<std::size_t>(left));
}

// ---- budgets, lag

TEST(Uploads, ATopicWithABudgetUploadsOnePartitionAtATimeAndHoldsUpNobody) {
  World world;
  ConfigMap limited = kept();
  limited.insert(limited.end(), {{"segment.bytes", "4096"}, {"tier.upload.bytes.per.second", "1000000000"}});
  ASSERT_TRUE(world.topics->create("a", 2, limited).ok());
  const auto other = world.create(kept(), "b");
  std::promise<void> go_on;
  std::shared_future<void> may_go = go_on.get_future().share();
  std::mutex mutex;
  std::vector<std::string> begun;
  world.store.before_each([&](testing::Verb verb, std::string_view key) {
    if (verb != testing::Verb::kUpload) return;
    {
      const std::lock_guard hold(mutex);
      begun.push_back(std::string(key.substr(0, 1)) + std::string(key.substr(25, 5)));
    }
    if (key[0] == 'a') may_go.wait();
  });
  for (const auto& partition : {world.topics->partition("a", 0), world.topics->partition("a", 1), other}) {
    while (partition->local_bytes() < 5000) world.produce(*partition);
  }
  world.topics->tick();  // two threads: one waits in a-0; had a-1 its turn as well, it would have taken the other from b-0
  const auto count = [&] {
    const std::lock_guard hold(mutex);
    return begun.size();
  };
  os::SystemClock real;
  while (count() < 2) real.sleep(std::chrono::milliseconds(1));
  {
    const std::lock_guard hold(mutex);
    EXPECT_THAT(begun, ::testing::UnorderedElementsAre("a00000", "b00000"));
  }
  go_on.set_value();
  for (int i = 0; i < 5000 && world.objects() < 3; ++i) {
    world.clock.advance(std::chrono::seconds(1));
    world.topics->tick();
    real.sleep(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(world.objects(), 3u);
}

TEST(Uploads, LagSaysWhatIsMissing) {
  World world;
  const auto partition = world.create(kept());
  world.fill(*partition, 4, kHourMs);
  std::string text = world.metrics.text();
  EXPECT_THAT(text, HasSubstr("tier_copy_lag_segments 3"));
  EXPECT_THAT(text, HasSubstr("tier_copy_lag_seconds 3600"));
  EXPECT_EQ(text.find("tier_copy_lag_bytes 0"), std::string::npos);
  world.expect_evaluated();
  text = world.metrics.text();
  EXPECT_THAT(text, HasSubstr("tier_copy_lag_segments 0"));
  EXPECT_THAT(text, HasSubstr("tier_copy_lag_bytes 0"));
  EXPECT_THAT(text, HasSubstr("tier_upload_stalls_total 0"));
}

}  // namespace
}  // namespace takhin::partition
