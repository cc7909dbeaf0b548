// Compaction: what goes, what stays, and in which form.

#include <gtest/gtest.h>

#include "log/key_offsets.h"
#include "log/names.h"
#include "record/batch_filter.h"
#include "testing/compaction_kit.h"

namespace takhin::log {
namespace {

using testing::CompactionKit;
using testing::LogMaker;
using testing::Pair;
constexpr std::int64_t kStart = LogMaker::kStart;
constexpr std::int64_t kDay = 86'400'000;

class CleanerTest : public ::testing::Test, public CompactionKit {
 protected:
  void SetUp() override { open(); }
};

TEST_F(CleanerTest, KeepsTheLastRecordOfEachKeyWithItsOffsetAndTime) {
  put({{"a", "1"}, {"b", "1"}});
  put({{"a", "2"}});
  put({{"c", "1"}, {"a", "3"}});
  roll();
  const auto cleaned = clean();
  EXPECT_EQ(cleaned.end, Offset{5});
  EXPECT_EQ(cleaned.records_read, 5u);
  EXPECT_EQ(cleaned.records_kept, 3u);
  const auto all = rows();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].text(), "1:b=1");
  EXPECT_EQ(all[1].text(), "3:c=1");
  EXPECT_EQ(all[2].text(), "4:a=3");
  EXPECT_EQ(all[2].timestamp, time_of(4));
  EXPECT_EQ(log().end(), Offset{5});
  EXPECT_EQ(log().local_start(), Offset{0});
  EXPECT_EQ(log().cleaned_end(), Offset{5});
}

TEST_F(CleanerTest, TheActiveSegmentIsLeftAloneAndItsKeysDoNotCount) {
  put({{"a", "1"}});
  roll();
  put({{"a", "2"}});
  const auto before = log().segments().back().base;
  const auto cleaned = clean();
  EXPECT_EQ(cleaned.end, before);
  EXPECT_EQ(texts(), (std::vector<std::string>{"0:a=1", "1:a=2"}));
  roll();
  clean();
  EXPECT_EQ(texts(), (std::vector<std::string>{"1:a=2"}));
}

TEST_F(CleanerTest, NothingChangesOnDiskWhenNothingGoes) {
  put({{"a", "1"}, {"b", "1"}});
  roll();
  const auto path = segment_path(made.options.dir, Offset{0}, kLogSuffix);
  const Bytes before = *read_whole(made.fs, path);
  const auto cleaned = clean();
  EXPECT_EQ(cleaned.segments_before, 0u);
  EXPECT_EQ(*read_whole(made.fs, path), before);
  EXPECT_TRUE(leftovers().empty());
  EXPECT_EQ(clean().bytes_read, 0u) << "a clean log is not read again";
}

TEST_F(CleanerTest, SegmentsAreMergedWhileTheyFit) {
  made.options.config.segment_bytes = 400;
  open();
  for (int i = 0; i < 60; ++i) put({{"k" + std::to_string(i % 4), std::to_string(i)}});
  roll();
  made.options.config.segment_bytes = 1200;
  log().set_config(made.options.config);
  const std::size_t before = log().segments().size();
  ASSERT_GT(before, 4u);
  const auto cleaned = clean();
  EXPECT_EQ(cleaned.segments_before, before - 1);
  EXPECT_LE(cleaned.segments_after * 2, cleaned.segments_before);
  EXPECT_LT(log().segments().size(), before);
  EXPECT_EQ(texts(), (std::vector<std::string>{"56:k0=56", "57:k1=57", "58:k2=58", "59:k3=59"}));
  check_files();
  // Later ones take the small ones in.
  for (int run = 0; run < 3; ++run) {
    put({{"k0", "x"}});
    roll();
    clean();
  }
  EXPECT_LE(log().segments().size(), 3u);
  check_files();
  reopen();
  EXPECT_EQ(texts(), (std::vector<std::string>{"57:k1=57", "58:k2=58", "59:k3=59", "62:k0=x"}));
}

