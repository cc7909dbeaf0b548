// Batches that Kafka's own classes wrote (tools/golden/GoldenBatches.java), read here and, where bytes are determined,
// made again.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "record/codec.h"
#include "record/control.h"

namespace takhin::record {
namespace {

constexpr std::int64_t kTime = 1'700'000'000'000;
constexpr std::size_t kPlainMax = kMiB;

Bytes golden(const std::string& name) {
  const std::string path = TAKHIN_GOLDEN_DIR "/batches/" + name + ".bin";
  std::ifstream file(path, std::ios::binary);
  const std::string data{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(data.empty()) << path;
  return copy_of(view_of(data));
}

/// The records of GoldenBatches.fill(); owns their bytes.
struct Expected {
  Expected() {
    texts.reserve(40);
    const auto keep = [&](std::string text) { return view_of(texts.emplace_back(std::move(text))); };
    records.push_back({.key = keep("key-0"), .value = keep("value-0"), .timestamp = TimestampMs{kTime}});
    records.push_back({.value = keep("no key"), .timestamp = TimestampMs{kTime + 7}});
    records.push_back({.key = keep("no value"), .timestamp = TimestampMs{kTime + 3}});
    records.push_back({.key = view_of(""), .value = view_of(""), .timestamp = TimestampMs{kTime - 100}});
    records.push_back({.key = keep("headers"), .value = keep("with headers"), .timestamp = TimestampMs{kTime + 50},
                       .headers = {{"trace", view_of("abc")}, {"null", std::nullopt}, {"", view_of("")}}});
    for (int i = 5; i < 20; ++i) {
      std::string value;
      for (int k = 0; k < i * i; ++k) value += "value ";
      records.push_back({.key = keep("key-" + std::to_string(i)),
                         .value = keep(std::move(value)),
                         .timestamp = TimestampMs{kTime + i}});
    }
  }
  std::vector<std::string> texts;
  std::vector<NewRecord> records;
};

bool same(const std::optional<View>& a, const std::optional<View>& b) {
  return a.has_value() == b.has_value() && (!a || text_of(*a) == text_of(*b));
}

void expect_records(View batch, std::optional<TimestampMs> append_time = std::nullopt) {
  const Expected expected;
  std::size_t seen = 0;
  const auto walked = for_each_record(batch, kPlainMax, [&](const Record& record) {
    EXPECT_LT(seen, expected.records.size());
    const NewRecord& want = expected.records[seen];
    EXPECT_EQ(record.offset.raw, 1000 + static_cast<std::int64_t>(seen));
    EXPECT_EQ(record.timestamp, append_time.value_or(want.timestamp));
    EXPECT_TRUE(same(record.key, want.key) && same(record.value, want.value)) << seen;
    EXPECT_EQ(record.headers.size(), want.headers.size());
    for (std::size_t i = 0; i < std::min(record.headers.size(), want.headers.size()); ++i) {
      EXPECT_EQ(record.headers[i].key, want.headers[i].key);
      EXPECT_TRUE(same(record.headers[i].value, want.headers[i].value));
    }
    return ++seen < expected.records.size();
  });
  EXPECT_TRUE(walked.ok()) << walked.error().text;
  EXPECT_EQ(seen, expected.records.size());
}

BatchOptions golden_options() { return {.base_offset = Offset{1000}, .leader_epoch = LeaderEpoch{9}}; }

TEST(Golden, KafkasBatchesAreRead) {
  for (const Codec codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    SCOPED_TRACE(name_of(codec));
    const Bytes batch = golden(std::string(name_of(codec)));
    const auto header = parse_header(batch);
    ASSERT_TRUE(header.ok()) << header.error().text;
    EXPECT_EQ(header->total_bytes(), batch.size());
    EXPECT_EQ(header->codec(), codec);
    EXPECT_TRUE(crc_matches(batch));
    EXPECT_EQ(header->leader_epoch, LeaderEpoch{9});
    EXPECT_EQ(header->max_timestamp.raw, kTime + 50);
    expect_records(batch);
  }
}

TEST(Golden, PlainBodiesAreTheSameInEveryCodec) {
  const Bytes plain = golden("none");
  for (const Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    const auto body = decompress(codec, View(golden(std::string(name_of(codec)))).subspan(kBatchHeaderBytes), kPlainMax);
    ASSERT_TRUE(body.ok());
    EXPECT_EQ(*body, copy_of(View(plain).subspan(kBatchHeaderBytes))) << name_of(codec);
  }
}

TEST(Golden, PlainBatchesAreMadeAgainByteForByte) {
  const Expected expected;
  BatchOptions options = golden_options();
  EXPECT_EQ(*build_batch(expected.records, options), golden("none"));
  options.transactional = true;
  options.producer_id = 4242;
  options.producer_epoch = 3;
  options.base_sequence = 17;
  EXPECT_EQ(*build_batch(expected.records, options), golden("transactional"));
}

TEST(Golden, AppendTimeIsStampedAsKafkaDoes) {
  const TimestampMs at{kTime + 12345};
  const Bytes kafkas = golden("append_time");
  expect_records(kafkas, at);
  Bytes ours = golden("none");
  assign(ours, {.base_offset = Offset{1000}, .leader_epoch = LeaderEpoch{9}, .append_time = at});
  EXPECT_EQ(ours, kafkas);
}

TEST(Golden, MarkersAreMadeAgainByteForByte) {
  const Bytes both = golden("markers");
  BatchOptions options{.base_offset = Offset{2000}, .leader_epoch = LeaderEpoch{9}, .producer_id = 4242, .producer_epoch = 3};
  Bytes ours = build_marker({.type = MarkerType::kCommit, .coordinator_epoch = 6}, TimestampMs{kTime}, options);
  options.base_offset = Offset{2001};
  append(ours, build_marker({.type = MarkerType::kAbort, .coordinator_epoch = 7}, TimestampMs{kTime}, options));
  EXPECT_EQ(ours, both);
  BatchCursor cursor(both);
  ASSERT_TRUE(cursor.next().has_value());
  EXPECT_EQ((*marker_of(cursor.batch()))->type, MarkerType::kCommit);
  ASSERT_TRUE(cursor.next().has_value());
  EXPECT_EQ((*marker_of(cursor.batch()))->type, MarkerType::kAbort);
  EXPECT_EQ((*marker_of(cursor.batch()))->coordinator_epoch, 7);
}

}  // namespace
}  // namespace takhin::record
