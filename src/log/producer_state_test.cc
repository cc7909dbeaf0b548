#include "log/producer_state.h"

#include <gtest/gtest.h>

#include "base/codec.h"
#include "log/epoch_cache.h"
#include "log/log_impl.h"
#include "log/names.h"
#include "testing/log_maker.h"

namespace takhin::log {
namespace {

using testing::LogMaker;
using testing::ProducerStamp;
constexpr auto kOk = AppendStatus::kOk;
constexpr auto kDuplicate = AppendStatus::kDuplicate;
constexpr auto kOutOfOrder = AppendStatus::kOutOfOrderSequence;
constexpr auto kBadEpoch = AppendStatus::kInvalidProducerEpoch;

TEST(Idempotence, TheLastFiveBatchesAreKnown) {
  LogMaker made;
  made.open();
  for (std::int32_t i = 0; i < 8; ++i) ASSERT_EQ(made.append(2, 20, {.id = 1, .epoch = 0, .sequence = i * 2}).status, kOk);
  const Offset end = made.get().end();
  for (std::int32_t i = 3; i < 8; ++i) {
    const auto again = made.append(2, 20, {.id = 1, .epoch = 0, .sequence = i * 2});
    EXPECT_EQ(again.status, kDuplicate);
    EXPECT_EQ(again.base.raw, i * 2);
    EXPECT_EQ(again.end.raw, i * 2 + 2);
  }
  EXPECT_EQ(made.append(2, 20, {.id = 1, .epoch = 0, .sequence = 4}).status, kOutOfOrder);  // the sixth last
  EXPECT_EQ(made.append(1, 20, {.id = 1, .epoch = 0, .sequence = 14}).status, kOutOfOrder);  // same start, other length
  EXPECT_EQ(made.append(1, 20, {.id = 1, .epoch = 0, .sequence = 17}).status, kOutOfOrder);  // a gap
  EXPECT_EQ(made.get().end(), end);
}

TEST(Idempotence, EpochsRiseAndBeginAtZero) {
  LogMaker made;
  made.open();
  ASSERT_EQ(made.append(3, 20, {.id = 1, .epoch = 2, .sequence = 0}).status, kOk);
  EXPECT_EQ(made.append(1, 20, {.id = 1, .epoch = 1, .sequence = 3}).status, kBadEpoch);
  EXPECT_EQ(made.append(1, 20, {.id = 1, .epoch = 3, .sequence = 3}).status, kOutOfOrder);
  EXPECT_EQ(made.append(1, 20, {.id = 1, .epoch = 3, .sequence = 0}).status, kOk);
  EXPECT_EQ(made.append(3, 20, {.id = 1, .epoch = 2, .sequence = 3}).status, kBadEpoch);
}

TEST(Idempotence, AnUnknownProducerMayBeginAnywhere) {
  LogMaker made;
  made.open();
  EXPECT_EQ(made.append(1, 20, {.id = 5, .epoch = 0, .sequence = 1234}).status, kOk);
  EXPECT_EQ(made.append(1, 20, {.id = 5, .epoch = 0, .sequence = 1235}).status, kOk);
  // Forgotten after a day of silence, as when its records were deleted.
  made.clock.advance(std::chrono::hours(25));
  ASSERT_TRUE(made.get().roll_if_due().ok());
  EXPECT_EQ(made.append(1, 20, {.id = 5, .epoch = 0, .sequence = 7}).status, kOk);
}

TEST(Idempotence, SequencesWrap) {
  LogMaker made;
  made.open();
  EXPECT_EQ(made.append(3, 20, {.id = 1, .epoch = 0, .sequence = INT32_MAX - 1}).status, kOk);  // MAX - 1, MAX, 0
  EXPECT_EQ(made.append(1, 20, {.id = 1, .epoch = 0, .sequence = 1}).status, kOk);
  EXPECT_EQ(made.append(3, 20, {.id = 1, .epoch = 0, .sequence = INT32_MAX - 1}).status, kDuplicate);
  ASSERT_TRUE(made.get().close().ok());
  made.open(true);
  EXPECT_EQ(made.append(3, 20, {.id = 1, .epoch = 0, .sequence = INT32_MAX - 1}).status, kDuplicate);
  EXPECT_EQ(made.append(1, 20, {.id = 2, .epoch = 0, .sequence = INT32_MAX}).status, kOk);
  EXPECT_EQ(made.append(1, 20, {.id = 2, .epoch = 0, .sequence = 0}).status, kOk);
}

TEST(Idempotence, SurvivesKillAndPowerLoss) {
  for (const bool power : {false, true}) {
    LogMaker made;
    made.options.config.segment_bytes = 500;
    made.open();
    for (std::int32_t i = 0; i < 12; ++i) ASSERT_EQ(made.append(1, 60, {.id = 1, .epoch = 4, .sequence = i}).status, kOk);
    ASSERT_TRUE(made.get().sync().ok());
    if (power) {
      made.fs.power_loss();
    } else {
      made.fs.kill();
    }
    made.open();
    EXPECT_EQ(made.append(1, 60, {.id = 1, .epoch = 4, .sequence = 11}).status, kDuplicate);
    EXPECT_EQ(made.append(1, 60, {.id = 1, .epoch = 4, .sequence = 13}).status, kOutOfOrder);
    EXPECT_EQ(made.append(1, 60, {.id = 1, .epoch = 3, .sequence = 12}).status, kBadEpoch);
    EXPECT_EQ(made.append(1, 60, {.id = 1, .epoch = 4, .sequence = 12}).base, Offset{12});
  }
}

TEST(Idempotence, ATornSnapshotIsPassedOver) {
  LogMaker made;
  made.options.config.segment_bytes = 500;
  made.open();
  for (std::int32_t i = 0; i < 12; ++i) ASSERT_EQ(made.append(1, 60, {.id = 1, .epoch = 4, .sequence = i}).status, kOk);
  ASSERT_TRUE(made.get().sync().ok());
  const auto last = segment_path(made.options.dir, made.get().segments().back().base, kSnapshotSuffix);
  made.fs.kill();
  made.fs.flip(last, 20);
  made.open();
  EXPECT_EQ(made.append(1, 60, {.id = 1, .epoch = 4, .sequence = 11}).status, kDuplicate);
}

TEST(Idempotence, ATransactionAdmitsNoPlainBatch) {
  LogMaker made;
  made.open();
  ASSERT_EQ(made.append(1, 20, {.id = 1, .epoch = 0, .sequence = 0, .transactional = true}).status, kOk);
  EXPECT_EQ(made.get().last_stable(), Offset{0});
  EXPECT_EQ(made.append(1, 20, {.id = 1, .epoch = 0, .sequence = 1}).status, AppendStatus::kInvalidRecord);
  made.end_transaction(1, record::MarkerType::kCommit);
  EXPECT_EQ(made.get().last_stable(), made.get().end());
  EXPECT_EQ(made.append(1, 20, {.id = 1, .epoch = 0, .sequence = 1}).status, kOk);
  EXPECT_TRUE(made.get().aborted_in(Offset{0}, Offset{10})->empty());
}

ProducerState sample() {
  ProducerState state;
  state.replay({.base_offset = Offset{10}, .last_offset_delta = 4, .max_timestamp = TimestampMs{99}, .producer_id = 3,
                .producer_epoch = 1, .base_sequence = 5, .record_count = 5}, TimestampMs{1});
  state.replay({.base_offset = Offset{20}, .attributes = 0x10, .max_timestamp = TimestampMs{100}, .producer_id = 2,
                .producer_epoch = 0, .base_sequence = 0, .record_count = 1}, TimestampMs{1});
  return state;
}

TEST(Snapshot, RoundTripsAndRefusesEveryDamage) {
  const Bytes data = sample().encode();
  ProducerState back;
  ASSERT_TRUE(back.decode(data, TimestampMs{1}).ok());
  EXPECT_EQ(back.size(), 2u);
  EXPECT_EQ(back.first_open(), Offset{20});
  EXPECT_EQ(*back.find(3)->last(), *sample().find(3)->last());
  EXPECT_EQ(back.encode(), data);
  for (std::size_t i = 0; i < data.size(); ++i) {
    Bytes damaged = data;
    damaged[i] ^= std::byte{4};
    EXPECT_FALSE(ProducerState().decode(damaged, TimestampMs{1}).ok()) << i;
    EXPECT_FALSE(ProducerState().decode(View(data).first(i), TimestampMs{1}).ok()) << i;
  }
}

TEST(Snapshot, TheNumberOfProducersIsBounded) {
  ProducerState state;
  record::BatchHeader header{.attributes = 0x10, .producer_id = 1, .producer_epoch = 0, .base_sequence = 0, .record_count = 1};
  state.replay(header, TimestampMs{0});  // an open transaction is never forgotten
  header.attributes = 0;
  for (std::size_t i = 2; i < kProducersMax + 5000; ++i) {
    header.producer_id = static_cast<std::int64_t>(i);
    state.replay(header, TimestampMs{static_cast<std::int64_t>(i)});
    ASSERT_LE(state.size(), kProducersMax);
  }
  EXPECT_NE(state.find(1), nullptr);
  EXPECT_EQ(state.find(2), nullptr);
  EXPECT_NE(state.find(header.producer_id), nullptr);
}

TEST(EpochCache, ReadsKafkasTextAndKeepsOrder) {
  const auto cache = EpochCache::parse("0\n2\n0 0\n3 17\n");
  ASSERT_TRUE(cache.ok());
  EXPECT_EQ(cache->text(Offset{100}), "0\n2\n0 0\n3 17\n");
  EXPECT_EQ(cache->text(Offset{17}), "0\n1\n0 0\n");
  EXPECT_EQ(cache->at(Offset{16}), LeaderEpoch{0});
  EXPECT_EQ(cache->at(Offset{17}), LeaderEpoch{3});
  for (const char* bad : {"", "1\n0\n", "0\n2\n0 0\n", "0\n2\n3 0\n3 5\n", "0\n2\n3 9\n4 5\n",
                          "0\n99999999999999999999\n", "0\n1\nx 1\n"}) {
    EXPECT_FALSE(EpochCache::parse(bad).ok()) << bad;
  }
  EpochCache mutable_cache = *cache;
  EXPECT_FALSE(mutable_cache.assign(LeaderEpoch{3}, Offset{20}));
  EXPECT_TRUE(mutable_cache.assign(LeaderEpoch{4}, Offset{20}));
  EXPECT_TRUE(mutable_cache.assign(LeaderEpoch{5}, Offset{20}));  // nothing was written in 4
  EXPECT_EQ(mutable_cache.entries().size(), 3u);
  EXPECT_TRUE(mutable_cache.truncate(Offset{17}));
  EXPECT_EQ(mutable_cache.entries().size(), 1u);
}

}  // namespace
}  // namespace takhin::log
