#include "partition/disk_target.h"

#include <gtest/gtest.h>

#include "testing/seeded_random.h"

namespace takhin::partition {
namespace {

Unit unit(std::int64_t base, std::uint64_t bytes, std::int64_t age, bool archived, bool sealed = true) {
  return {Offset{base}, Offset{base + 10}, bytes, age, sealed, true, archived};
}

TEST(DiskTarget, NothingLeavesBelowTheHighMarkAndEverythingDownToTheLowOneAboveIt) {
  const DiskTarget target{.log_bytes = 1000, .low_percent = 80};
  EXPECT_EQ(excess_of(target, {.log_bytes = 1000}, false), 0u);
  EXPECT_EQ(excess_of(target, {.log_bytes = 1001}, false), 201u);
  EXPECT_EQ(excess_of(target, {.log_bytes = 900}, true), 100u);  // not done yet
  EXPECT_EQ(excess_of(target, {.log_bytes = 800}, true), 0u);
  EXPECT_EQ(excess_of(target, {.log_bytes = 900}, false), 0u);
  EXPECT_EQ(excess_of({}, {.log_bytes = 900, .free_bytes = 0}, true), 0u);
}

TEST(DiskTarget, FreeSpaceCountsWhenItIsKnown) {
  const DiskTarget target{.free_bytes = 1000, .low_percent = 90};
  EXPECT_EQ(excess_of(target, {.log_bytes = 5000, .free_bytes = 1000}, false), 0u);
  EXPECT_EQ(excess_of(target, {.log_bytes = 5000, .free_bytes = 999}, false), 101u);
  EXPECT_EQ(excess_of(target, {.log_bytes = 50, .free_bytes = 0}, false), 50u);  // no more than there is
  EXPECT_EQ(excess_of(target, {.log_bytes = 5000, .free_bytes = 1050}, true), 50u);
  EXPECT_EQ(excess_of(target, {.log_bytes = 5000}, true), 0u);
}

TEST(DiskTarget, ThereIsRoomUpToTheLowMark) {
  const DiskTarget bytes{.log_bytes = 1000, .low_percent = 80};
  EXPECT_EQ(room_of(bytes, {.log_bytes = 700, .free_bytes = 0}), 100u);
  EXPECT_EQ(room_of(bytes, {.log_bytes = 900}), 0u);
  const DiskTarget both{.log_bytes = 1000, .free_bytes = 1000, .low_percent = 90};
  EXPECT_EQ(room_of(both, {.log_bytes = 100, .free_bytes = 1150}), 50u);
  EXPECT_EQ(room_of(both, {.log_bytes = 100}), 800u);  // it cannot be told how much is free
  DiskRoom room;
  EXPECT_FALSE(room.take(1));
  room.set(100);
  EXPECT_TRUE(room.take(60));
  EXPECT_FALSE(room.take(41));
  EXPECT_TRUE(room.take(40));
}

TEST(DiskTarget, TheOldestOfAllPartitionsGoFirst) {
  const std::vector<LocalUnits> partitions = {
      {{unit(0, 100, 50, true), unit(10, 100, 20, true), unit(20, 5, 0, false, false)}, true},
      {{unit(0, 100, 40, true), unit(10, 100, 30, false), unit(20, 100, 10, true)}, true},
      {{unit(0, 100, 90, false), unit(10, 100, 80, true)}, false}};  // may not be archived: keeps all
  auto plan = plan_relief(partitions, 250);
  EXPECT_EQ(plan[0].before, Offset{10});
  EXPECT_EQ(plan[0].bytes, 100u);
  EXPECT_EQ(plan[1].before, Offset{20});
  EXPECT_EQ(plan[1].bytes, 100u);
  EXPECT_EQ(plan[1].bytes_to_archive, 100u);
  EXPECT_EQ(plan[2].before, kNoOffset);
  plan = plan_relief(partitions, 1'000'000);  // more than there is: all but the active one
  EXPECT_EQ(plan[0].before, Offset{20});
  EXPECT_EQ(plan[1].before, Offset{30});
  EXPECT_EQ(plan[2].before, kNoOffset);
  EXPECT_EQ(plan_relief(partitions, 0)[0].before, kNoOffset);
}

TEST(DiskTarget, ChoosesEnoughAndNothingYoungerThanWhatItLeaves) {
  testing::SeededRandom random(60);
  for (int round = 0; round < 200; ++round) {
    std::vector<LocalUnits> partitions(1 + random.below(5));
    std::uint64_t total = 0;
    for (LocalUnits& local : partitions) {
      local.may_archive = true;
      std::int64_t age = 1000;
      const auto count = static_cast<std::int64_t>(random.below(8));
      for (std::int64_t i = 0; i < count; ++i) {
        age -= static_cast<std::int64_t>(random.below(100));
        local.units.push_back(unit(i * 10, 1 + random.below(100), age, random.below(2) == 0));
        total += local.units.back().bytes;
      }
    }
    const std::uint64_t excess = random.below(total + 50);
    const auto plan = plan_relief(partitions, excess);
    std::uint64_t chosen = 0;
    std::int64_t youngest_chosen = INT64_MAX, oldest_left = 0;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      for (const Unit& one : partitions[i].units) {
        const bool goes = one.end <= plan[i].before;
        if (goes) youngest_chosen = std::min(youngest_chosen, one.age_ms);
        if (!goes) oldest_left = std::max(oldest_left, one.age_ms);
        chosen += goes ? one.bytes : 0;
      }
    }
    EXPECT_GE(chosen, std::min(excess, total));
    if (chosen > 0) {
      EXPECT_GE(youngest_chosen, oldest_left) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace takhin::partition
