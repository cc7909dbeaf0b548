#include "log/validate.h"

#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/crc32c.h"
#include "record/codec.h"
#include "record/layout.h"
#include "testing/log_maker.h"

namespace takhin::log {
namespace {

using testing::batch_of;
using testing::LogMaker;
namespace layout = record::layout;
constexpr std::int64_t kStart = LogMaker::kStart;

void fix_crc(Bytes& batch) { store_be(batch.data() + layout::kCrc, crc32c(View(batch).subspan(layout::kAttributes))); }
Bytes good(record::Codec codec = record::Codec::kNone) {
  return batch_of(std::vector<std::int64_t>{kStart, kStart + 5, kStart + 2}, 20, {}, codec);
}
Judged judged(Bytes& batch, const LogConfig& config = {}) {
  return judge(batch, config, {.next = Offset{40}, .epoch = LeaderEpoch{2}, .now = TimestampMs{kStart}}, ProducerState());
}
AppendStatus status(Bytes batch, const LogConfig& config = {}) { return judged(batch, config).status; }

TEST(Validate, LeavesAGoodBatchAsItIs) {
  for (const auto codec : {record::Codec::kNone, record::Codec::kGzip, record::Codec::kSnappy, record::Codec::kLz4,
                           record::Codec::kZstd}) {
    const Bytes sent = good(codec);
    Bytes batch = sent;
    const Judged out = judged(batch);
    ASSERT_EQ(out.status, AppendStatus::kOk) << out.why;
    EXPECT_FALSE(out.recompressed.has_value());
    EXPECT_EQ(record::parse_header(batch)->base_offset, Offset{40});
    EXPECT_EQ(record::parse_header(batch)->leader_epoch, LeaderEpoch{2});
    EXPECT_TRUE(std::equal(batch.begin() + layout::kMagic, batch.end(), sent.begin() + layout::kMagic)) << "bytes from magic on";
  }
}

TEST(Validate, EveryFlippedBitBehindTheEpochIsSeen) {
  const Bytes sent = good();
  for (std::size_t bit = layout::kLength * 8; bit < sent.size() * 8; ++bit) {
    if (bit / 8 >= layout::kLeaderEpoch && bit / 8 < layout::kMagic) continue;  // the broker's own field
    Bytes batch = sent;
    batch[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    const auto seen = status(batch);
    EXPECT_TRUE(seen == AppendStatus::kCorruptMessage || seen == AppendStatus::kUnsupportedMagic) << bit;
  }
}

TEST(Validate, EachRuleHasItsAnswer) {
  const auto with = [](auto change, const LogConfig& config = {}) {
    Bytes batch = good();
    change(batch);
    fix_crc(batch);
    return status(batch, config);
  };
  EXPECT_EQ(with([](Bytes&) {}), AppendStatus::kOk);
  EXPECT_EQ(status({}), AppendStatus::kInvalidRecord);
  Bytes longer = good();
  longer.push_back(std::byte{0});
  EXPECT_EQ(status(longer), AppendStatus::kCorruptMessage);
  EXPECT_EQ(with([](Bytes& b) { b[layout::kMagic] = std::byte{1}; }), AppendStatus::kUnsupportedMagic);
  EXPECT_EQ(with([](Bytes&) {}, {.message_bytes_max = 100}), AppendStatus::kMessageTooLarge);
  const auto attributes = [](std::int16_t value) {
    return [value](Bytes& b) { store_be(b.data() + layout::kAttributes, value); };
  };
  EXPECT_EQ(with(attributes(0x20)), AppendStatus::kInvalidRecord);     // control
  EXPECT_EQ(with(attributes(0x08)), AppendStatus::kInvalidTimestamp);  // claims LogAppendTime
  EXPECT_EQ(with(attributes(0x10)), AppendStatus::kInvalidRecord);     // transactional without producer
  EXPECT_EQ(with(attributes(0x04)), AppendStatus::kInvalidRecord);     // says zstd, is not
  EXPECT_EQ(with(attributes(0x05)), AppendStatus::kCorruptMessage);    // no such compression
  EXPECT_EQ(with([](Bytes& b) { store_be(b.data() + layout::kLastOffsetDelta, 5); }), AppendStatus::kInvalidRecord);
  EXPECT_EQ(with([](Bytes& b) { store_be(b.data() + layout::kRecordCount, 0); }), AppendStatus::kInvalidRecord);
  EXPECT_EQ(with([](Bytes& b) {
    store_be(b.data() + layout::kRecordCount, 2);
    store_be(b.data() + layout::kLastOffsetDelta, 1);
  }), AppendStatus::kInvalidRecord);
  EXPECT_EQ(with([](Bytes& b) { store_be(b.data() + layout::kProducerId, std::int64_t{7}); }), AppendStatus::kInvalidRecord);
  EXPECT_EQ(with([](Bytes& b) { store_be(b.data() + layout::kBaseTimestamp, std::int64_t{INT64_MAX}); }),
            AppendStatus::kInvalidTimestamp);
  EXPECT_EQ(with([](Bytes& b) { store_be(b.data() + layout::kBaseTimestamp, std::int64_t{-3}); }),
            AppendStatus::kInvalidTimestamp);
}

TEST(Validate, TimestampsHaveBounds) {
  const LogConfig config{.timestamp_before_max_ms = 1000, .timestamp_after_max_ms = 500};
  const auto at = [&](std::int64_t time) { return status(batch_of(std::vector<std::int64_t>{kStart, time}), config); };
  EXPECT_EQ(at(kStart - 1000), AppendStatus::kOk);
  EXPECT_EQ(at(kStart - 1001), AppendStatus::kInvalidTimestamp);
  EXPECT_EQ(at(kStart + 500), AppendStatus::kOk);
  EXPECT_EQ(at(kStart + 501), AppendStatus::kInvalidTimestamp);
  EXPECT_EQ(at(-1), AppendStatus::kOk);  // no timestamp at all
}

TEST(Validate, AMaxTimestampThatLiesIsPutRight) {
  for (const std::int64_t lie : {std::int64_t{0}, kStart + 100'000'000}) {
    Bytes batch = good(record::Codec::kLz4);
    store_be(batch.data() + layout::kMaxTimestamp, lie);
    fix_crc(batch);
    ASSERT_EQ(judged(batch).status, AppendStatus::kOk);
    EXPECT_EQ(record::parse_header(batch)->max_timestamp.raw, kStart + 5);
    EXPECT_TRUE(record::crc_matches(batch));
  }
}

TEST(Validate, RecompressesOnlyWhenAskedTo) {
  const LogConfig config{.compression = record::Codec::kZstd};
  Bytes same = good(record::Codec::kZstd);
  EXPECT_FALSE(judged(same, config).recompressed.has_value());
  Bytes both = good();
  const Bytes second = good(record::Codec::kZstd);
  both.insert(both.end(), second.begin(), second.end());
  const Judged out = judged(both, config);
  ASSERT_EQ(out.status, AppendStatus::kOk) << out.why;
  ASSERT_TRUE(out.recompressed.has_value());
  record::BatchCursor cursor(*out.recompressed);
  std::int64_t offset = 40;
  while (const auto header = cursor.next()) {
    EXPECT_TRUE(record::crc_matches(cursor.batch()));
    EXPECT_EQ(header->codec(), record::Codec::kZstd);
    EXPECT_EQ(header->base_timestamp.raw, kStart);
    ASSERT_TRUE(record::for_each_record(cursor.batch(), kMiB, [&](const record::Record& record) {
      EXPECT_EQ(record.offset.raw, offset++);
      EXPECT_EQ(text_of(*record.key), "key");
      return true;
    }).ok());
  }
  EXPECT_EQ(offset, 46);
  EXPECT_EQ(cursor.valid_bytes(), out.recompressed->size());
}

TEST(Validate, RecompressesAtTheLevelOfTheTopic) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919 % 1009) + ",";
  const record::NewRecord record{.value = view_of(text), .timestamp = TimestampMs{kStart}};
  const auto size_at = [&](record::Codec codec, int level) {
    Bytes batch = *record::build_batch({&record, 1}, {});
    const Judged out = judged(batch, {.compression = codec, .compression_level = level});
    EXPECT_TRUE(out.recompressed.has_value()) << out.why;
    return out.recompressed ? out.recompressed->size() : 0;
  };
  EXPECT_GT(size_at(record::Codec::kGzip, 1), size_at(record::Codec::kGzip, 9));
  EXPECT_GT(size_at(record::Codec::kLz4, 1), size_at(record::Codec::kLz4, 17));
  EXPECT_GT(size_at(record::Codec::kZstd, -1000), size_at(record::Codec::kZstd, 19));
}

TEST(Validate, ABombIsRefusedWithinItsLimit) {
  const Bytes zeros(kMiB, std::byte{0});
  const record::NewRecord record{.value = View(zeros), .timestamp = TimestampMs{kStart}};
  auto bomb = record::build_batch({&record, 1}, {.codec = record::Codec::kZstd});
  ASSERT_TRUE(bomb.ok());
  ASSERT_LT(bomb->size(), 1000u);
  const auto with_limit = [&](std::size_t plain_bytes_max) {
    const Intake intake{.epoch = LeaderEpoch{2}, .now = TimestampMs{kStart}, .plain_bytes_max = plain_bytes_max};
    return judge(*bomb, {}, intake, ProducerState()).status;
  };
  EXPECT_EQ(with_limit(kMiB), AppendStatus::kMessageTooLarge);
  EXPECT_EQ(with_limit(kMiB + 100), AppendStatus::kOk);
}

TEST(Validate, OneBadBatchRefusesAll) {
  LogMaker made;
  Log& log = made.open();
  Bytes both = good();
  Bytes bad = good();
  bad.back() ^= std::byte{1};
  both.insert(both.end(), bad.begin(), bad.end());
  EXPECT_EQ(made.append(both).status, AppendStatus::kCorruptMessage);
  EXPECT_EQ(log.end(), Offset{0});
  EXPECT_EQ(log.bytes(), 0u);
}

}  // namespace
}  // namespace takhin::log
