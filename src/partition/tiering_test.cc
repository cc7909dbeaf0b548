// The main path and its failures, with the real log and the real engine.

#include <gmock/gmock.h>

#include "partition/test_world.h"
#include "partition/topic_rules.h"

namespace takhin::partition {
namespace {

using ::testing::HasSubstr;

ConfigMap tiered(std::string local_bytes = "0") {
  return {{"local.retention.bytes", std::move(local_bytes)},
          {"remote.storage.enable", "true"},
          {"retention.bytes", "-1"},
          {"retention.ms", "-1"}};
}

TEST(Tiering, RecordsGoColdAndComeBack) {
  World world;
  const auto partition = world.create(tiered());
  world.fill(*partition, 6);
  const Offset end = partition->offsets().high_watermark;
  EXPECT_EQ(world.objects(), 0u);
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 5u);
  EXPECT_EQ(world.log_files(), 1u);
  const SegmentCounts counts = world.counts();
  EXPECT_EQ(counts.hot, 1u);
  EXPECT_EQ(counts.cold, 5u);
  EXPECT_EQ(counts.archived, 5u);
  const Offsets offsets = partition->offsets();
  EXPECT_EQ(offsets.log_start, Offset{0});
  EXPECT_GT(offsets.local_start, Offset{0});
  EXPECT_EQ(offsets.tiered_end, offsets.local_start);
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(end.raw));
}

TEST(Tiering, ReadsMatchAnOracleAtRandomOffsets) {
  World world;
  world.create(tiered("9000"));
  Bytes oracle;                                        // the log, byte for byte
  std::map<Offset, std::pair<std::size_t, std::size_t>> batches;  // base -> where it lies in the oracle
  const auto grow = [&] {
    const auto partition = world.partition();
    const Offset base = partition->offsets().high_watermark;
    world.produce(*partition, 1 + static_cast<int>(world.random.below(9)));
    const auto hot = partition->read({base, kMiB, true, Isolation::kReadUncommitted});
    ASSERT_TRUE(hot.ok() && !hot->cold);
    const Bytes data = *read_exactly(*hot->data.file, hot->data.range);
    batches[base] = {oracle.size(), oracle.size() + data.size()};
    oracle.insert(oracle.end(), data.begin(), data.end());
  };
  for (int round = 0; round < 9; ++round) {
    for (int i = 0; i < 12; ++i) grow();
    world.expect_evaluated();
    if (round % 4 == 3) world.restart();
    const auto now = world.partition();
    for (int i = 0; i < 60; ++i) {
      const Offset at{
          static_cast<std::int64_t>(world.random.below(static_cast<std::uint64_t>(now->offsets().high_watermark.raw)))};
      const auto answer = world.fetch(*now, at, 1 + world.random.below(6000));
      ASSERT_TRUE(answer.ok()) << at.raw << " " << why(answer);
      const Bytes data = *read_exactly(*answer->data.file, answer->data.range);
      const auto [begin, end] = std::prev(batches.upper_bound(at))->second;
      ASSERT_GE(data.size(), end - begin);
      ASSERT_LE(begin + data.size(), oracle.size());
      ASSERT_TRUE(std::equal(data.begin(), data.end(), oracle.begin() + static_cast<std::ptrdiff_t>(begin)))
          << "offset " << at.raw;
    }
  }
  EXPECT_GT(world.objects(), 3u);
}

TEST(Tiering, LocalRetentionKeepsWhatItSays) {
  World world;
  const auto partition = world.create(tiered("9000"));
  world.fill(*partition, 8);
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 7u);
  EXPECT_GE(partition->local_bytes(), 9000u);
  EXPECT_LT(partition->local_bytes(), 9000u + 4096u);
}

TEST(Tiering, RestartAtEveryStage) {
  World world;
  auto partition = world.create(tiered());
  world.fill(*partition, 3);
  const Uuid id = partition->ref().topic_id;
  partition.reset();
  world.restart();  // nothing archived yet
  partition = world.partition();
  ASSERT_NE(partition, nullptr);
  EXPECT_EQ(partition->ref().topic_id, id);
  world.fill(*partition, 4);
  world.expect_evaluated();
  const Offset local_start = partition->offsets().local_start;
  partition.reset();
  world.restart();  // all but the active one is cold
  partition = world.partition();
  EXPECT_EQ(partition->offsets().local_start, local_start);
  EXPECT_EQ(partition->offsets().tiered_end, local_start);
  const Offset end = world.produce(*partition);
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(end.raw));
}

