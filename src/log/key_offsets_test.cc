#include "log/key_offsets.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace takhin::log {
namespace {

TEST(KeyOffsets, RemembersTheLastOffsetOfEachKey) {
  std::mt19937_64 random(3);
  KeyOffsets map(24 * 4000, 17);
  std::unordered_map<std::string, Offset> truth;
  map.begin(3000);
  for (std::int64_t i = 0; i < 20'000; ++i) {
    const std::string key(random() % 3, 'x');
    const std::string full = key + std::to_string(random() % 900);
    ASSERT_TRUE(map.put(view_of(full), Offset{i}));
    truth[full] = Offset{i};
  }
  EXPECT_EQ(map.size(), truth.size());
  for (const auto& [key, offset] : truth) EXPECT_EQ(map.find(view_of(key)), offset);
  EXPECT_EQ(map.find(view_of("absent")), std::nullopt);
  EXPECT_EQ(map.find({}), truth.contains("") ? std::optional(truth[""]) : std::nullopt);
  map.begin(10);
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.find(view_of("1")), std::nullopt);
}

TEST(KeyOffsets, IsFullAtItsBoundAndStillTakesKnownKeys) {
  KeyOffsets map(24 * 100, 17);
  map.begin(1'000'000'000'000);
  std::int64_t taken = 0;
  while (map.put(view_of(std::to_string(taken)), Offset{taken})) ++taken;
  EXPECT_EQ(taken, 90);
  EXPECT_EQ(map.room(), 90u);
  EXPECT_TRUE(map.put(view_of("7"), Offset{1000}));
  EXPECT_EQ(map.find(view_of("7")), Offset{1000});
  EXPECT_EQ(map.find(view_of("90")), std::nullopt);
}

TEST(KeyOffsets, TheSmallestOneHoldsOneKeyAndAReleasedOneNone) {
  KeyOffsets map(0, 17);
  map.begin(5);
  EXPECT_TRUE(map.put(view_of("a"), Offset{1}));
  EXPECT_FALSE(map.put(view_of("b"), Offset{2}));
  map.release();
  EXPECT_FALSE(map.put(view_of("a"), Offset{1}));
  EXPECT_EQ(map.find(view_of("a")), std::nullopt);
}

TEST(KeyOffsets, WhatIsAskedForFits) {
  KeyOffsets map(kMiB, 1);
  for (const std::uint64_t keys : {1u, 2u, 9u, 10u, 100u, 4321u}) {
    map.begin(keys);
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map.put(view_of(std::to_string(i)), Offset{0})) << keys;
  }
}

}  // namespace
}  // namespace takhin::log
