#include "log/log.h"

#include <gtest/gtest.h>

#include <thread>

#include "log/log_impl.h"
#include "log/names.h"
#include "testing/log_maker.h"

namespace takhin::log {
namespace {

using testing::batch_of;
using testing::LogMaker;
constexpr std::int64_t kStart = LogMaker::kStart;

class LogTest : public ::testing::Test {
 protected:
  /// Segments of about `segment_bytes` with an index entry for nearly every batch.
  Log& open_small(std::uint64_t segment_bytes = 2000) {
    made.options.config.segment_bytes = segment_bytes;
    made.options.config.index_interval_bytes = 100;
    return made.open();
  }
  LogMaker made;
};

TEST_F(LogTest, GivesOffsetsAndReadsThemBack) {
  Log& log = made.open();
  EXPECT_EQ(log.end(), Offset{0});
  Appended first = made.append(3);
  EXPECT_EQ(first.status, AppendStatus::kOk);
  EXPECT_EQ(first.base, Offset{0});
  EXPECT_EQ(first.end, Offset{3});
  EXPECT_EQ(made.append(2).base, Offset{3});
  EXPECT_EQ(log.end(), Offset{5});
  const auto all = made.read_all();
  ASSERT_EQ(all.size(), 5u);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i], std::pair(static_cast<std::int64_t>(i), kStart + static_cast<std::int64_t>(i)));
  EXPECT_EQ(log.epochs().size(), 1u);
  EXPECT_EQ(log.epochs()[0].epoch, LeaderEpoch{1});
}