TEST_F(CleanerTest, AMergedSegmentSpansLessThan2To31Offsets) {
  put({{"a", "1"}});
  roll();
  Bytes far = testing::keyed_batch({{"b", "1"}}, kStart, {.base_offset = Offset{1}});
  append(far, testing::keyed_batch({{"c", "1"}}, kStart, {.base_offset = Offset{INT32_MAX}}));
  ASSERT_TRUE(log().append_as_is(far).ok());
  roll();
  put({{"d", "1"}});
  roll();
  clean();
  ASSERT_EQ(log().segments().size(), 3u);
  EXPECT_EQ(log().segments()[1].base.raw, std::int64_t{INT32_MAX} + 1);
  EXPECT_EQ(texts().size(), 4u);
  check_files();
}

TEST_F(CleanerTest, ATombstoneStaysUntilItsHorizon) {
  put({{"a", "1"}, {"b", "1"}});
  put({{"a", std::nullopt}});
  put({{"c", "1"}});
  roll();
  clean();
  EXPECT_EQ(texts(), (std::vector<std::string>{"1:b=1", "2:a", "3:c=1"}));
  const auto horizons = headers();
  EXPECT_EQ(record::delete_horizon(horizons[1]), TimestampMs{now().raw + kDay});
  EXPECT_EQ(rows()[1].timestamp, time_of(2)) << "the record's own time is not the horizon";
  made.clock.advance(std::chrono::milliseconds(kDay - 1));
  dirty_and_clean();
  EXPECT_EQ(texts()[1], "2:a");
  EXPECT_EQ(record::delete_horizon(headers()[1]), TimestampMs{now().raw + 1}) << "it is set once";
  made.clock.advance(std::chrono::milliseconds(1));
  keep_tombstones = true;
  dirty_and_clean();
  EXPECT_EQ(texts()[1], "2:a");
  keep_tombstones = false;
  dirty_and_clean();
  EXPECT_EQ(texts()[0], "1:b=1");
  EXPECT_EQ(texts()[1], "3:c=1");
}

TEST_F(CleanerTest, RecordsWithoutAKeyGo) {
  put({{std::nullopt, "x"}, {"a", "1"}});
  roll();
  clean();
  EXPECT_EQ(texts(), (std::vector<std::string>{"1:a=1"}));
}

TEST_F(CleanerTest, ACompactedLogTakesNoRecordWithoutAKey) {
  made.options.config.compacted = true;
  log().set_config(made.options.config);
  const auto refused = put({{"a", "1"}, {std::nullopt, "x"}, {"b", "1"}, {std::nullopt, "y"}});
  EXPECT_EQ(refused.status, AppendStatus::kInvalidRecord);
  ASSERT_EQ(refused.record_errors.size(), 2u);
  EXPECT_EQ(refused.record_errors[0].index, 1);
  EXPECT_EQ(refused.record_errors[1].index, 3);
  EXPECT_EQ(refused.record_errors[0].why, "Compacted topic cannot accept message without key in topic partition topic-0.");
  EXPECT_TRUE(refused.why.starts_with("One or more records have been rejected due to 2 record errors in total"));
  EXPECT_EQ(log().end(), Offset{0});
}