TEST(Tiering, T41_CatalogueThatWasDeletedIsRebuilt) {
  World world;
  auto partition = world.create(tiered());
  world.fill(*partition, 5);
  world.expect_evaluated();
  const Offset end = partition->offsets().high_watermark;
  partition.reset();
  world.stop();
  for (const char* suffix : {"", "-wal", "-shm"}) ASSERT_TRUE(world.files.remove(world.catalog_path() + suffix).ok());
  world.store.set_down(true);
  world.start();
  partition = world.partition();
  ASSERT_NE(partition, nullptr);
  EXPECT_EQ(partition->offsets().log_start, Offset{0});  // known from the checkpoint
  const auto down = world.fetch(*partition, Offset{0});
  ASSERT_FALSE(down.ok());
  EXPECT_EQ(down.error().kind, Kind::kUnavailable);  // not "out of range": a client would skip what is there
  world.store.set_down(false);
  world.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(end.raw));
  EXPECT_EQ(partition->offsets().tiered_end, partition->offsets().local_start);
}

TEST(Tiering, T11_StoreDownHotWorkGoesOn) {
  World world;
  world.store.set_down(true);
  const auto partition = world.create(tiered());
  world.fill(*partition, 4);
  const auto evaluated = world.topics->evaluate();
  ASSERT_FALSE(evaluated.ok());
  EXPECT_EQ(evaluated.error().kind, Kind::kUnavailable);
  EXPECT_FALSE(world.topics->ready().ok());
  const Offset end = partition->offsets().high_watermark;
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(end.raw));
  EXPECT_EQ(world.log_files(), 4u);  // T11: nothing goes that is not archived
  world.store.set_down(false);
  world.expect_evaluated();
  EXPECT_TRUE(world.topics->ready().ok());
  EXPECT_EQ(world.objects(), 3u);
  EXPECT_EQ(world.log_files(), 1u);
}

TEST(Tiering, T2_FailedUploadsDoNotCountInSizeRetention) {
  World world;
  ConfigMap configs = tiered();
  configs[2].second = "20000";
  configs[0].second = "20000";
  const auto partition = world.create(configs);
  world.fill(*partition, 4);
  world.store.set_down(true);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(world.topics->evaluate().ok());
  EXPECT_EQ(partition->offsets().log_start, Offset{0});
  world.store.set_down(false);
  for (int i = 0; i < 5; ++i) world.expect_evaluated();
  EXPECT_EQ(partition->offsets().log_start, Offset{0});  // 4 segments are less than 20000 bytes, counted once
}

TEST(Tiering, T1_SizeRetentionCountsEveryByteOnce) {
  World world;
  ConfigMap configs = tiered("12000");
  configs[2].second = "20000";
  auto partition = world.create(configs);
  world.fill(*partition, 12);
  world.expect_evaluated();
  partition.reset();
  world.stop();
  for (const char* suffix : {"", "-wal", "-shm"}) ASSERT_TRUE(world.files.remove(world.catalog_path() + suffix).ok());
  world.start();
  partition = world.partition();
  const Offset before = partition->offsets().log_start;
  world.expect_evaluated();
  world.expect_evaluated();
  EXPECT_EQ(partition->offsets().log_start, before);
  const auto counts = world.counts();
  EXPECT_GE(counts.total_bytes, 20000u);
  EXPECT_LT(counts.total_bytes, 20000u + 4096u);
  const Offsets offsets = partition->offsets();
  EXPECT_EQ(world.consume(*partition, offsets.log_start),
            static_cast<std::size_t>((offsets.high_watermark - offsets.log_start).raw));
}

