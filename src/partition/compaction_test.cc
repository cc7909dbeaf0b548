// Which partitions are compacted, when, and what becomes of one that cannot be.

#include <set>

#include "partition/test_world.h"

namespace takhin::partition {
namespace {

constexpr std::int64_t kDayMs = 24 * kHourMs;
const ConfigMap kCompact = {{"cleanup.policy", "compact"}};

class Compaction : public ::testing::Test {
 protected:
  /// `count` batches of one record; keys go round.
  static void put(World& world, Partition& to, int count, int keys = 3) {
    for (int i = 0; i < count; ++i) {
      const std::string key = "k" + std::to_string(i % keys);
      const std::string value(300, static_cast<char>('a' + i % 26));
      const record::NewRecord one{view_of(key), view_of(value), world.clock.wall(), {}};
      Bytes batch = *record::build_batch(std::span(&one, 1), {});
      const auto appended = to.append(batch);
      ASSERT_TRUE(appended.ok() && appended->status == log::AppendStatus::kOk) << why(appended);
    }
  }
  static int clean_all(World& world) {
    int runs = 0;
    while (world.topics->clean_once()) EXPECT_LT(++runs, 100);
    return runs;
  }
  static std::size_t records(World& world, Partition& in) {
    std::size_t count = 0;
    const auto offsets = in.offsets();
    for (Offset at = offsets.log_start; at < offsets.high_watermark;) {
      const auto answer = world.fetch(in, at);
      EXPECT_TRUE(answer.ok()) << why(answer);
      if (!answer.ok()) return 0;
      const Bytes data = *read_exactly(*answer->data.file, answer->data.range);
      record::BatchCursor cursor(data);
      const Offset before = at;
      while (const auto header = cursor.next()) {
        count += static_cast<std::size_t>(header->record_count);
        at = header->next_offset();
      }
      if (at == before) {
        ADD_FAILURE() << "no progress at " << at.raw;
        return count;
      }
    }
    return count;
  }
  static PartitionImpl& impl(const std::shared_ptr<Partition>& partition) { return dynamic_cast<PartitionImpl&>(*partition); }
};

TEST_F(Compaction, TheDirtiestIsTakenFirstAndAllOnce) {
  World world(false);
  const auto little = world.create(kCompact, "little");
  const auto much = world.create(kCompact, "much");
  const auto never = world.create({}, "never");
  for (auto* to : {&little, &much, &never}) put(world, **to, 60);
  EXPECT_EQ(clean_all(world), 2);
  put(world, *much, 200);
  put(world, *little, 70);
  const auto state = impl(much).clean_state();
  EXPECT_TRUE(state.due);
  EXPECT_GT(state.dirty_ratio(), impl(little).clean_state().dirty_ratio());
  ASSERT_TRUE(world.topics->clean_once());
  EXPECT_EQ(impl(much).clean_state().dirty_bytes, 0u);
  EXPECT_GT(impl(little).clean_state().dirty_bytes, 0u);
  clean_all(world);
  EXPECT_LT(records(world, *much), 30u);
  EXPECT_EQ(records(world, *never), 60u);
  world.restart();
  EXPECT_FALSE(world.topics->clean_once()) << "how far it came is remembered";
}

TEST_F(Compaction, TheRatioAndTheLagsDecide) {
  World world(false);
  const auto lazy = world.create({{"cleanup.policy", "compact"}, {"min.cleanable.dirty.ratio", "1"}}, "lazy");
  put(world, *lazy, 60);
  EXPECT_FALSE(world.topics->clean_once()) << "the ratio must be passed";
  ASSERT_TRUE(world.topics->set_configs("lazy", {{"cleanup.policy", "compact"}, {"min.cleanable.dirty.ratio", "1"},
                                                 {"max.compaction.lag.ms", "1000"}, {"segment.bytes", "4096"}}).ok());
  EXPECT_FALSE(world.topics->clean_once());
  world.clock.advance(std::chrono::milliseconds(1001));
  EXPECT_EQ(clean_all(world), 1);
  const auto young = world.create({{"cleanup.policy", "compact"}, {"min.compaction.lag.ms", "60000"}}, "young");
  put(world, *young, 60);
  EXPECT_FALSE(world.topics->clean_once());
  world.clock.advance(std::chrono::milliseconds(60'001));
  put(world, *young, 60);
  EXPECT_EQ(clean_all(world), 1);
  EXPECT_GE(records(world, *young), 60u);
  EXPECT_LT(records(world, *young), 90u);
}

TEST_F(Compaction, MaxCompactionLagClosesTheActiveSegmentInTime) {
  World world(false);
  const auto topic = world.create({{"cleanup.policy", "compact"}, {"max.compaction.lag.ms", "5000"}});
  put(world, *topic, 2, 1);
  world.clock.advance(std::chrono::milliseconds(5001));
  world.topics->tick();
  EXPECT_EQ(clean_all(world), 1);
  EXPECT_EQ(records(world, *topic), 1u);
}

TEST_F(Compaction, UndecidedTransactionsHoldItUp) {
  World world(false);
  const auto topic = world.create(kCompact);
  put(world, *topic, 30);
  const record::NewRecord one{view_of("k0"), view_of("open"), world.clock.wall(), {}};
  Bytes batch = *record::build_batch(
      std::span(&one, 1), {.transactional = true, .producer_id = 5, .producer_epoch = 0, .base_sequence = 0});
  ASSERT_TRUE(topic->append(batch).ok());
  put(world, *topic, 60);
  const Offset stable = topic->offsets().last_stable;
  EXPECT_EQ(stable, Offset{30});
  clean_all(world);
  EXPECT_LE(impl(topic).clean_state().before, stable);
  ASSERT_TRUE(topic->append_marker({.producer_id = 5, .producer_epoch = 0, .commit = false}).ok());
  clean_all(world);
  EXPECT_GT(impl(topic).clean_state().before, stable);
  EXPECT_LT(records(world, *topic), 40u);
}

TEST_F(Compaction, ThePolicyMayChangeAtRunTime) {
  World world(false);
  const auto topic = world.create({});
  put(world, *topic, 60);
  EXPECT_FALSE(world.topics->clean_once());
  ASSERT_TRUE(world.topics->set_configs("t", {{"cleanup.policy", "compact"}, {"segment.bytes", "4096"}}).ok());
  EXPECT_EQ(clean_all(world), 1);
  const std::size_t left = records(world, *topic);
  EXPECT_LT(left, 30u);
  ASSERT_TRUE(world.topics->set_configs("t", {{"cleanup.policy", "delete"}, {"segment.bytes", "4096"}}).ok());
  put(world, *topic, 60);
  EXPECT_FALSE(world.topics->clean_once());
  EXPECT_EQ(records(world, *topic), left + 60);
  ASSERT_TRUE(world.topics->set_configs("t", {{"cleanup.policy", "compact,delete"}, {"retention.ms", "1000"},
                                              {"segment.bytes", "4096"}}).ok());
  EXPECT_EQ(clean_all(world), 1);
  world.clock.advance(std::chrono::milliseconds(kDayMs));
  world.topics->tick();
  EXPECT_GT(topic->offsets().log_start, Offset{0}) << "retention goes on beside it";
  put(world, *topic, 60);
  clean_all(world);
  EXPECT_GT(records(world, *topic), 0u);
}

TEST_F(Compaction, ARecordWithoutAKeyIsRefusedByItsPlace) {
  World world(false);
  const auto topic = world.create(kCompact);
  const record::NewRecord two[] = {{view_of("k"), view_of("v"), world.clock.wall(), {}},
                                   {std::nullopt, view_of("v"), world.clock.wall(), {}}};
  Bytes batch = *record::build_batch(two, {});
  const auto refused = topic->append(batch);
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->status, log::AppendStatus::kInvalidRecord);
  ASSERT_EQ(refused->record_errors.size(), 1u);
  EXPECT_EQ(refused->record_errors[0].index, 1);
  EXPECT_EQ(refused->record_errors[0].why, "Compacted topic cannot accept message without key in topic partition t-0.");
  EXPECT_NE(refused->why.find("One or more records have been rejected due to 1 record errors in total"), std::string::npos);
  EXPECT_EQ(topic->offsets().high_watermark, Offset{0});
}

TEST_F(Compaction, APartitionThatCannotBeIsSetAside) {
  World world(false);
  const auto bad = world.create(kCompact, "bad");
  const auto good = world.create(kCompact, "good");
  put(world, *bad, 60);
  put(world, *good, 60);
  {
    const auto file = *world.files.open(world.dir / "log/bad-0/00000000000000000000.log", OpenMode::kReadWrite);
    ASSERT_TRUE(file->write_at(200, view_of("damage")).ok());
  }
  EXPECT_EQ(clean_all(world), 2) << "one failure, one success, and no more";
  EXPECT_EQ(records(world, *good) < 30, true);
  for (const auto names = world.files.list(world.dir / "log/bad-0"); const auto& entry : *names) {
    EXPECT_FALSE(entry.name.ends_with(".cleaned") || entry.name.ends_with(".swap")) << entry.name;
  }
  EXPECT_FALSE(world.topics->clean_once());
  world.clock.advance(std::chrono::milliseconds(kSetAsideFirstMs));
  EXPECT_EQ(clean_all(world), 1) << "tried again later";
  world.clock.advance(std::chrono::milliseconds(kSetAsideFirstMs));
  EXPECT_EQ(clean_all(world), 0) << "and then later still";
}

TEST_F(Compaction, TheCoordinatorsTopicsAreTheirOwn) {
  World world(false);
  const auto topic = world.create(kCompact, "__consumer_offsets");
  put(world, *topic, 60);
  EXPECT_FALSE(world.topics->clean_once());
}

TEST_F(Compaction, WhatIsArchivedStaysAsItIsAndKeepsItsTombstones) {
  World world;
  const auto topic = world.create({});
  put(world, *topic, 60);
  world.clock.advance(std::chrono::milliseconds(kDayMs * 10));
  world.expect_evaluated();
  ASSERT_GT(world.objects(), 2u);
  ASSERT_TRUE(world.topics->set_configs("t", {{"cleanup.policy", "compact"}, {"segment.bytes", "4096"}}).ok());
  const std::size_t objects = world.objects();
  const Offset archived = topic->offsets().tiered_end;
  put(world, *topic, 60);
  EXPECT_EQ(impl(topic).clean_state().from, std::max(archived, topic->offsets().local_start));
  EXPECT_EQ(clean_all(world), 1);
  EXPECT_GE(records(world, *topic), static_cast<std::size_t>(archived.raw));
  EXPECT_LT(records(world, *topic), 120u);
  world.clock.advance(std::chrono::milliseconds(kDayMs * 10));
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), objects) << "no compacted segment goes up";
  world.restart();
  EXPECT_LT(records(world, *world.partition()), 120u);
}

TEST_F(Compaction, ADeletedTopicAndAStopEndIt) {
  World world(false, [](TopicsOptions& options) {
    options.background_passes = true;
    options.cleaner.backoff_ms = 1;
  });
  for (int round = 0; round < 5; ++round) {
    const std::string name = "t" + std::to_string(round);
    const auto topic = world.create(kCompact, name);
    put(world, *topic, 100);
    ASSERT_TRUE(world.topics->remove(name).ok());
    EXPECT_FALSE(world.files.stat(world.dir / ("log/" + name + "-0")).ok());
  }
  const auto last = world.create(kCompact, "last");
  put(world, *last, 100);
  world.restart();
  EXPECT_GT(records(world, *world.partition("last")), 0u);
}

TEST_F(Compaction, ConfigsAreReadAndContradictionsRefused) {
  const auto config = parse_topic_config({{"cleanup.policy", "compact"}, {"delete.retention.ms", "7"},
                                          {"max.compaction.lag.ms", "90"}, {"min.cleanable.dirty.ratio", "0.25"},
                                          {"min.compaction.lag.ms", "80"}});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->delete_retention_ms, 7);
  EXPECT_EQ(config->max_compaction_lag_ms, 90);
  EXPECT_EQ(config->min_compaction_lag_ms, 80);
  EXPECT_EQ(config->min_cleanable_ratio, 0.25);
  EXPECT_EQ(config->log.segment_ms, 90);
  EXPECT_TRUE(config->log.compacted);
  EXPECT_FALSE(parse_topic_config({{"max.compaction.lag.ms", "90"}, {"min.compaction.lag.ms", "91"}}).ok());
  EXPECT_FALSE(parse_topic_config({{"cleanup.policy", "compact"}, {"remote.storage.enable", "true"}}).ok());
}

}  // namespace
}  // namespace takhin::partition