TEST_F(CleanerTest, EveryCodecIsWrittenWithItself) {
  for (int codec = 0; codec < 5; ++codec) {
    put({{"a", "1"}, {"b" + std::to_string(codec), "1"}, {"a", "2"}}, {}, static_cast<record::Codec>(codec));
  }
  roll();
  clean();
  const auto all = headers();
  ASSERT_EQ(all.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(static_cast<std::size_t>(all[i].codec()), i);
  EXPECT_EQ(texts(), (std::vector<std::string>{"1:b0=1", "4:b1=1", "7:b2=1", "10:b3=1", "13:b4=1", "14:a=2"}));
}

TEST_F(CleanerTest, AFullMapCleansUpToThereAndGoesOnNextTime) {
  map_bytes = 24 * 4;  // three keys
  for (int i = 0; i < 5; ++i) put({{"k" + std::to_string(i), "1"}, {"k" + std::to_string(i), "2"}});
  put({{"k0", "3"}});
  roll();
  auto cleaned = clean();
  EXPECT_EQ(cleaned.end, Offset{6}) << "the fourth key has no room";
  EXPECT_EQ(texts()[0], "1:k0=2");
  EXPECT_EQ(texts()[3], "6:k3=1") << "above, nothing is touched";
  cleaned = clean();
  EXPECT_EQ(cleaned.end, Offset{11});
  EXPECT_EQ(texts(), (std::vector<std::string>{"3:k1=2", "5:k2=2", "7:k3=2", "9:k4=2", "10:k0=3"}));
}

TEST_F(CleanerTest, AMapSmallerThanABatchStillMakesWay) {
  map_bytes = 0;  // one key
  put({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"a", "2"}, {"b", "2"}});
  roll();
  Offset last{0};
  for (int run = 0; run < 5 && log().cleaned_end() < Offset{5}; ++run) {
    const Offset end = clean().end;
    EXPECT_GT(end, last);
    last = end;
  }
  EXPECT_EQ(last, Offset{5});
  EXPECT_EQ(texts(), (std::vector<std::string>{"2:c=1", "3:a=2", "4:b=2"}));
}

TEST_F(CleanerTest, AProducersLastBatchStaysEmptySoThatARetryIsKnown) {
  put({{"a", "1"}}, {.id = 7, .epoch = 0, .sequence = 0});
  put({{"a", "2"}}, {.id = 7, .epoch = 0, .sequence = 1});
  put({{"a", "3"}}, {.id = 8, .epoch = 0, .sequence = 0});
  put({{"a", "4"}});
  roll();
  clean();
  EXPECT_EQ(texts(), (std::vector<std::string>{"3:a=4"}));
  const auto all = headers();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].base_offset, Offset{1});
  EXPECT_EQ(all[0].record_count, 0);
  EXPECT_EQ(all[0].producer_id, 7);
  EXPECT_EQ(all[1].producer_id, 8);
  // Without any snapshot the log alone knows it.
  for (const auto names = made.fs.list(made.options.dir); const auto& entry : *names) {
    if (entry.name.ends_with(kSnapshotSuffix)) {
      ASSERT_TRUE(made.fs.remove(made.options.dir + "/" + entry.name).ok());
    }
  }
  ASSERT_TRUE(made.fs.remove(made.options.dir + "/recovery-point").ok());
  made.open();
  EXPECT_EQ(put({{"a", "2"}}, {.id = 7, .epoch = 0, .sequence = 1}).status, AppendStatus::kDuplicate);
  EXPECT_EQ(put({{"a", "5"}}, {.id = 7, .epoch = 0, .sequence = 2}).status, AppendStatus::kOk);
  roll();
  clean();
  EXPECT_EQ(headers().front().producer_id, 8) << "it is not the last one any more";
}

TEST_F(CleanerTest, TheLastBatchOfASegmentStaysSoThatItsEndIsKnown) {
  put({{"a", "1"}});
  roll();
  put({{"a", "2"}}, {.id = 7, .epoch = 0, .sequence = 0, .transactional = true});
  made.end_transaction(7, record::MarkerType::kAbort);
  roll();
  put({{"a", "3"}});
  roll();
  made.options.config.segment_bytes = 1;  // no merging
  made.get().set_config(made.options.config);
  clean();
  EXPECT_EQ(log().segments().size(), 4u);
  EXPECT_EQ(texts(), (std::vector<std::string>{"3:a=3"}));
  EXPECT_EQ(headers().front().record_count, 0);
  EXPECT_EQ(headers().front().base_offset, Offset{0});
  check_files();
  ASSERT_TRUE(made.fs.remove(made.options.dir + "/recovery-point").ok());
  made.open();  // reads it all: no gap may look like a lost tail
  EXPECT_EQ(texts(), (std::vector<std::string>{"3:a=3"}));
  EXPECT_EQ(log().end(), Offset{4});
}