TEST_F(LogTest, TakesSeveralBatchesInOneAppend) {
  Log& log = made.open();
  Bytes both = batch_of(std::vector<std::int64_t>{kStart, kStart + 1});
  const Bytes second = batch_of(std::vector<std::int64_t>{kStart + 2});
  both.insert(both.end(), second.begin(), second.end());
  const auto appended = made.append(both);
  EXPECT_EQ(appended.base, Offset{0});
  EXPECT_EQ(appended.end, Offset{3});
  EXPECT_EQ(made.read_all().size(), 3u);
  EXPECT_EQ(log.read(Offset{2}, 10'000, false, log.end())->first, Offset{2});
}

TEST_F(LogTest, ReadKeepsItsPromises) {
  Log& log = open_small(1500);
  for (int i = 0; i < 40; ++i) made.append(3);
  ASSERT_GT(log.segments().size(), 3u);
  for (std::int64_t limit = 0; limit <= log.end().raw; limit += 7) {
    for (std::int64_t at = 0; at < limit; ++at) {
      for (const std::uint64_t bytes_max : {0ULL, 1ULL, 200ULL, 100'000ULL}) {
        for (const bool at_least_one : {false, true}) {
          const auto slice = log.read(Offset{at}, bytes_max, at_least_one, Offset{limit});
          ASSERT_TRUE(slice.ok());
          const auto data = read_exactly(*slice->data.file, slice->data.range);
          ASSERT_TRUE(data.ok());
          record::BatchCursor cursor(*data);
          const auto first = cursor.next();
          const bool reachable = at / 3 * 3 + 3 <= limit;  // the batch lies below the limit
          if (reachable && (at_least_one || bytes_max >= 200)) {
            ASSERT_TRUE(first.has_value()) << at << " limit " << limit << " bytes " << bytes_max;
            EXPECT_EQ(first->base_offset.raw, at / 3 * 3);
            EXPECT_EQ(slice->first, first->base_offset);
          }
          for (auto header = first; header; header = cursor.next()) EXPECT_LE(header->next_offset().raw, limit);
          if (!at_least_one) {
            EXPECT_LE(data->size(), bytes_max);
          }
          if (!reachable) {
            EXPECT_TRUE(data->empty());
          }
        }
      }
    }
  }
  EXPECT_EQ(log.read(next(log.end()), 100, true, log.end()).error().kind, Kind::kOutOfRange);
  EXPECT_TRUE(log.read(log.end(), 100, true, log.end())->data.range.empty());
}

TEST_F(LogTest, RollsBySize) {
  Log& log = open_small(1000);
  for (int i = 0; i < 20; ++i) made.append(2, 50);
  const auto segments = log.segments();
  ASSERT_GT(segments.size(), 3u);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    EXPECT_LE(segments[i].bytes, 1000u);
    EXPECT_EQ(segments[i].sealed, i + 1 < segments.size());
    if (i > 0) {
      EXPECT_EQ(segments[i].base, segments[i - 1].end);
    }
    EXPECT_EQ(segments[i].max_timestamp.raw, kStart + segments[i].end.raw - 1);
    EXPECT_EQ(segments[i].max_timestamp_offset.raw, segments[i].end.raw - 1);
    EXPECT_EQ(segments[i].last_epoch, LeaderEpoch{1});
    sum += segments[i].bytes;
  }
  EXPECT_EQ(log.bytes(), sum);
  EXPECT_EQ(made.read_all().size(), 40u);
}

TEST_F(LogTest, RollsByRecordTimeAndByTheClock) {
  made.options.config.segment_ms = 1000;
  Log& log = made.open();
  made.append(batch_of(std::vector<std::int64_t>{kStart}));
  made.append(batch_of(std::vector<std::int64_t>{kStart + 1000}));
  EXPECT_EQ(log.segments().size(), 1u);
  made.append(batch_of(std::vector<std::int64_t>{kStart + 1001}));
  EXPECT_EQ(log.segments().size(), 2u);
  EXPECT_TRUE(log.roll_if_due().ok());
  EXPECT_EQ(log.segments().size(), 2u);
  made.clock.advance(std::chrono::milliseconds(1001));  // idle since
  EXPECT_TRUE(log.roll_if_due().ok());
  EXPECT_EQ(log.segments().size(), 3u);
  made.clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(log.roll_if_due().ok());  // an empty segment stays
  EXPECT_TRUE(log.roll().ok());
  EXPECT_EQ(log.segments().size(), 3u);
}

TEST_F(LogTest, RollsBeforeRelativeOffsetsOverflow) {
  Log& log = made.open();
  made.append(1);
  const auto far_batch = [](std::int64_t base) {
    const record::NewRecord record{.value = view_of("v"), .timestamp = TimestampMs{kStart}};
    return *record::build_batch({&record, 1}, {.base_offset = Offset{base}});
  };
  Bytes jump = far_batch(1);
  const Bytes after = far_batch(std::int64_t{INT32_MAX} - 10);
  jump.insert(jump.end(), after.begin(), after.end());
  ASSERT_TRUE(log.append_as_is(jump).ok());
  EXPECT_EQ(log.segments().size(), 1u);
  for (int i = 0; i < 20; ++i) made.append(1);
  ASSERT_EQ(log.segments().size(), 2u);
  EXPECT_EQ(log.segments()[0].end.raw, std::int64_t{INT32_MAX} + 1);
  EXPECT_EQ(log.read(Offset{INT32_MAX}, 1000, true, log.end())->first.raw, INT32_MAX);
  // Compacted away: the next batch is the one behind the gap.
  EXPECT_EQ(log.read(Offset{5}, 1000, true, log.end())->first.raw, std::int64_t{INT32_MAX} - 10);
}

TEST_F(LogTest, LogAppendTimeStampsInPlace) {
  made.options.config.timestamp_type = record::TimestampType::kLogAppendTime;
  Log& log = made.open();
  const auto appended = made.append(batch_of(std::vector<std::int64_t>{5, 6}));  // far too old for CreateTime's rules
  EXPECT_EQ(appended.append_time, made.clock.wall());
  const auto all = made.read_all();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].second, made.clock.wall().raw);
  EXPECT_EQ((*log.offset_for(made.clock.wall()))->offset, Offset{0});
  EXPECT_EQ((*log.offset_of_max_timestamp())->offset, Offset{0});
}

TEST_F(LogTest, TimestampQueriesEqualALinearScan) {
  std::mt19937 random(11);
  for (int round = 0; round < 6; ++round) {
    LogMaker fresh;
    fresh.options.config.segment_bytes = 700 + random() % 2000;
    fresh.options.config.index_interval_bytes = round % 2 == 0 ? 50 : 600;
    Log& log = fresh.open();
    std::int64_t drift = 0;
    for (int i = 0; i < 120; ++i) {
      std::vector<std::int64_t> times;
      for (std::size_t k = 0; k < 1 + random() % 4; ++k) {
        times.push_back(kStart + drift + static_cast<std::int64_t>(random() % 300) - 150);
      }
      drift += static_cast<std::int64_t>(random() % 40) - 10;
      const auto codec = static_cast<record::Codec>(random() % 5);
      ASSERT_EQ(fresh.append(batch_of(times, 10 + random() % 60, {}, codec)).status, AppendStatus::kOk);
    }
    if (round % 3 == 1) {
      EXPECT_TRUE(log.release_oldest(Offset{100}, {}).ok());
    }
    if (round % 3 == 2) {
      ASSERT_TRUE(log.close().ok());
      fresh.open(true);
    }
    const auto all = fresh.read_all();
    std::pair<std::int64_t, std::int64_t> newest{0, -1};
    for (const auto& record : all) newest = record.second > newest.second ? record : newest;
    const auto max = fresh.get().offset_of_max_timestamp();
    ASSERT_TRUE(max.ok() && max->has_value());
    EXPECT_EQ((*max)->offset.raw, newest.first);
    EXPECT_EQ((*max)->timestamp.raw, newest.second);
    for (std::int64_t wanted = kStart - 200; wanted < newest.second + 3; wanted += 3) {
      const auto want = std::find_if(all.begin(), all.end(), [&](const auto& record) { return record.second >= wanted; });
      const auto got = fresh.get().offset_for(TimestampMs{wanted});
      ASSERT_TRUE(got.ok());
      if (want == all.end()) {
        EXPECT_FALSE(got->has_value());
      } else {
        ASSERT_TRUE(got->has_value()) << wanted;
        EXPECT_EQ((*got)->offset.raw, want->first) << wanted;
        EXPECT_EQ((*got)->timestamp.raw, want->second);
        EXPECT_EQ((*got)->epoch, LeaderEpoch{1});
      }
    }
  }
}

