#include "record/batch_filter.h"

#include <gtest/gtest.h>

namespace takhin::record {
namespace {

constexpr std::int64_t kT = 1'700'000'000'000;

Bytes made(const BatchOptions& options, std::size_t records = 4, bool tombstone = false) {
  std::vector<NewRecord> all;
  static const std::string_view keys[] = {"a", "b", "c", "d", "e", "f"};
  for (std::size_t i = 0; i < records; ++i) {
    all.push_back({.key = view_of(keys[i]),
                   .value = tombstone && i == 1 ? std::nullopt : std::optional(view_of("value")),
                   .timestamp = TimestampMs{kT + static_cast<std::int64_t>(10 * (records - i))},
                   .headers = {{"h", view_of("x")}, {"n", std::nullopt}}});
  }
  return *build_batch(all, options);
}
struct Row {
  std::int64_t offset, timestamp;
  std::string key;
  bool operator==(const Row&) const = default;
};
std::vector<Row> rows(View batch) {
  std::vector<Row> out;
  EXPECT_TRUE(crc_matches(batch));
  EXPECT_TRUE(for_each_record(batch, kMiB, [&](const Record& record) {
    EXPECT_EQ(record.headers.size(), 2u);
    out.push_back({record.offset.raw, record.timestamp.raw, std::string(text_of(*record.key))});
    return true;
  }).ok());
  return out;
}
const FilterOrder kPlain{.plain_max = kMiB};

TEST(BatchFilter, KeepsOffsetsTimesProducerAndCodec) {
  for (const auto codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    const Bytes batch = made({.base_offset = Offset{100}, .leader_epoch = LeaderEpoch{3}, .codec = codec, .transactional = true,
                              .producer_id = 7, .producer_epoch = 2, .base_sequence = 50});
    const auto header = *parse_header(batch);
    const auto before = rows(batch);
    Bytes out;
    const auto filtered = filter_batch(header, batch, kPlain, [](const RawRecord& r) { return r.offset_delta % 2 == 1; }, out);
    ASSERT_TRUE(filtered.ok()) << filtered.error().text;
    EXPECT_EQ(filtered->read, 4);
    EXPECT_EQ(filtered->kept, 2);
    EXPECT_FALSE(filtered->same);
    const auto after = *parse_header(out);
    EXPECT_EQ(after.total_bytes(), out.size());
    EXPECT_EQ(rows(out), (std::vector<Row>{before[1], before[3]}));
    EXPECT_EQ(after.base_offset, header.base_offset);
    EXPECT_EQ(after.last_offset(), header.last_offset());
    EXPECT_EQ(after.codec(), codec);
    EXPECT_EQ(after.leader_epoch, header.leader_epoch);
    EXPECT_EQ(after.producer_id, 7);
    EXPECT_EQ(after.producer_epoch, 2);
    EXPECT_EQ(after.base_sequence, 50);
    EXPECT_EQ(after.last_sequence(), header.last_sequence());
    EXPECT_TRUE(after.is_transactional());
    EXPECT_EQ(after.max_timestamp.raw, before[1].timestamp);
  }
}

TEST(BatchFilter, NothingChangesWhenAllStaysAndNothingIsWrittenWhenNoneDoes) {
  const Bytes batch = made({.base_offset = Offset{5}});
  Bytes out;
  const auto all = filter_batch(*parse_header(batch), batch, kPlain, [](const RawRecord&) { return true; }, out);
  EXPECT_TRUE(all->same);
  EXPECT_EQ(out, batch);
  out.clear();
  EXPECT_EQ(filter_batch(*parse_header(batch), batch, kPlain, [](const RawRecord&) { return false; }, out)->kept, 0);
  EXPECT_TRUE(out.empty());
}

TEST(BatchFilter, AHorizonIsSetOnceAndMovesNoTimestamp) {
  for (const auto codec : {Codec::kNone, Codec::kZstd}) {
    for (const bool append_time : {false, true}) {
      Bytes batch = made({.base_offset = Offset{5}, .codec = codec}, 4, true);
      if (append_time) assign(batch, {Offset{5}, LeaderEpoch{0}, TimestampMs{kT + 99}});
      const auto before = rows(batch);
      const FilterOrder order{.horizon = TimestampMs{kT + 86'400'000}, .plain_max = kMiB};
      Bytes out;
      ASSERT_TRUE(filter_batch(*parse_header(batch), batch, order, [](const RawRecord&) { return true; }, out).ok());
      EXPECT_EQ(delete_horizon(*parse_header(batch)), std::nullopt);
      EXPECT_EQ(delete_horizon(*parse_header(out)), order.horizon);
      EXPECT_EQ(rows(out), before);
      EXPECT_EQ(parse_header(out)->max_timestamp, parse_header(batch)->max_timestamp);
      Bytes again;
      const FilterOrder later{.horizon = TimestampMs{INT64_MAX}, .plain_max = kMiB};
      const auto not_the_first = [](const RawRecord& r) { return r.offset_delta != 0; };
      ASSERT_TRUE(filter_batch(*parse_header(out), out, later, not_the_first, again).ok());
      EXPECT_EQ(delete_horizon(*parse_header(again)), order.horizon);
      EXPECT_EQ(rows(again), std::vector<Row>(before.begin() + 1, before.end()));
      // A horizon at the end of time still gives the timestamps back.
      Bytes forever;
      ASSERT_TRUE(filter_batch(*parse_header(batch), batch, later, [](const RawRecord&) { return true; }, forever).ok());
      EXPECT_EQ(rows(forever), before);
    }
  }
}

TEST(BatchFilter, WithoutATombstoneThereIsNoHorizonUnlessAskedFor) {
  const Bytes batch = made({.base_offset = Offset{5}});
  Bytes out;
  FilterOrder order{.horizon = TimestampMs{kT + 5}, .plain_max = kMiB};
  EXPECT_TRUE(filter_batch(*parse_header(batch), batch, order, [](const RawRecord&) { return true; }, out)->same);
  order.needs_horizon = true;
  out.clear();
  EXPECT_FALSE(filter_batch(*parse_header(batch), batch, order, [](const RawRecord&) { return true; }, out)->same);
  EXPECT_EQ(delete_horizon(*parse_header(out)), order.horizon);
}

TEST(BatchFilter, AnEmptyBatchRemembersItsProducer) {
  const Bytes batch = made({.base_offset = Offset{9}, .leader_epoch = LeaderEpoch{4}, .codec = Codec::kZstd,
                            .transactional = true, .producer_id = 7, .producer_epoch = 2, .base_sequence = 50});
  const auto header = *parse_header(batch);
  Bytes out;
  append_empty_batch(out, header, false);
  auto empty = *parse_header(out);
  EXPECT_EQ(out.size(), kBatchHeaderBytes);
  EXPECT_TRUE(rows(out).empty());
  EXPECT_EQ(empty.last_offset(), header.last_offset());
  EXPECT_EQ(empty.last_sequence(), header.last_sequence());
  EXPECT_EQ(empty.max_timestamp, header.max_timestamp);
  EXPECT_EQ(empty.codec(), Codec::kNone);
  EXPECT_TRUE(empty.is_transactional());
  out.clear();
  append_empty_batch(out, header, true);
  empty = *parse_header(out);
  EXPECT_TRUE(rows(out).empty());
  EXPECT_FALSE(empty.has_producer());
  EXPECT_FALSE(empty.is_transactional());
  EXPECT_EQ(empty.base_offset, header.base_offset);
  EXPECT_EQ(empty.last_offset(), header.last_offset());
  EXPECT_EQ(empty.leader_epoch, header.leader_epoch);
}

TEST(BatchFilter, DamageIsAnError) {
  Bytes batch = made({.base_offset = Offset{5}});
  batch[kBatchHeaderBytes] = std::byte{0x7f};
  Bytes out;
  EXPECT_EQ(filter_batch(*parse_header(batch), batch, kPlain, [](const RawRecord&) { return true; }, out).error().kind,
            Kind::kCorrupt);
  const Bytes packed = made({.base_offset = Offset{5}, .codec = Codec::kZstd});
  const auto all = [](const RawRecord&) { return true; };
  EXPECT_EQ(filter_batch(*parse_header(packed), packed, {.plain_max = 3}, all, out).error().kind, Kind::kExhausted);
}

}  // namespace
}  // namespace takhin::record
