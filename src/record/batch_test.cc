#include "record/batch.h"

#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/crc32c.h"
#include "record/codec.h"
#include "record/control.h"
#include "record/layout.h"

namespace takhin::record {
namespace {

constexpr std::size_t kPlainMax = 1 << 20;

Bytes small_batch(const BatchOptions& options = {}, int count = 3) {
  std::vector<NewRecord> records;
  for (int i = 0; i < count; ++i) {
    records.push_back({.key = view_of("key"), .value = view_of("value"), .timestamp = TimestampMs{1000 + i}});
  }
  auto batch = build_batch(records, options);
  EXPECT_TRUE(batch.ok());
  return *std::move(batch);
}

void fix_crc(Bytes& batch) { store_be(batch.data() + layout::kCrc, crc32c(View(batch).subspan(layout::kAttributes))); }

Result<> walk(View batch) {
  return for_each_record(batch, kPlainMax, [](const Record&) { return true; });
}

TEST(Batch, RoundTripsRecordsInEveryCodec) {
  for (const Codec codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    const NewRecord records[] = {
        {.key = view_of("a"), .value = view_of("1"), .timestamp = TimestampMs{500}},
        {.key = std::nullopt, .value = view_of(""), .timestamp = TimestampMs{400}},
        {.key = view_of(""), .value = std::nullopt, .timestamp = TimestampMs{900},
         .headers = {{"trace", view_of("xyz")}, {"", std::nullopt}}},
    };
    const auto batch = build_batch(records, {.base_offset = Offset{77}, .leader_epoch = LeaderEpoch{4}, .codec = codec,
                                             .transactional = true, .producer_id = 9, .producer_epoch = 2, .base_sequence = 5});
    ASSERT_TRUE(batch.ok());
    EXPECT_TRUE(crc_matches(*batch));
    const auto header = parse_header(*batch);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->total_bytes(), batch->size());
    EXPECT_EQ(header->last_offset(), Offset{79});
    EXPECT_EQ(header->next_offset(), Offset{80});
    EXPECT_EQ(header->codec(), codec);
    EXPECT_EQ(header->max_timestamp, TimestampMs{900});
    EXPECT_EQ(header->last_sequence(), 7);
    EXPECT_TRUE(header->is_transactional() && header->has_producer() && !header->is_control());

    std::vector<std::string> seen;
    ASSERT_TRUE(for_each_record(*batch, kPlainMax, [&](const Record& r) {
      seen.push_back(fmt::format("{}@{} {}={} h{}", r.offset.raw, r.timestamp.raw, r.key ? text_of(*r.key) : "null",
                                 r.value ? text_of(*r.value) : "null", r.headers.size()));
      if (r.headers.size() == 2) {
        EXPECT_EQ(r.headers[0].key, "trace");
        EXPECT_EQ(text_of(*r.headers[0].value), "xyz");
        EXPECT_FALSE(r.headers[1].value.has_value());
      }
      return true;
    }).ok());
    EXPECT_EQ(seen, (std::vector<std::string>{"77@500 a=1 h0", "78@400 null= h0", "79@900 =null h2"}));
  }
}

TEST(Batch, StopsWalkingWhenTold) {
  int seen = 0;
  ASSERT_TRUE(for_each_record(small_batch(), kPlainMax, [&](const Record&) { return ++seen < 2; }).ok());
  EXPECT_EQ(seen, 2);
}

TEST(Batch, AssignLeavesTheCrcAloneUnlessTimeIsGiven) {
  Bytes batch = small_batch();
  const auto crc = parse_header(batch)->crc;
  assign(batch, {.base_offset = Offset{1'000'000}, .leader_epoch = LeaderEpoch{12}});
  EXPECT_TRUE(crc_matches(batch));
  EXPECT_EQ(parse_header(batch)->crc, crc);
  EXPECT_EQ(parse_header(batch)->base_offset, Offset{1'000'000});
  EXPECT_EQ(parse_header(batch)->leader_epoch, LeaderEpoch{12});

  assign(batch, {.base_offset = Offset{5}, .leader_epoch = LeaderEpoch{1}, .append_time = TimestampMs{777}});
  EXPECT_TRUE(crc_matches(batch));
  EXPECT_EQ(parse_header(batch)->timestamp_type(), TimestampType::kLogAppendTime);
  ASSERT_TRUE(for_each_record(batch, kPlainMax, [](const Record& r) {
    EXPECT_EQ(r.timestamp, TimestampMs{777});
    return true;
  }).ok());
}

TEST(Batch, HeaderFaultsHaveTheirKinds) {
  const Bytes good = small_batch();
  EXPECT_EQ(parse_header(View(good).first(60)).error().kind, Kind::kOutOfRange);
  EXPECT_EQ(parse_header({}).error().kind, Kind::kOutOfRange);
  const auto with = [&](std::size_t at, auto value) {
    Bytes bad = good;
    store_be(bad.data() + at, value);
    const auto header = parse_header(bad);
    return header.ok() ? std::optional<Kind>() : header.error().kind;
  };
  EXPECT_EQ(with(layout::kMagic, std::int8_t{1}), Kind::kInvalid);
  EXPECT_EQ(with(layout::kMagic, std::int8_t{3}), Kind::kInvalid);
  EXPECT_EQ(with(layout::kLength, std::int32_t{48}), Kind::kCorrupt);
  EXPECT_EQ(with(layout::kLength, std::int32_t{-1}), Kind::kCorrupt);
  EXPECT_EQ(with(layout::kRecordCount, std::int32_t{-1}), Kind::kCorrupt);
  EXPECT_EQ(with(layout::kRecordCount, std::int32_t{4}), Kind::kCorrupt);
  EXPECT_EQ(with(layout::kRecordCount, std::int32_t{INT32_MIN}), Kind::kCorrupt);
  EXPECT_EQ(with(layout::kLastOffsetDelta, std::int32_t{-1}), Kind::kCorrupt);
  EXPECT_EQ(with(layout::kBaseOffset, std::int64_t{INT64_MAX - 1}), Kind::kCorrupt);
  EXPECT_EQ(with(layout::kBaseOffset, std::int64_t{-5}), Kind::kCorrupt);
  EXPECT_EQ(with(layout::kAttributes, std::int16_t{5}), Kind::kCorrupt);
  EXPECT_EQ(with(layout::kRecordCount, std::int32_t{2}), std::nullopt);  // a compacted batch lacks records
}

TEST(Batch, CursorEndsAtATornTail) {
  Bytes log;
  for (int i = 0; i < 3; ++i) {
    const Bytes batch = small_batch({.base_offset = Offset{i * 3}});
    log.insert(log.end(), batch.begin(), batch.end());
  }
  const std::size_t one = log.size() / 3;
  for (std::size_t keep = 0; keep <= log.size(); ++keep) {
    BatchCursor cursor(View(log).first(keep));
    std::size_t count = 0;
    while (const auto header = cursor.next()) {
      EXPECT_EQ(header->base_offset.raw, static_cast<std::int64_t>(count++ * 3));
      EXPECT_EQ(cursor.batch().size(), one);
    }
    EXPECT_EQ(count, keep / one);
    EXPECT_EQ(cursor.valid_bytes(), count * one);
  }
}

TEST(Batch, RecordsThatLieAreCorrupt) {
  const Bytes good = small_batch();
  const auto broken = [&](auto change) {
    Bytes bad = good;
    change(bad);
    fix_crc(bad);
    const auto walked = walk(bad);
    return walked.ok() ? std::optional<Kind>() : walked.error().kind;
  };
  EXPECT_EQ(broken([](Bytes&) {}), std::nullopt);
  // Fewer or more records than the header says.
  EXPECT_EQ(broken([](Bytes& b) { store_be(b.data() + layout::kRecordCount, 2); }), Kind::kCorrupt);
  EXPECT_EQ(broken([](Bytes& b) {
    store_be(b.data() + layout::kRecordCount, 4);
    store_be(b.data() + layout::kLastOffsetDelta, 3);
  }), Kind::kCorrupt);
  // First record: length at 61, attributes 62, timestamp delta 63, offset delta 64, key length 65.
  EXPECT_EQ(broken([](Bytes& b) { b[61] = std::byte{0x7e}; b[62] = std::byte{0}; }), Kind::kCorrupt);
  EXPECT_EQ(broken([](Bytes& b) { b[61] = std::byte{0x01}; }), Kind::kCorrupt);
  EXPECT_EQ(broken([](Bytes& b) { b[64] = std::byte{0x02}; }), Kind::kCorrupt);  // 1, 1, 2
  EXPECT_EQ(broken([](Bytes& b) { b[65] = std::byte{0x03}; }), Kind::kCorrupt);  // key length -2
  EXPECT_EQ(broken([](Bytes& b) { b[65] = std::byte{0x7e}; }), Kind::kCorrupt);
}

TEST(Batch, GapsAreFineOnlyWhereRecordsAreMissing) {
  Bytes batch = small_batch();
  store_be(batch.data() + layout::kLastOffsetDelta, std::int32_t{9});  // 3 of 10 records left
  EXPECT_TRUE(walk(batch).ok());
}

TEST(Batch, DecompressionIsBounded) {
  const Bytes big(4 * kMiB, std::byte{'x'});
  const NewRecord record{.value = View(big)};
  const auto batch = build_batch({&record, 1}, {.codec = Codec::kZstd});
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(walk(*batch).error().kind, Kind::kExhausted);
}

TEST(Batch, SequencesWrapAsKafkasDo) {
  const BatchHeader header{.last_offset_delta = 4, .base_sequence = INT32_MAX - 2};
  EXPECT_EQ(header.last_sequence(), 1);
  EXPECT_EQ((BatchHeader{.last_offset_delta = 4, .base_sequence = -1}.last_sequence()), -1);
}

TEST(Batch, MarkersRoundTrip) {
  for (const MarkerType type : {MarkerType::kAbort, MarkerType::kCommit}) {
    const Bytes batch = build_marker({.type = type, .coordinator_epoch = 6}, TimestampMs{44},
                                     {.base_offset = Offset{3}, .producer_id = 8, .producer_epoch = 1});
    EXPECT_TRUE(crc_matches(batch));
    EXPECT_TRUE(parse_header(batch)->is_control() && parse_header(batch)->is_transactional());
    const auto marker = marker_of(batch);
    ASSERT_TRUE(marker.ok() && marker->has_value());
    EXPECT_EQ((*marker)->type, type);
    EXPECT_EQ((*marker)->coordinator_epoch, 6);
  }
  EXPECT_FALSE(marker_of(*build_batch(std::vector<NewRecord>{{.value = view_of("v")}}, {.control = true})).ok());
  EXPECT_EQ(build_batch({}, {}).error().kind, Kind::kInvalid);
}

}  // namespace
}  // namespace takhin::record
