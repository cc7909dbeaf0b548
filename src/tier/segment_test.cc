#include "tier/segment.h"

#include <gtest/gtest.h>

#include "testing/seeded_random.h"
#include "testing/segment_kit.h"

namespace takhin::tier {
namespace {

using takhin::testing::SeededRandom;

SegmentEntry some_entry() {
  SegmentEntry entry{.base = Offset{7}, .end = Offset{42}, .max_timestamp = TimestampMs{1'700'000'000'123}, .log_bytes = 4096,
                     .leader_epoch = LeaderEpoch{5}, .generation = 2};
  entry.id.bytes.fill(std::byte{0xff});
  return entry;
}

TEST(ObjectName, IsAsTheFormatSays) {
  const auto ref = takhin::testing::partition_ref("orders", 3);
  EXPECT_EQ(object_name(ref, some_entry()),
            "orders.BwAAAAAAAAAAAAAAAAAABg/00003/00000000000000000007-00000000000000000042-1700000000123-4096-5-2-"
            "_____________________w.seg");
  EXPECT_EQ(topic_prefix("orders", ref.topic_id), "orders.BwAAAAAAAAAAAAAAAAAABg/");
  EXPECT_EQ(partition_prefix(ref), "orders.BwAAAAAAAAAAAAAAAAAABg/00003/");
}

TEST(ObjectName, RoundTripsForTopicsAndIdsFullOfSeparators) {
  SeededRandom random(11);
  const std::string topics[] = {"a", "a.b-c", "..x--", "-", "_.-", "a.AAAAAAAAAAAAAAAAAAAAAA", std::string(232, 'z')};
  for (const std::string& topic : topics) {
    for (int i = 0; i < 200; ++i) {
      PartitionRef ref{topic, {}, static_cast<std::int32_t>(random.below(200'000))};
      random.fill(ref.topic_id.bytes);
      SegmentEntry entry{.base = Offset{static_cast<std::int64_t>(random.below(1ull << 62))},
                         .max_timestamp = TimestampMs{static_cast<std::int64_t>(random.below(1ull << 45))},
                         .log_bytes = 1 + random.below(1ull << 40),
                         .leader_epoch = LeaderEpoch{static_cast<std::int32_t>(random.below(1000))},
                         .generation = static_cast<std::uint32_t>(random.below(1ull << 32))};
      entry.end = Offset{entry.base.raw + 1 + static_cast<std::int64_t>(random.below(1ull << 40))};
      random.fill(entry.id.bytes);
      const auto name = object_name(ref, entry);
      const auto parsed = parse_object_name(name);
      ASSERT_TRUE(parsed) << name;
      EXPECT_EQ(parsed->partition, ref);
      EXPECT_EQ(parsed->entry, entry);
    }
  }
}

TEST(ObjectName, WritesNoneForWhatIsNotThere) {
  auto entry = some_entry();
  entry.max_timestamp = kNoTimestamp;
  entry.leader_epoch = kNoEpoch;
  const auto name = object_name(takhin::testing::partition_ref(), entry);
  EXPECT_NE(name.find("-none-4096-none-2-"), std::string::npos) << name;
  EXPECT_EQ(parse_object_name(name)->entry, entry);
}

TEST(ObjectName, KeyOrderIsOffsetOrder) {
  const auto ref = takhin::testing::partition_ref();
  auto a = some_entry(), b = some_entry();
  a.base = Offset{9}, a.end = Offset{10};
  b.base = Offset{10}, b.end = Offset{1'000'000'000'000'000'000};
  EXPECT_LT(object_name(ref, a), object_name(ref, b));
  EXPECT_LT(object_name(ref, a), name_before(ref, b.base));
  EXPECT_LT(name_before(ref, b.base), object_name(ref, b));
}

TEST(ObjectName, StrangersAreNotSegments) {
  const std::string good = object_name(takhin::testing::partition_ref("t", 1), some_entry());
  ASSERT_TRUE(parse_object_name(good));
  EXPECT_FALSE(parse_object_name(""));
  EXPECT_FALSE(parse_object_name("topic.json"));
  EXPECT_FALSE(parse_object_name("t.BwAAAAAAAAAAAAAAAAAAAQ/topic.json"));
  EXPECT_FALSE(parse_object_name("t.BwAAAAAAAAAAAAAAAAAAAQ/00001/state.json"));
  EXPECT_FALSE(parse_object_name("/" + good));
  EXPECT_FALSE(parse_object_name(good + "x"));
  EXPECT_FALSE(parse_object_name(good.substr(1)));
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"/00001/", "/1/"},
                                 {"/00001/", "/000001/"}, {"/00001/", "/+0001/"},
                                 {"-4096-", "-04096-"}, {"-4096-", "-0-"}, {"-4096-", "-99999999999999999999-"},
                                 {"-5-", "--5-"},
                                 {"-1700000000123-", "-700000000123-"}, {"00000000000000000042", "00000000000000000007"},
                                 {"00000000000000000042", "99999999999999999999"}, {".seg", ".SEG"}, {"t.", "t t."},
                                 {"-5-2-", "-5-"}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_FALSE(parse_object_name(bad)) << bad;
  }
}

TEST(ObjectName, EveryChangedCharacterGivesAnotherNameOrNone) {
  const std::string good = object_name(takhin::testing::partition_ref("t", 1), some_entry());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string bad = good;
      bad[i] = static_cast<char>(c);
      const auto parsed = parse_object_name(bad);
      EXPECT_TRUE(!parsed || object_name(parsed->partition, parsed->entry) == bad) << bad;
    }
  }
}

}  // namespace
}  // namespace takhin::tier
