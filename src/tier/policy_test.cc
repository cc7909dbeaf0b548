#include "tier/policy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

namespace takhin::tier {
namespace {

constexpr std::int64_t kHour = 3600'000;
constexpr TimestampMs kNow{1'700'000'000'000};
constexpr TimestampMs ago(std::int64_t ms) { return TimestampMs{kNow.raw - ms}; }

TEST(Policy, NamesAreTheContracts) {
  EXPECT_EQ(name_of(Tier::kHot), "hot");
  EXPECT_EQ(name_of(Tier::kWarm), "warm");
  EXPECT_EQ(name_of(Tier::kCold), "cold");
}

TEST(Policy, AgeOfNewestRecordCappedAtFileTime) {
  EXPECT_EQ(age_ms(kNow, ago(5 * kHour), ago(2 * kHour)), 5 * kHour);
  // T6: a timestamp in the future pins nothing.
  EXPECT_EQ(age_ms(kNow, TimestampMs{kNow.raw + 1000 * kHour}, ago(2 * kHour)), 2 * kHour);
  EXPECT_EQ(age_ms(kNow, kNoTimestamp, ago(kHour)), kHour);
  EXPECT_EQ(age_ms(kNow, ago(3 * kHour), kNoTimestamp), 3 * kHour);
  EXPECT_EQ(age_ms(kNow, kNoTimestamp, kNoTimestamp), 0);
  EXPECT_EQ(age_ms(kNow, TimestampMs{kNow.raw + 5}, TimestampMs{kNow.raw + 9}), 0);
}

TEST(Policy, AgeDecidesAtTheContractsBorders) {
  const PolicyOptions options;
  EXPECT_EQ(desired_tier(options, 0, 0, 0), Tier::kHot);
  EXPECT_EQ(desired_tier(options, 72 * kHour - 1, 0, 0), Tier::kHot);
  EXPECT_EQ(desired_tier(options, 72 * kHour, 0, 0), Tier::kWarm);
  EXPECT_EQ(desired_tier(options, 168 * kHour, 0, 0), Tier::kWarm);
  EXPECT_EQ(desired_tier(options, 168 * kHour + 1, 0, 0), Tier::kCold);
}

TEST(Policy, BusySegmentStaysLocalOnlyWithBothRateAndCount) {
  const PolicyOptions options;
  const std::int64_t old = 1000 * kHour;
  EXPECT_EQ(desired_tier(options, old, 10.0, 100), Tier::kWarm);
  EXPECT_EQ(desired_tier(options, old, 9.99, 100), Tier::kCold);
  EXPECT_EQ(desired_tier(options, old, 10.0, 99), Tier::kCold);
  EXPECT_EQ(desired_tier(options, kHour, 1000, 1000), Tier::kHot);
}

TEST(Cost, KnownAnswersOfTheContract) {
  // 100 TB, 7 of 30 days local, $10 of requests.
  const CostInput fleet{.local_gb = 23'000, .remote_gb = 77'000, .total_gb = 100'000, .requests_usd = 10};
  const CostRates rates;
  const Cost s3 = cost_of(fleet, rates.ssd_gb_month, rates.s3_gb_month, rates.retrieval_gb);
  EXPECT_NEAR(s3.total_usd, 4081, 1e-6);
  EXPECT_NEAR(s3.savings_pct, 59.19, 1e-6);
  EXPECT_NEAR(cost_of(fleet, rates.ssd_gb_month, rates.glacier_gb_month, rates.retrieval_gb).total_usd, 2618, 1e-6);

  const CostInput small{.local_gb = 145.3, .remote_gb = 18.0, .total_gb = 163.3, .restore_gb = 0.1};
  const Cost old_example = cost_of(small, 0.023, 0.004, rates.retrieval_gb);
  EXPECT_EQ(fmt::format("${:.2f}", old_example.hot_usd), "$3.34");
  EXPECT_EQ(fmt::format("${:.2f}", old_example.cold_usd), "$0.07");
  EXPECT_EQ(fmt::format("${:.2f}", old_example.total_usd), "$3.41");
  EXPECT_EQ(fmt::format("{:.1f}%", old_example.savings_pct), "9.1%");
  EXPECT_EQ(fmt::format("${:.4f}", old_example.restore_usd), "$0.0010");
}

TEST(Cost, EmptySavesNothingAndWarmCanCostMore) {
  EXPECT_EQ(fmt::format("{:.1f}%", cost_of({}, 0.1, 0.023, 0.01).savings_pct), "0.0%");
  EXPECT_LT(cost_of({.local_gb = 10, .remote_gb = 10, .total_gb = 10}, 0.1, 0.023, 0.01).savings_pct, 0);
}

PartitionRef partition_named(const std::string& topic, std::uint8_t id) {
  PartitionRef partition{topic, {}, 0};
  partition.topic_id.bytes[0] = std::byte{id};
  return partition;
}

TEST(AccessTracker, CountsBytesAndTimes) {
  AccessTracker tracker;
  const auto slot = tracker.intern(partition_named("a", 1));
  EXPECT_EQ(tracker.intern(partition_named("a", 1)), slot);
  EXPECT_NE(tracker.intern(partition_named("a", 2)), slot);
  EXPECT_FALSE(tracker.stats(slot, Offset{0}, kNow).has_value());
  tracker.record(slot, Offset{0}, 100, ago(4 * kHour));
  tracker.record(slot, Offset{0}, 50, ago(2 * kHour));
  tracker.record(slot, Offset{7}, 1, kNow);
  const auto stats = tracker.stats(slot, Offset{0}, kNow);
  EXPECT_EQ(stats->count, 2u);
  EXPECT_EQ(stats->read_bytes, 150u);
  EXPECT_EQ(stats->first, ago(4 * kHour));
  EXPECT_EQ(stats->last, ago(2 * kHour));
  EXPECT_DOUBLE_EQ(stats->average_hz, 0.5);
  EXPECT_EQ(tracker.tracked(), 2u);
}

TEST(AccessTracker, RateNeedsAnHourAndFadesByHalfLives) {
  AccessTracker tracker;
  const auto slot = tracker.intern(partition_named("a", 1));
  for (int i = 0; i < 120; ++i) tracker.record(slot, Offset{0}, 1, kNow);
  EXPECT_DOUBLE_EQ(tracker.stats(slot, Offset{0}, kNow)->average_hz, 120);  // not 120 in no time
  EXPECT_DOUBLE_EQ(tracker.stats(slot, Offset{0}, TimestampMs{kNow.raw + 2 * kHour})->average_hz, 60);
  const auto later = TimestampMs{kNow.raw + 2 * kAccessHalfLifeMs};
  EXPECT_DOUBLE_EQ(tracker.stats(slot, Offset{0}, later)->average_hz, 120.0 / 48 / 4);
  EXPECT_EQ(tracker.stats(slot, Offset{0}, later)->count, 120u);
}

TEST(AccessTracker, ForgetsTheLeastRecentlyReadFirst) {
  AccessTracker tracker(64 * 4);  // 4 in each shard
  const auto slot = tracker.intern(partition_named("a", 1));
  for (std::int64_t i = 0; i < 5000; ++i) {
    tracker.record(slot, Offset{i}, 1, kNow);
    tracker.record(slot, Offset{-1}, 1, kNow);  // read all the time: stays
  }
  EXPECT_LE(tracker.tracked(), 64u * 4);
  EXPECT_GT(tracker.tracked(), 64u * 3);
  EXPECT_EQ(tracker.stats(slot, Offset{-1}, kNow)->count, 5000u);
  EXPECT_TRUE(tracker.stats(slot, Offset{4999}, kNow).has_value());
  EXPECT_FALSE(tracker.stats(slot, Offset{0}, kNow).has_value());
}

TEST(AccessTracker, TopIsTheBusiestInOrder) {
  AccessTracker tracker;
  const auto a = tracker.intern(partition_named("a", 1));
  const auto b = tracker.intern(partition_named("b", 2));
  for (int i = 1; i <= 50; ++i) {
    for (int k = 0; k < i; ++k) tracker.record(i % 2 == 0 ? a : b, Offset{i}, 1, kNow);
  }
  const auto top = tracker.top(3, kNow);
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].partition.topic, "a");
  EXPECT_EQ(top[0].base, Offset{50});
  EXPECT_EQ(top[1].base, Offset{49});
  EXPECT_EQ(top[2].stats.count, 48u);
  EXPECT_TRUE(tracker.top(0, kNow).empty());
  tracker.forget_partition(a);
  EXPECT_EQ(tracker.top(1, kNow)[0].base, Offset{49});
  EXPECT_EQ(tracker.tracked(), 25u);
  tracker.forget(b, Offset{49});
  EXPECT_EQ(tracker.top(1, kNow)[0].base, Offset{47});
  EXPECT_NE(tracker.intern(partition_named("a", 1)), a);  // a name that came back is somebody else
}

TEST(AccessTracker, LosesNothingUnderManyThreads) {
  AccessTracker tracker;
  const auto slot = tracker.intern(partition_named("a", 1));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) tracker.record(slot, Offset{i % 100}, 1, kNow);
    });
  }
  for (auto& thread : threads) thread.join();
  std::uint64_t total = 0;
  for (int i = 0; i < 100; ++i) total += tracker.stats(slot, Offset{i}, kNow)->count;
  EXPECT_EQ(total, 80'000u);
}

}  // namespace
}  // namespace takhin::tier
