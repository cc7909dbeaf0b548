// The folder of a partition is lost, the bucket is not.

#include <algorithm>

#include "partition/test_world.h"

namespace takhin::partition {
namespace {

ConfigMap tiered() { return {{"remote.storage.enable", "true"}, {"local.retention.bytes", "0"}}; }

/// One batch of an idempotent producer.
Result<log::Appended> produce_once(World& world, Partition& to, std::int32_t sequence) {
  const std::string value = World::value_of(to.offsets().high_watermark);
  const record::NewRecord record{view_of("key"), view_of(value), world.clock.wall(), {}};
  Bytes batch = *record::build_batch({&record, 1}, {.producer_id = 77, .producer_epoch = 2, .base_sequence = sequence});
  return to.append(batch);
}

// T41, T44: what the log knew beside its records comes back with it.
TEST(LostFolder, T44_KnowsItsProducersAndWritesInAHigherEpoch) {
  World world;
  world.create(tiered());
  std::int32_t sequence = 0;
  std::vector<log::Appended> made;
  while (world.counts().total < 4) {
    const auto appended = produce_once(world, *world.partition(), sequence++);
    ASSERT_TRUE(appended.ok() && appended->status == log::AppendStatus::kOk) << why(appended);
    made.push_back(*appended);
  }
  world.expect_evaluated();
  const Offset archived = world.partition()->offsets().tiered_end;
  const LeaderEpoch before = world.partition()->epoch();
  world.stop();
  ASSERT_TRUE(world.files.remove_tree(world.folder()).ok());
  world.start();
  const auto partition = world.partition();
  ASSERT_EQ(partition->offsets().high_watermark, archived);
  EXPECT_GT(partition->epoch(), before);
  const auto last = std::ranges::find(made, archived, &log::Appended::end);
  ASSERT_NE(last, made.end());
  const auto at = static_cast<std::int32_t>(last - made.begin());
  const auto again = produce_once(world, *partition, at);
  ASSERT_TRUE(again.ok()) << why(again);
  EXPECT_EQ(again->status, log::AppendStatus::kDuplicate);
  EXPECT_EQ(again->base, last->base);
  EXPECT_EQ(produce_once(world, *partition, at + 2)->status, log::AppendStatus::kOutOfOrderSequence);
  const auto next_one = produce_once(world, *partition, at + 1);
  EXPECT_EQ(next_one->status, log::AppendStatus::kOk) << next_one->why;
  EXPECT_EQ(next_one->base, archived);
  EXPECT_EQ(partition->epochs().back().start, archived);
  const LeaderEpoch epoch = partition->epoch();
  world.restart();
  EXPECT_EQ(world.partition()->epoch(), epoch) << "raised once";
  EXPECT_EQ(world.consume(*world.partition(), Offset{0}), static_cast<std::size_t>(archived.raw) + 1);
}

TEST(LostFolder, OfWhichAllWasDeletedGivesNoOffsetTwice) {
  World world;
  const auto partition = world.create(tiered());
  world.fill(*partition, 3);
  world.expect_evaluated();
  const Offset end = partition->offsets().high_watermark;
  ASSERT_TRUE(partition->raise_log_start(end, world.soon()).ok());
  ASSERT_EQ(world.objects(), 0u);
  world.stop();
  ASSERT_TRUE(world.files.remove_tree(world.folder()).ok());
  world.start();
  EXPECT_EQ(world.partition()->offsets().log_start, end);
  EXPECT_EQ(world.partition()->offsets().high_watermark, end);
}

TEST(LostFolder, StaysOfflineWhileTheStoreIsAway) {
  World world;
  world.create(tiered());
  world.fill(*world.partition(), 3);
  world.expect_evaluated();
  const Offset archived = world.partition()->offsets().tiered_end;
  world.stop();
  ASSERT_TRUE(world.files.remove_tree(world.folder()).ok());
  for (const auto verb : {testing::Verb::kList, testing::Verb::kHead, testing::Verb::kGet}) {
    world.store.fail_next(verb, Kind::kUnavailable);
    world.start();
    EXPECT_FALSE(world.fetch(*world.partition(), Offset{0}).ok());
    world.stop();
    world.store.clear();
  }
  world.start();
  EXPECT_EQ(world.partition()->offsets().high_watermark, archived);
  EXPECT_EQ(world.consume(*world.partition(), Offset{0}), static_cast<std::size_t>(archived.raw));
}

TEST(LostFolder, ReturnsByItselfWhenTheStoreIsBack) {
  World world(true, [](TopicsOptions& options) { options.own_threads = false; });
  world.create(tiered());
  world.fill(*world.partition(), 3);
  world.expect_evaluated();
  const Offset archived = world.partition()->offsets().tiered_end;
  world.stop();
  ASSERT_TRUE(world.files.remove_tree(world.folder()).ok());
  world.store.set_down(true);
  world.start();
  const auto offline = world.partition();
  EXPECT_FALSE(offline->read({Offset{0}}).ok());
  const int heads = world.store.calls(testing::Verb::kHead);
  for (int second = 0; second < 300; ++second) {
    world.clock.advance(std::chrono::seconds(1));
    world.topics->tick();
  }
  EXPECT_FALSE(world.partition()->read({Offset{0}}).ok());
  EXPECT_LE(world.store.calls(testing::Verb::kHead) - heads, 20) << "it is asked with growing pauses";
  EXPECT_TRUE(world.topics->create("other", 1, {}).ok()) << "and nobody waits for it";

  world.store.set_down(false);
  world.clock.advance(std::chrono::minutes(2));
  world.topics->tick();
  const auto back = world.partition();
  ASSERT_NE(back, offline);
  EXPECT_EQ(back->offsets().high_watermark, archived);
  world.produce(*back);
  EXPECT_EQ(world.consume(*back, Offset{0}), static_cast<std::size_t>(archived.raw) + 5);
  EXPECT_EQ(world.metrics.text().find("partitions_offline 1"), std::string::npos);
  ASSERT_TRUE(world.topics->remove("t").ok());
}

TEST(LostFolder, ATopicThatIsDeletedWhileOfflineStaysDeleted) {
  World world(true, [](TopicsOptions& options) { options.own_threads = false; });
  world.create(tiered());
  world.fill(*world.partition(), 3);
  world.expect_evaluated();
  world.stop();
  ASSERT_TRUE(world.files.remove_tree(world.folder()).ok());
  world.store.set_down(true);
  world.start();
  ASSERT_TRUE(world.topics->remove("t").ok());
  world.store.set_down(false);
  world.clock.advance(std::chrono::minutes(2));
  world.topics->tick();
  world.expect_evaluated();
  EXPECT_EQ(world.partition(), nullptr);
  EXPECT_EQ(world.objects(), 0u);
  EXPECT_FALSE(world.files.stat(world.folder()).ok());
}

}  // namespace
}  // namespace takhin::partition