TEST(Tiering, T4_T9_LogStartIsDurableBeforeObjectsGo) {
  World world;
  auto partition = world.create(tiered());
  world.fill(*partition, 6);
  world.expect_evaluated();
  const std::size_t objects = world.objects();
  const Offset to{partition->offsets().local_start.raw - 1};
  world.store.set_down(true);
  const auto refused = partition->raise_log_start(to, world.soon());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, Kind::kUnavailable);
  EXPECT_EQ(partition->offsets().log_start, Offset{0});
  world.store.clear();
  world.store.fail_next(testing::Verb::kRemove, Kind::kUnavailable, 100);
  const auto raised = partition->raise_log_start(to, world.soon());
  EXPECT_TRUE(raised.ok()) << why(raised);
  EXPECT_EQ(partition->offsets().log_start, to);
  EXPECT_EQ(world.objects(), objects);  // could not go yet
  partition.reset();
  world.restart();
  partition = world.partition();
  EXPECT_EQ(partition->offsets().log_start, to);  // T9: not taken back
  const auto below = world.fetch(*partition, Offset{0});
  ASSERT_FALSE(below.ok());
  EXPECT_EQ(below.error().kind, Kind::kOutOfRange);
  world.store.clear();
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 1u);  // the one that the log start lies in
  EXPECT_EQ(world.consume(*partition, to), static_cast<std::size_t>((partition->offsets().high_watermark - to).raw));
}

TEST(Tiering, T5_IdleTopicRollsIsArchivedAndExpires) {
  World world;
  ConfigMap configs = {
      {"local.retention.ms", "0"}, {"remote.storage.enable", "true"}, {"retention.ms", "7200000"}, {"segment.ms", "1000"}};
  const auto partition = world.create(configs);
  const Offset end = world.produce(*partition);
  world.clock.advance(std::chrono::minutes(1));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 1u);
  EXPECT_EQ(partition->offsets().local_start, end);
  world.clock.advance(std::chrono::hours(3));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 0u);
  EXPECT_EQ(partition->offsets().log_start, end);
}

TEST(Tiering, T6_TimestampInTheFutureExpiresAllTheSame) {
  World world;
  ConfigMap configs = {{"local.retention.ms", "0"}, {"message.timestamp.after.max.ms", "9223372036854775807"},
                       {"remote.storage.enable", "true"}, {"retention.ms", "7200000"}, {"segment.ms", "1000"}};
  const auto partition = world.create(configs);
  world.produce(*partition, 5, -1000 * kHourMs);
  world.clock.advance(std::chrono::minutes(1));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 1u);
  const Offset end = world.produce(*partition);
  world.clock.advance(std::chrono::hours(3));
  world.expect_evaluated();
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 0u);
  EXPECT_EQ(partition->offsets().log_start, end);
}

TEST(Tiering, T38_OffsetForTimeAtTheSeam) {
  World world;
  const auto partition = world.create(tiered());
  std::map<std::int64_t, Offset> first_at;  // timestamp -> first offset
  while (world.counts().total < 5) {
    first_at.emplace(world.clock.wall().raw, partition->offsets().high_watermark);
    world.produce(*partition, 3);
    world.clock.advance(std::chrono::seconds(1));
  }
  world.expect_evaluated();
  ASSERT_GT(partition->offsets().local_start, Offset{0});
  for (const auto& [timestamp, offset] : first_at) {
    const auto exact = partition->offset_for(TimestampMs{timestamp}, world.soon());
    ASSERT_TRUE(exact.ok()) << why(exact);
    EXPECT_EQ(exact->offset, offset);
    EXPECT_EQ(exact->timestamp.raw, timestamp);
    const auto just_before = partition->offset_for(TimestampMs{timestamp - 1}, world.soon());
    ASSERT_TRUE(just_before.ok());
    EXPECT_EQ(just_before->offset, offset);
  }
  const auto none = partition->offset_for(world.clock.wall(), world.soon());
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->offset, kNoOffset);
}

TEST(Tiering, OffsetForTimeNeverAnswersADeletedRecord) {
  World world;
  const auto partition = world.create(tiered());
  world.fill(*partition, 4);
  world.expect_evaluated();
  for (const Offset start : {Offset{7}, Offset{partition->offsets().local_start.raw + 3}}) {
    ASSERT_TRUE(partition->raise_log_start(start, world.soon()).ok());
    const auto first = partition->offset_for(TimestampMs{0}, world.soon());
    ASSERT_TRUE(first.ok()) << why(first);
    EXPECT_EQ(first->offset, start);
    const auto newest = partition->offset_of_max_timestamp(world.soon());
    ASSERT_TRUE(newest.ok()) << why(newest);
    EXPECT_EQ(newest->offset, start);  // all have the same timestamp
  }
}

