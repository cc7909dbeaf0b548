#include "log/recovery.h"

#include <gtest/gtest.h>

#include "log/log_impl.h"
#include "log/names.h"
#include "testing/log_maker.h"

namespace takhin::log {
namespace {

using testing::batch_of;
using testing::LogMaker;
constexpr std::int64_t kStart = LogMaker::kStart;

void small_segments(LogMaker& made, std::uint64_t bytes = 1500) {
  made.options.config.segment_bytes = bytes;
  made.options.config.index_interval_bytes = 100;
}
std::string active_log(const LogMaker& made, Log& log) {
  return segment_path(made.options.dir, log.segments().back().base, kLogSuffix);
}

TEST(Recovery, CutsATornTailAtEveryByte) {
  LogMaker made;
  Log& log = made.open();
  made.append(2);
  made.append(3);
  ASSERT_TRUE(log.sync().ok());
  const std::string path = active_log(made, log);
  made.drop();
  const Bytes whole = *read_whole(made.fs, path);
  const std::size_t first = record::parse_header(whole)->total_bytes();
  for (std::size_t keep = 0; keep <= whole.size(); ++keep) {
    ASSERT_TRUE(write_plain(made.fs, path, View(whole).first(keep)).ok());
    for (const bool clean : {false, true}) {  // a caller that is wrong about "clean" is not punished
      ASSERT_TRUE(write_plain(made.fs, path, View(whole).first(keep)).ok());
      Log& again = made.open(clean);
      EXPECT_EQ(again.end().raw, keep == whole.size() ? 5 : keep >= first ? 2 : 0);
      EXPECT_EQ(made.fs.stat(path)->size, keep == whole.size() ? whole.size() : keep >= first ? first : 0);
      EXPECT_EQ(made.read_all().size(), static_cast<std::size_t>(again.end().raw));
      made.drop();
    }
  }
}

TEST(Recovery, CutsWhereTheChecksumFails) {
  LogMaker made;
  Log& log = made.open();
  for (int i = 0; i < 10; ++i) made.append(1);
  const std::string path = active_log(made, log);
  made.drop();
  made.fs.flip(path, made.fs.stat(path)->size / 2);
  Log& again = made.open();
  EXPECT_LT(again.end(), Offset{10});
  EXPECT_GE(again.end(), Offset{4});
  const Offset cut = again.end();
  EXPECT_EQ(made.append(1).base, cut);
}

TEST(Recovery, CleanRestartKeepsIndexesAndProducers) {
  LogMaker made;
  small_segments(made, 3000);
  made.open();
  std::int32_t sequence = 0;
  for (int i = 0; i < 60; ++i) {
    ASSERT_EQ(made.append(2, 40, {.id = 3, .epoch = 0, .sequence = sequence}).status, AppendStatus::kOk);
    sequence += 2;
    if (i % 7 != 6) continue;
    ASSERT_TRUE(made.get().close().ok());
    EXPECT_EQ(made.get().append(std::span<std::byte>(), LeaderEpoch{1}).error().kind, Kind::kClosed);
    const std::uint64_t changes = made.fs.changes();
    EXPECT_EQ(made.open(true).end().raw, sequence);
    EXPECT_LE(made.fs.changes() - changes, 1u);  // at most a stale snapshot goes
    EXPECT_EQ(made.get().synced_end().raw, sequence);
  }
  // All five last batches are still known as duplicates.
  ASSERT_TRUE(made.get().close().ok());
  made.open(true);
  for (std::int32_t back = 1; back <= 5; ++back) {
    const auto again = made.append(2, 40, {.id = 3, .epoch = 0, .sequence = sequence - 2 * back});
    EXPECT_EQ(again.status, AppendStatus::kDuplicate) << back;
    EXPECT_EQ(again.base.raw, sequence - 2 * back);
    EXPECT_EQ(again.end.raw, sequence - 2 * back + 2);
  }
  EXPECT_EQ(made.append(2, 40, {.id = 3, .epoch = 0, .sequence = sequence - 12}).status, AppendStatus::kOutOfOrderSequence);
  EXPECT_EQ(made.append(2, 40, {.id = 3, .epoch = 0, .sequence = sequence}).status, AppendStatus::kOk);
  // Every segment's indexes are what one pass over its log gives.
  ASSERT_TRUE(made.get().roll().ok());
  for (const auto& segment : made.get().segments()) {
    if (!segment.sealed) continue;
    const auto files = made.get().sealed_files(segment.base);
    ASSERT_TRUE(files.ok());
    EXPECT_EQ(record::rebuild_indexes(*files->log, files->info.bytes, segment.base, 100)->offset_index, files->offset_index);
  }
}

TEST(Recovery, RebuildsWhatIsMissingOrDamaged) {
  LogMaker made;
  small_segments(made);
  made.open();
  for (int i = 0; i < 60; ++i) made.append(2, 40);
  ASSERT_TRUE(made.get().close().ok());
  const auto all = made.read_all();
  const auto segments = made.get().segments();
  ASSERT_GT(segments.size(), 3u);
  for (const auto suffix : {kOffsetIndexSuffix, kTimeIndexSuffix}) {
    for (const auto& segment : segments) {
      for (const int damage : {0, 1, 2}) {
        made.drop();
        const auto path = segment_path(made.options.dir, segment.base, suffix);
        const auto before = read_whole(made.fs, path);
        if (damage == 0) {
          ASSERT_TRUE(made.fs.remove(path).ok());
        } else if (damage == 1) {
          made.fs.flip(path, before->size() - 4);
        } else {
          ASSERT_TRUE(write_plain(made.fs, path, View(*before).first(before->size() - 3)).ok());
        }
        SCOPED_TRACE(fmt::format("{} damage {}", path, damage));
        Log& log = made.open(true);
        EXPECT_EQ(made.read_all(), all);
        EXPECT_EQ((*log.offset_of_max_timestamp())->offset.raw, all.back().first);
        for (std::size_t i = 0; i < all.size(); i += 11)
          EXPECT_EQ((*log.offset_for(TimestampMs{all[i].second}))->offset.raw, all[i].first);
        ASSERT_TRUE(log.close().ok());
        if (segment.sealed) {
          EXPECT_EQ(*read_whole(made.fs, path), *before);
        }
      }
    }
  }
}

TEST(Recovery, DamageBelowTheRecoveryPointIsAnErrorNotACut) {
  LogMaker made;
  small_segments(made);
  made.open();
  for (int i = 0; i < 60; ++i) made.append(2, 40);
  ASSERT_TRUE(made.get().sync().ok());
  const auto segments = made.get().segments();
  ASSERT_GT(segments.size(), 3u);
  made.drop();
  const auto path = segment_path(made.options.dir, segments[1].base, kLogSuffix);
  ASSERT_TRUE(write_plain(made.fs, path, {}).ok());
  EXPECT_EQ(made.try_open(false).error().kind, Kind::kCorrupt);
  EXPECT_TRUE(made.fs.stat(segment_path(made.options.dir, segments[3].base, kLogSuffix)).ok()) << "nothing is thrown away";
}

TEST(Recovery, UnsyncedSegmentsBehindAHoleGo) {
  LogMaker made;
  small_segments(made);
  made.open();
  made.append(1);
  ASSERT_TRUE(made.get().sync().ok());
  while (made.get().segments().size() < 4) made.append(2, 40);
  const auto segments = made.get().segments();
  made.drop();
  made.fs.flip(segment_path(made.options.dir, segments[1].base, kLogSuffix), 70);  // its first batch
  Log& log = made.open();
  EXPECT_EQ(log.end(), segments[1].base);
  EXPECT_EQ(log.segments().size(), 2u);
  EXPECT_FALSE(made.fs.stat(segment_path(made.options.dir, segments[2].base, kLogSuffix)).ok());
  EXPECT_EQ(made.append(1).base, segments[1].base);
}

TEST(Recovery, OrphanedIndexesAndOldSnapshotsGo) {
  LogMaker made;
  made.open();
  made.append(1);
  ASSERT_TRUE(made.get().close().ok());
  const auto orphan = segment_path(made.options.dir, Offset{77}, kTimeIndexSuffix);
  const auto snapshot = segment_path(made.options.dir, Offset{77}, kSnapshotSuffix);
  ASSERT_TRUE(write_plain(made.fs, orphan, {}).ok() && write_plain(made.fs, snapshot, {}).ok());
  made.open(true);
  EXPECT_FALSE(made.fs.stat(orphan).ok());
  EXPECT_FALSE(made.fs.stat(snapshot).ok());
  EXPECT_EQ(made.get().end(), Offset{1});
}

TEST(Recovery, EpochsFollowTheLog) {
  LogMaker made;
  Log& log = made.open();
  made.append(batch_of(std::vector<std::int64_t>{kStart}), 1);
  ASSERT_TRUE(log.sync().ok());
  made.append(batch_of(std::vector<std::int64_t>{kStart}), 5);
  made.fs.power_loss();
  Log& again = made.open();
  EXPECT_EQ(again.end(), Offset{1});
  ASSERT_EQ(again.epochs().size(), 1u);
  // A lost file is made again from the batches.
  made.append(batch_of(std::vector<std::int64_t>{kStart}), 7);
  ASSERT_TRUE(again.sync().ok());
  made.drop();
  ASSERT_TRUE(made.fs.remove(made.options.dir + "/leader-epoch-checkpoint").ok());
  Log& third = made.open();
  ASSERT_EQ(third.epochs().size(), 2u);
  EXPECT_EQ(third.epochs()[1].epoch, LeaderEpoch{7});
  EXPECT_EQ(third.epochs()[1].start, Offset{1});
}

TEST(Recovery, TransactionsSurviveEveryKindOfEnd) {
  for (const int how : {0, 1, 2}) {
    LogMaker made;
    small_segments(made, 900);
    made.open();
    const auto txn = [](std::int64_t id, std::int32_t sequence) {
      return testing::ProducerStamp{.id = id, .epoch = 0, .sequence = sequence, .transactional = true};
    };
    made.append(2, 40, txn(1, 0));                                 // 0, 1
    made.append(1, 40, txn(2, 0));                                 // 2
    for (int i = 0; i < 20; ++i) made.append(1, 40);               // 3..22, several segments
    made.end_transaction(1, record::MarkerType::kAbort);           // 23
    EXPECT_EQ(made.get().last_stable(), Offset{2});
    made.append(1, 40, txn(3, 0));                                 // 24
    for (int i = 0; i < 20; ++i) made.append(1, 40);               // 25..44
    made.end_transaction(2, record::MarkerType::kCommit);          // 45
    EXPECT_EQ(made.get().last_stable(), Offset{24});
    made.end_transaction(3, record::MarkerType::kAbort);           // 46
    EXPECT_EQ(made.get().last_stable(), Offset{47});
    made.append(1, 40, txn(4, 0));                                 // 47, open
    ASSERT_GT(made.get().segments().size(), 4u);
    if (how == 0) {
      ASSERT_TRUE(made.get().close().ok());
    }
    if (how == 1) {
      ASSERT_TRUE(made.get().sync().ok());
    }
    if (how == 1) made.fs.power_loss();
    if (how == 2) made.fs.kill();
    Log& log = made.open(how == 0);
    EXPECT_EQ(log.end(), Offset{48});
    EXPECT_EQ(log.last_stable(), Offset{47});
    const auto aborted = log.aborted_in(Offset{0}, Offset{47});
    ASSERT_TRUE(aborted.ok());
    ASSERT_EQ(aborted->size(), 2u) << how;
    EXPECT_EQ((*aborted)[0].producer_id, 1);
    EXPECT_EQ((*aborted)[0].first_offset, Offset{0});
    EXPECT_EQ((*aborted)[1].producer_id, 3);
    EXPECT_EQ(log.aborted_in(Offset{24}, Offset{30})->size(), 1u);
    EXPECT_EQ(log.aborted_in(Offset{0}, Offset{10})->size(), 1u);
    EXPECT_EQ(log.aborted_in(Offset{47}, Offset{48})->size(), 0u);
    // A transaction index that is damaged is made again.
    for (const auto& segment : log.segments()) {
      const auto path = segment_path(made.options.dir, segment.base, kTxnIndexSuffix);
      if (!segment.sealed || !made.fs.stat(path).ok()) continue;
      const Bytes before = *read_whole(made.fs, path);
      made.drop();
      made.fs.flip(path, 1);
      EXPECT_EQ(made.open().aborted_in(Offset{0}, Offset{47})->size(), 2u);
      EXPECT_EQ(*read_whole(made.fs, path), before);
      break;
    }
  }
}

/// Random work, cut off at a random change of the disk; what sync() promised must be there, and nothing that was never written.
TEST(Recovery, NothingSyncedIsEverLost) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    LogMaker made;
    small_segments(made, 1000 + random() % 2000);
    made.open();
    std::vector<std::int64_t> model;  // timestamp of each offset
    std::int32_t sequence = 0;
    for (int life = 0; life < 4; ++life) {
      made.fs.stop_after(random() % 120);
      Offset promised = made.get().synced_end();
      for (bool running = true; running;) {
        const std::size_t count = 1 + random() % 3;
        std::vector<std::int64_t> times;
        for (std::size_t i = 0; i < count; ++i) times.push_back(kStart + static_cast<std::int64_t>(random() % 100'000));
        Bytes batch = batch_of(times, random() % 200, {.id = 7, .epoch = 0, .sequence = sequence});
        const auto appended = made.get().append(batch, LeaderEpoch{life});
        if (!appended.ok()) break;
        ASSERT_EQ(appended->status, AppendStatus::kOk) << appended->why;
        model.resize(static_cast<std::size_t>(appended->base.raw));
        model.insert(model.end(), times.begin(), times.end());
        sequence += static_cast<std::int32_t>(count);
        if (random() % 4 == 0) {
          const auto synced = made.get().sync();
          running = synced.ok();
          if (running) promised = *synced;
        }
      }
      const bool power = random() % 3 != 0;
      if (power) {
        made.fs.power_loss(random() % 2 == 0 ? 0 : random());
      } else {
        made.fs.kill();
      }
      Log& log = made.open();
      ASSERT_GE(log.end(), promised);
      // a write whose answer was an error may be there after kill()
      ASSERT_LE(static_cast<std::size_t>(log.end().raw), model.size() + 3);
      const auto all = made.read_all();
      ASSERT_EQ(all.size(), static_cast<std::size_t>(log.end().raw));
      for (std::size_t i = 0; i < all.size() && i < model.size(); ++i) {
        ASSERT_EQ(all[i], std::pair(static_cast<std::int64_t>(i), model[i]));
      }
      ASSERT_EQ(log.synced_end(), log.end());
      model.clear();
      for (const auto& record : all) model.push_back(record.second);
      sequence = static_cast<std::int32_t>(log.end().raw);  // one producer: sequences are offsets
      std::int64_t newest = -1;
      for (const auto& record : all) newest = std::max(newest, record.second);
      const auto max = log.offset_of_max_timestamp();
      ASSERT_TRUE(max.ok());
      if (newest >= 0) {
        EXPECT_EQ((*max)->timestamp.raw, newest);
      }
    }
  }
}

TEST(Recovery, ADiskThatIsFullLosesNothing) {
  LogMaker made;
  small_segments(made, 100'000);
  Log& log = made.open();
  made.append(3);
  ASSERT_TRUE(log.sync().ok());
  const auto used = made.fs.space("/")->total - made.fs.space("/")->available;
  made.fs.set_space(used + 100);  // half a batch
  Bytes batch = batch_of(std::vector<std::int64_t>{kStart}, 80);
  for (int i = 0; i < 3; ++i) {
    const auto refused = log.append(batch, LeaderEpoch{1});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, Kind::kExhausted);
    EXPECT_EQ(made.fs.stat(active_log(made, log))->size, log.bytes());
  }
  EXPECT_EQ(made.read_all().size(), 3u);
  made.fs.set_space(UINT64_MAX);
  EXPECT_EQ(made.append(batch).base, Offset{3});
  ASSERT_TRUE(log.sync().ok());
  made.fs.power_loss();
  EXPECT_EQ(made.open().end(), Offset{4});
}

TEST(Recovery, AFailedFsyncTakesTheLogOffline) {
  LogMaker made;
  Log& log = made.open();
  made.append(2);
  ASSERT_TRUE(log.sync().ok());
  made.append(2);
  made.fs.fail_syncs(true);
  EXPECT_EQ(log.sync().error().kind, Kind::kUnavailable);
  made.fs.fail_syncs(false);  // a second fsync would lie
  EXPECT_EQ(log.sync().error().kind, Kind::kUnavailable);
  Bytes batch = batch_of(std::vector<std::int64_t>{kStart});
  EXPECT_EQ(log.append(batch, LeaderEpoch{1}).error().kind, Kind::kUnavailable);
  EXPECT_EQ(log.synced_end(), Offset{2});
  EXPECT_TRUE(log.read(Offset{0}, 1000, true, log.synced_end()).ok());
  made.fs.power_loss();
  EXPECT_EQ(made.open().end(), Offset{2});
  EXPECT_EQ(made.append(1).base, Offset{2});
}

TEST(Recovery, ManySegmentsCostLittle) {
  LogMaker made;
  small_segments(made, 150);
  made.open();
  for (int i = 0; i < 400; ++i) made.append(1, 60);
  ASSERT_TRUE(made.get().sync().ok());
  ASSERT_GT(made.get().segments().size(), 300u);
  made.fs.power_loss();
  const std::uint64_t changes = made.fs.changes();
  EXPECT_EQ(made.open().end(), Offset{400});
  EXPECT_LE(made.fs.changes() - changes, 8u) << "sealed segments below the recovery point are only looked at";
  EXPECT_EQ(made.fs.open_files(), 1u);
}

}  // namespace
}  // namespace takhin::log