TEST_F(LogTest, EmptyLogHasNoTimes) {
  Log& log = made.open();
  EXPECT_FALSE(log.offset_for(TimestampMs{0})->has_value());
  EXPECT_FALSE(log.offset_of_max_timestamp()->has_value());
}

TEST_F(LogTest, ReleasesOldestButKeepsWhatItIsTold) {
  Log& log = open_small(1000);
  for (int i = 0; i < 30; ++i) made.append(2, 50);
  const auto before = log.segments();
  ASSERT_GT(before.size(), 4u);
  const auto held = log.read(Offset{0}, 100'000, true, log.end());  // a reader in flight
  const Offset kept[] = {before[1].base};
  const auto bytes = log.bytes();
  ASSERT_TRUE(log.release_oldest(Offset{before[2].end.raw + 1}, kept).ok());
  EXPECT_EQ(log.local_start(), before[3].base);
  EXPECT_EQ(log.bytes(), bytes - before[0].bytes - before[1].bytes - before[2].bytes);
  EXPECT_FALSE(made.fs.stat(segment_path(made.options.dir, before[0].base, kLogSuffix)).ok());
  for (const auto suffix : {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix}) {
    EXPECT_TRUE(made.fs.stat(segment_path(made.options.dir, before[1].base, suffix)).ok());
  }
  EXPECT_EQ(log.read(Offset{0}, 100, true, log.end()).error().kind, Kind::kOutOfRange);
  EXPECT_TRUE(read_exactly(*held->data.file, held->data.range).ok());
  // The active segment is never released.
  ASSERT_TRUE(log.release_oldest(Offset{INT64_MAX}, {}).ok());
  EXPECT_EQ(log.segments().size(), 1u);
  // The kept files are not this log's any more.
  const Offset start = log.local_start();
  ASSERT_TRUE(log.close().ok());
  made.options.local_start = start;
  EXPECT_EQ(made.open(true).local_start(), start);
  EXPECT_TRUE(made.fs.stat(segment_path(made.options.dir, before[1].base, kLogSuffix)).ok());
}

TEST_F(LogTest, ResetBeginsAnew) {
  Log& log = open_small(500);
  for (int i = 0; i < 10; ++i) made.append(2, 50, {.id = 1, .epoch = 0, .sequence = i * 2});
  ASSERT_TRUE(log.sync().ok());
  ASSERT_TRUE(log.reset(Offset{1000}).ok());
  EXPECT_EQ(log.local_start(), Offset{1000});
  EXPECT_EQ(log.end(), Offset{1000});
  EXPECT_EQ(log.synced_end(), Offset{1000});
  EXPECT_EQ(made.append(1).base, Offset{1000});
  ASSERT_TRUE(log.sync().ok());
  made.fs.power_loss();
  made.options.local_start = Offset{1000};
  EXPECT_EQ(made.open().end(), Offset{1001});
  EXPECT_EQ(made.read_all().size(), 1u);
}

TEST_F(LogTest, SealedFilesAreWholeAndChecked) {
  Log& log = open_small(1500);
  for (int i = 0; i < 40; ++i) made.append(2, 50, {.id = 4, .epoch = 1, .sequence = i * 2});
  const auto segments = log.segments();
  EXPECT_EQ(log.sealed_files(segments.back().base).error().kind, Kind::kConflict);
  EXPECT_EQ(log.sealed_files(Offset{1}).error().kind, Kind::kNotFound);
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    for (const int damage : {0, 1, 2}) {
      // Whatever happened to the small files, what is handed out is right.
      made.drop();
      if (damage == 1) {
        ASSERT_TRUE(made.fs.remove(segment_path(made.options.dir, segments[i].end, kSnapshotSuffix)).ok());
      }
      if (damage == 2) made.fs.flip(segment_path(made.options.dir, segments[i].base, kOffsetIndexSuffix), 1);
      Log& again = made.open();
      const auto files = again.sealed_files(segments[i].base);
      ASSERT_TRUE(files.ok()) << files.error().text;
      EXPECT_EQ(files->info.end, segments[i].end);
      const auto built = record::rebuild_indexes(*files->log, files->info.bytes, segments[i].base, 100);
      ASSERT_TRUE(built.ok());
      EXPECT_EQ(built->valid_bytes, files->info.bytes);
      EXPECT_EQ(built->offset_index, files->offset_index);
      EXPECT_EQ(built->time_index, files->time_index);
      EXPECT_EQ(text_of(files->epochs), "0\n1\n1 0\n");
      ProducerState state;
      ASSERT_TRUE(state.decode(files->producer_snapshot, TimestampMs{0}).ok());
      ASSERT_NE(state.find(4), nullptr);
      EXPECT_EQ(state.find(4)->last()->last_offset.raw, segments[i].end.raw - 1);
    }
  }
}