TEST_F(CleanerTest, AbortedRecordsGoAndTheirMarkerOnceTheyAreGone) {
  const testing::ProducerStamp seven{.id = 7, .epoch = 0, .sequence = 0, .transactional = true};
  put({{"a", "1"}});
  put({{"a", "aborted"}, {"b", "aborted"}}, seven);
  put({{"c", "1"}});
  made.end_transaction(7, record::MarkerType::kAbort);
  put({{"d", "1"}}, {.id = 7, .epoch = 0, .sequence = 2, .transactional = true});
  made.end_transaction(7, record::MarkerType::kCommit);
  roll();
  clean();
  EXPECT_EQ(texts(), (std::vector<std::string>{"0:a=1", "3:c=1", "5:d=1"})) << "an aborted value does not hide an older one";
  EXPECT_EQ(markers(), (std::vector<std::int64_t>{4, 6}));
  EXPECT_EQ(log().aborted_in(Offset{0}, log().end())->size(), 1u) << "its data was met";
  dirty_and_clean();
  EXPECT_EQ(markers(), (std::vector<std::int64_t>{4, 6}));
  EXPECT_TRUE(log().aborted_in(Offset{0}, log().end())->empty());
  made.clock.advance(std::chrono::milliseconds(kDay));
  dirty_and_clean();
  EXPECT_EQ(markers(), (std::vector<std::int64_t>{6})) << "the committed one still has its record";
  put({{"d", "2"}});
  roll();
  clean();  // the record goes; its batch stays as its producer's last
  made.clock.advance(std::chrono::milliseconds(kDay));
  dirty_and_clean();
  EXPECT_EQ(markers(), (std::vector<std::int64_t>{6}));
  check_files();
}

TEST_F(CleanerTest, ATransactionOverSegmentsIsDroppedAsAWhole) {
  put({{"a", "1"}});
  put({{"a", "x"}}, {.id = 7, .epoch = 0, .sequence = 0, .transactional = true});
  roll();
  put({{"b", "x"}}, {.id = 7, .epoch = 0, .sequence = 1, .transactional = true});
  roll();
  EXPECT_EQ(log().last_stable(), Offset{1});
  EXPECT_EQ(log().clean(order(log().segments()[1].base)).error().kind, Kind::kInvalid) << "undecided";
  made.end_transaction(7, record::MarkerType::kAbort);  // in the active segment
  put({{"c", "1"}});
  clean();
  EXPECT_EQ(texts(), (std::vector<std::string>{"0:a=1", "4:c=1"}));
  EXPECT_EQ(log().aborted_in(Offset{0}, log().end())->size(), 1u);
  reopen();
  EXPECT_EQ(log().last_stable(), log().end());
}

TEST_F(CleanerTest, ReadersGoOnWithWhatTheyOpened) {
  for (int i = 0; i < 20; ++i) put({{"a", std::to_string(i)}});
  roll();
  const auto slice = log().read(Offset{3}, 1 << 20, true, log().end());
  const Bytes before = *read_exactly(*slice->data.file, slice->data.range);
  clean();
  EXPECT_EQ(*read_exactly(*slice->data.file, slice->data.range), before);
  EXPECT_EQ(log().read(Offset{3}, 1 << 20, true, log().end())->first, Offset{19});
  EXPECT_EQ((*log().offset_for(TimestampMs{0}))->offset, Offset{19});
  EXPECT_EQ((*log().offset_of_max_timestamp())->offset, Offset{19});
}

