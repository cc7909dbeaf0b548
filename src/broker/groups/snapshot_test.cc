#include "broker/groups/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/codec.h"
#include "testing/seeded_random.h"

namespace takhin::broker::groups {
namespace {

Bytes bytes_of(std::string_view text) {
  const View view = view_of(text);
  return {view.begin(), view.end()};
}

Snapshot sample(int records = 3, std::size_t value_bytes = 10) {
  Snapshot out{"AAAAAAAAQACAAAAAAAAAAQ", 4000, {}};
  testing::SeededRandom random(5);
  for (int i = 0; i < records; ++i) {
    Bytes value(value_bytes);
    random.fill(value);
    out.records.push_back({bytes_of("key-" + std::to_string(i)), std::move(value)});
  }
  out.records.push_back({bytes_of("gone"), std::nullopt});
  return out;
}

void expect_same(const Snapshot& a, const Snapshot& b) {
  EXPECT_EQ(a.cluster_id, b.cluster_id);
  EXPECT_EQ(a.next_producer_id, b.next_producer_id);
  ASSERT_EQ(a.records.size(), b.records.size());
  for (std::size_t i = 0; i < a.records.size(); ++i) {
    EXPECT_EQ(a.records[i].key, b.records[i].key);
    EXPECT_EQ(a.records[i].value, b.records[i].value);
  }
}

TEST(GroupSnapshot, ReadsBackWhatItWrote) {
  for (const Snapshot& snapshot : {Snapshot{"id", 0, {}}, sample(), sample(100, 20'000)}) {  // the last one is several batches
    const auto object = encode_snapshot(snapshot, TimestampMs{1});
    ASSERT_TRUE(object.ok()) << object.error().text;
    const auto back = decode_snapshot(*object);
    ASSERT_TRUE(back.ok()) << back.error().text;
    expect_same(snapshot, *back);
  }
}

TEST(GroupSnapshot, RefusesEveryCutAndEveryFlippedBit) {
  const Snapshot snapshot = sample(2);
  const Bytes object = *encode_snapshot(snapshot, TimestampMs{1});
  for (std::size_t size = 0; size < object.size(); ++size) {
    EXPECT_FALSE(decode_snapshot(View(object).first(size)).ok()) << size;
  }
  const auto first_line = text_of(object).find('\n') + 1;
  for (std::size_t at = first_line; at < object.size(); ++at) {
    Bytes bent = object;
    bent[at] ^= std::byte{4};
    const auto back = decode_snapshot(bent);
    if (back.ok()) expect_same(snapshot, *back);  // fields that Kafka leaves out of a batch's crc
  }
}

TEST(GroupSnapshot, RefusesALaterVersion) {
  const auto back = decode_snapshot(view_of("{\"version\":2}\n"));
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().kind, Kind::kInvalid);
}

}  // namespace
}  // namespace takhin::broker::groups