TEST_F(LogTest, AnIndexThatLiesMisleadsNoReader) {
  Log& log = open_small(4000);
  for (int i = 0; i < 60; ++i) made.append(3);
  const auto segments = log.segments();
  ASSERT_GT(segments.size(), 1u);
  const auto path = segment_path(made.options.dir, segments[0].base, kOffsetIndexSuffix);
  const auto size = made.fs.stat(path)->size;
  for (std::uint64_t at = 0; at < size; ++at) {
    made.drop();
    made.fs.flip(path, at);
    Log& again = made.open();
    for (std::int64_t offset = 0; offset < segments[0].end.raw; offset += 2) {
      const auto slice = again.read(Offset{offset}, 1000, true, again.end());
      ASSERT_TRUE(slice.ok()) << slice.error().text;
      EXPECT_EQ(slice->first.raw, offset / 3 * 3) << "byte " << at << " offset " << offset;
    }
    made.drop();
    made.fs.flip(path, at);
  }
}

TEST_F(LogTest, OpenFilesAreBounded) {
  Log& log = open_small(300);
  for (int i = 0; i < 200; ++i) made.append(2, 50);
  ASSERT_TRUE(log.sync().ok());
  ASSERT_GT(log.segments().size(), 100u);
  for (int round = 0; round < 3; ++round) EXPECT_EQ(made.read_all(100).size(), 400u);
  EXPECT_LE(made.fs.open_files(), kOpenSealedMax + 1);
}

TEST_F(LogTest, ReadersAndSyncRunBesideAppends) {
  Log& log = open_small(4000);
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0;
  std::thread reader([&] {
    std::mt19937 random(5);
    while (!stop) {
      const Offset end = log.end();
      const Offset at{end.raw == 0 ? 0 : static_cast<std::int64_t>(random() % static_cast<unsigned>(end.raw))};
      const auto slice = log.read(at, 500, true, end);
      if (!slice.ok()) {
        EXPECT_EQ(slice.error().kind, Kind::kOutOfRange);  // released meanwhile
        continue;
      }
      const auto data = read_exactly(*slice->data.file, slice->data.range);
      EXPECT_TRUE(data.ok());
      record::BatchCursor cursor(*data);
      if (const auto header = cursor.next()) {
        EXPECT_LE(header->base_offset, at);
        EXPECT_GT(header->next_offset(), at);
        EXPECT_TRUE(record::crc_matches(cursor.batch()));
      }
      EXPECT_TRUE(log.offset_for(TimestampMs{kStart + at.raw}).ok());
      ++reads;
    }
  });
  std::thread syncer([&] {
    while (!stop) {
      const Offset before = log.end();
      const auto synced = log.sync();
      EXPECT_TRUE(synced.ok());
      EXPECT_GE(*synced, before);
    }
  });
  for (int i = 0; i < 2000; ++i) {
    made.append(2);
    if (i % 300 == 299) {
      EXPECT_TRUE(log.release_oldest(Offset{log.end().raw - 400}, {}).ok());
    }
  }
  while (reads < 50) std::this_thread::yield();
  stop = true;
  reader.join();
  syncer.join();
  EXPECT_EQ(log.end(), Offset{4000});
}

}  // namespace
}  // namespace takhin::log