TEST_F(CleanerTest, WhatIsReleasedMeanwhileIsNotBroughtBack) {
  put({{"a", "1"}});
  roll();
  put({{"a", "2"}, {"b", "1"}, {"b", "2"}});
  roll();
  put(std::vector<Pair>(2000, Pair{"fill", std::string(60, 'x')}));
  roll();
  auto what = order(log().segments().back().base);
  bool once = true;
  made.options.config.segment_bytes = 1;
  made.get().set_config(made.options.config);
  what.pace = [&](std::uint64_t) {
    if (std::exchange(once, false)) {
      EXPECT_TRUE(log().release_oldest(Offset{1}, {}).ok());
    }
    return done();
  };
  EXPECT_EQ(log().clean(what).error().kind, Kind::kConflict);
  EXPECT_TRUE(leftovers().empty());
  clean();
  EXPECT_EQ(log().local_start(), Offset{1});
  EXPECT_EQ(texts()[0], "1:a=2");
  EXPECT_EQ(texts()[1], "3:b=2");
}

TEST_F(CleanerTest, DamageStopsItAndNothingIsReplaced) {
  put({{"a", "1"}});
  put({{"a", "2"}});
  roll();
  const auto path = segment_path(made.options.dir, Offset{0}, kLogSuffix);
  ASSERT_TRUE(log().sync().ok());
  made.fs.flip(path, made.fs.stat(path)->size - 3);
  EXPECT_EQ(log().clean(order(log().segments().back().base)).error().kind, Kind::kCorrupt);
  EXPECT_TRUE(leftovers().empty());
  EXPECT_EQ(log().cleaned_end(), Offset{0});
}

TEST_F(CleanerTest, AFullDiskChangesNothing) {
  for (int i = 0; i < 20; ++i) put({{"k" + std::to_string(i % 3), std::string(100, 'v')}});
  roll();
  const auto before = texts();
  ASSERT_TRUE(log().sync().ok());
  made.fs.set_space(1);
  EXPECT_EQ(log().clean(order(log().segments().back().base)).error().kind, Kind::kExhausted);
  made.fs.set_space(UINT64_MAX);
  EXPECT_EQ(texts(), before);
  EXPECT_TRUE(leftovers().empty());
  clean();
  EXPECT_EQ(texts().size(), 3u);
}

TEST_F(CleanerTest, TheCheckpointIsKafkasAndAWrongOneIsForgotten) {
  put({{"a", "1"}});
  roll();
  clean();
  const auto path = made.options.dir + "/cleaner-offset-checkpoint";
  EXPECT_EQ(text_of(*read_whole(made.fs, path)), "0\n1\ntopic 0 1\n");
  made.open();
  EXPECT_EQ(log().cleaned_end(), Offset{1});
  for (const std::string_view bad : {"", "x", "0\n1\ntopic 0 9\n", "0\n1\ntopic 0 -4\n", "9 9"}) {
    ASSERT_TRUE(write_atomically(made.fs, path, view_of(bad)).ok());
    made.open();
    EXPECT_EQ(log().cleaned_end(), Offset{0}) << bad;
  }
  ASSERT_TRUE(log().reset(Offset{100}).ok());
  EXPECT_FALSE(made.fs.stat(path).ok());
}

TEST_F(CleanerTest, ItKnowsWhenTheDirtyPartBegan) {
  EXPECT_EQ(*log().first_timestamp_from(Offset{0}), kNoTimestamp);
  put({{"a", "1"}});
  roll();
  put({{"a", "2"}});
  roll();
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(log().first_timestamp_from(Offset{0})->raw, time_of(0));
    EXPECT_EQ(log().first_timestamp_from(Offset{1})->raw, time_of(1));
    EXPECT_EQ(*log().first_timestamp_from(Offset{2}), kNoTimestamp);
    reopen();
  }
}

TEST_F(CleanerTest, ArchivedSegmentsAreLeftAsTheyAre) {
  put({{"a", "1"}});
  roll();
  put({{"a", "2"}});
  roll();
  put({{"a", "3"}});
  roll();
  auto what = order(log().segments().back().base);
  what.from = Offset{1};
  ASSERT_TRUE(log().clean(what).ok());
  EXPECT_EQ(texts(), (std::vector<std::string>{"0:a=1", "2:a=3"}));
}

}  // namespace
}  // namespace takhin::log