TEST(Tiering, T38_MaxTimestampLooksIntoTheBucket) {  // KAFKA-17552
  World world;
  const auto partition = world.create(tiered());
  const Offset newest = partition->offsets().high_watermark;
  world.produce(*partition, 1);
  world.fill(*partition, 4, kHourMs);
  world.expect_evaluated();
  ASSERT_GT(partition->offsets().local_start, newest);
  const auto answer = partition->offset_of_max_timestamp(world.soon());
  ASSERT_TRUE(answer.ok()) << why(answer);
  EXPECT_EQ(answer->offset, newest);
}

TEST(Tiering, DeletedTopicLeavesNothing) {
  World world;
  world.create(tiered());
  world.fill(*world.partition(), 5);
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 4u);
  world.store.set_down(true);
  ASSERT_TRUE(world.topics->remove("t").ok());
  EXPECT_EQ(world.partition(), nullptr);
  EXPECT_EQ(world.log_files(), 0u);
  EXPECT_FALSE(world.topics->evaluate().ok());
  world.restart();  // the deletion is remembered
  world.create(tiered());
  world.fill(*world.partition(), 3);
  world.store.set_down(false);
  world.clock.advance(std::chrono::minutes(2));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 2u);  // the new topic's
  EXPECT_EQ(world.consume(*world.partition(), Offset{0}),
            static_cast<std::size_t>(world.partition()->offsets().high_watermark.raw));
}

TEST(Tiering, T44_LostFolderComesBackFromTheBucket) {
  World world;
  world.create(tiered());
  world.fill(*world.partition(), 5);
  world.expect_evaluated();
  const Offset archived = world.partition()->offsets().tiered_end;
  world.stop();
  ASSERT_TRUE(world.files.remove_tree(world.folder()).ok());
  world.start();
  const auto partition = world.partition();
  EXPECT_EQ(partition->offsets().log_start, Offset{0});
  EXPECT_EQ(partition->offsets().high_watermark, archived);  // what was never archived is lost, offsets are not given twice
  const Offset end = world.produce(*partition);
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(end.raw));
}

void lose_first_object(World& world) {
  std::vector<object::ObjectKey> keys;
  ASSERT_TRUE(object::for_each(world.memory, "", "", Deadline::never(), [&](const object::ObjectInfo& info) -> Result<> {
                if (info.key.name.ends_with(".seg") && keys.empty()) keys.push_back(info.key);
                return done();
              }).ok());
  ASSERT_TRUE(world.memory.remove(keys, Deadline::never()).ok());
}

TEST(Tiering, RestoreTellsAVanishedObjectFromAnUnknownSegment) {
  World world;
  const auto partition = world.create(tiered("0"));
  world.fill(*partition, 3);
  world.expect_evaluated();
  lose_first_object(world);
  const auto vanished = world.topics->restore(segment_path("t-0", Offset{0}));
  ASSERT_FALSE(vanished.ok());
  EXPECT_EQ(vanished.error().kind, Kind::kCorrupt) << why(vanished);
  const auto unknown = world.topics->restore(segment_path("t-0", Offset{1}));
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().kind, Kind::kNotFound) << why(unknown);
}

TEST(Tiering, VanishedObjectKeepsItsLocalFile) {
  World world;
  const auto partition = world.create(tiered("-1"));
  world.fill(*partition, 4);
  world.expect_evaluated();
  ASSERT_EQ(world.objects(), 3u);
  lose_first_object(world);
  ConfigMap all = tiered("0");
  all.emplace_back("segment.bytes", "4096");
  ASSERT_TRUE(world.topics->set_configs("t", all).ok());
  EXPECT_FALSE(world.topics->evaluate().ok());
  EXPECT_EQ(partition->offsets().local_start, Offset{0});
  world.expect_evaluated();  // listed, archived again, then let go
  EXPECT_EQ(world.objects(), 3u);
  EXPECT_EQ(world.log_files(), 1u);
  EXPECT_EQ(world.consume(*partition, Offset{0}), static_cast<std::size_t>(partition->offsets().high_watermark.raw));
}

TEST(Tiering, T8_CompactedTopicsStayLocal) {
  World world;
  EXPECT_THAT(why(world.topics->create("c", 1, {{"cleanup.policy", "compact"}, {"remote.storage.enable", "true"}})),
              HasSubstr("compacted topic cannot be tiered"));
  const auto partition = world.create({{"cleanup.policy", "compact"}});
  world.fill(*partition, 3, 1000 * kHourMs);
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 0u);
  EXPECT_EQ(partition->offsets().log_start, Offset{0});  // T8
}

}  // namespace
}  // namespace takhin::partition
