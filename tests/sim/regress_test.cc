// One test per fault that the simulator found, in the simulator's world with a store that behaves.

#include <gtest/gtest.h>

#include "partition/topic_rules.h"
#include "tests/sim/checks.h"

namespace takhin::sim {
namespace {

template <class T>
std::string why(const Result<T>& result) {
  return result.ok() ? "ok" : result.error().text;
}

constexpr const char* kTopic = "t";

class Regress : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() {
    const auto started = world.start();
    ASSERT_TRUE(started.ok()) << why(started);
    ASSERT_EQ(world.offline(), 0u);
  }
  void restart() {
    world.stop(End::kClose);
    start();
  }
  /// Nothing survives but what was synced; with a seed, some of the rest, too.
  void cut_power(std::uint64_t seed = 0) {
    world.disk.stop_after(0);
    world.topics.reset();
    world.engine.reset();
    world.metrics.reset();
    world.disk.power_loss(seed);
    start();
  }
  std::shared_ptr<partition::Partition> create(partition::ConfigMap more = {}) {
    if (more.empty()) more = {{"segment.ms", "60000"}, {"local.retention.bytes", "0"}};
    partition::ConfigMap configs = {{"remote.storage.enable", "true"}};
    configs.insert(configs.end(), more.begin(), more.end());
    const auto made = world.topics->create(kTopic, 1, configs);
    EXPECT_TRUE(made.ok()) << why(made);
    return world.partition(kTopic, 0);
  }
  /// One batch of one record of producer 9; what the log answers. Acknowledged as durable when `wait`.
  log::Appended append(std::int32_t sequence, bool wait = true) {
    const std::vector<record::NewRecord> records = {
        {.key = view_of("k"), .value = view_of("some value"), .timestamp = world.clock.wall()}};
    auto batch = record::build_batch(records, {.producer_id = 9, .producer_epoch = 0, .base_sequence = sequence});
    const auto partition = world.partition(kTopic, 0);
    const auto answer = partition->append(*batch);
    EXPECT_TRUE(answer.ok()) << why(answer);
    if (!answer.ok()) return {};
    if (wait) {
      partition->when_durable(answer->end, [](Result<> durable) { EXPECT_TRUE(durable.ok()) << why(durable); });
    }
    return *answer;
  }
  /// Without a producer id.
  void append_plain(std::size_t value_bytes, bool wait) {
    const Bytes value(value_bytes, std::byte{'v'});
    const std::vector<record::NewRecord> records = {{.value = View(value), .timestamp = world.clock.wall()}};
    auto batch = record::build_batch(records, {});
    const auto partition = world.partition(kTopic, 0);
    const auto answer = partition->append(*batch);
    ASSERT_TRUE(answer.ok() && answer->status == log::AppendStatus::kOk) << why(answer);
    if (wait) {
      partition->when_durable(answer->end, [](Result<> durable) { EXPECT_TRUE(durable.ok()) << why(durable); });
    }
  }
  void pass() {
    const auto passed = world.topics->evaluate();
    EXPECT_TRUE(passed.ok()) << why(passed);
  }
  /// The active segment becomes due by time, then one whole pass.
  void roll_and_pass() {
    world.clock.advance(std::chrono::minutes(2));
    pass();
  }

  World world{1};
};

// The roll was not on disk when its segment went up: after the power cut the old segment grew on, and its object was in the way.
TEST_F(Regress, ARollIsOnDiskBeforeItsSegmentIsArchived) {
  create({{"local.retention.bytes", "-2"}, {"segment.ms", "86400000"}, {"segment.bytes", "500"}});
  bool whole = false;
  for (std::uint64_t changes = 0; !whole; ++changes) {
    append_plain(10, true);
    append_plain(380, false);  // does not fit: rolls, and is lost with the roll
    world.disk.stop_after(changes);
    static_cast<void>(world.topics->evaluate());
    whole = !world.disk.stopped();
    cut_power();
    append_plain(10, true);
    pass();
  }
  append_plain(380, true);
  pass();
}

// With the older segments gone only the snapshot knows the producers: it must be on disk before they go.
TEST_F(Regress, ProducersAreKnownAfterSegmentsWentAndThePowerToo) {
  create();
  append(0);
  roll_and_pass();
  cut_power();
  EXPECT_EQ(append(0).status, log::AppendStatus::kDuplicate);
}

// The same for segments below a log start that DeleteRecords raised earlier.
TEST_F(Regress, ProducersAreKnownAfterDeletedSegmentsWentAndThePowerToo) {
  const auto made = world.topics->create(kTopic, 1, {{"segment.ms", "60000"}});  // nothing of it is archived at this age
  ASSERT_TRUE(made.ok()) << why(made);
  append(0);
  append(1);
  ASSERT_TRUE(world.partition(kTopic, 0)->raise_log_start(Offset{2}, world.soon()).ok());
  roll_and_pass();
  cut_power();
  EXPECT_EQ(append(1).status, log::AppendStatus::kDuplicate);
}

// Closing wrote the snapshot of an empty active segment anew, in place.
TEST_F(Regress, ACloseThatIsCutShortKeepsTheSnapshot) {
  create();
  append(0);
  roll_and_pass();
  bool closed = false;
  for (std::uint64_t changes = 0; !closed; ++changes) {
    for (std::uint64_t seed = 1; seed <= 16; ++seed) {
      world.disk.stop_after(changes);
      closed = world.topics->close().ok();
      cut_power(seed);
      ASSERT_EQ(append(0).status, log::AppendStatus::kDuplicate) << "closed for " << changes << " changes, seed " << seed;
    }
  }
}

// DeleteRecords up to an end that is not on disk yet: the log began anew behind it and forgot its producers.
TEST_F(Regress, ALogStartIsNeverAheadOfTheDisk) {
  create();
  append(0);
  append(1, false);
  ASSERT_TRUE(world.partition(kTopic, 0)->raise_log_start(Offset{2}, world.soon()).ok());
  cut_power();
  EXPECT_EQ(world.partition(kTopic, 0)->offsets().high_watermark, Offset{2});
  EXPECT_EQ(append(1).status, log::AppendStatus::kDuplicate);
}

// T46: the deletion of a folder that was not on disk came back, and was in the way of the next topic of that name.
TEST_F(Regress, T46_ADeletedTopicsFolderIsGoneForGood) {
  create();
  append(0);
  for (std::uint64_t changes = 0; world.topics->find(kTopic) != nullptr; ++changes) {
    world.disk.stop_after(changes);
    static_cast<void>(world.topics->remove(kTopic));
    cut_power(changes + 1);  // some names reached the disk, some did not
  }
  pass();
  cut_power();
  const auto again = create();
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->offsets().high_watermark, Offset{0});
  restart();
  EXPECT_EQ(world.partition(kTopic, 0)->offsets().high_watermark, Offset{0});
}

// After a kill the name of topics.json may be in the page cache only; what was read from it must not vanish later.
TEST_F(Regress, ATopicThatWasSeenAfterAKillSurvivesThePowerCut) {
  for (std::uint64_t changes = 1; world.topics->find(kTopic) == nullptr; ++changes) {
    world.disk.stop_after(changes);
    static_cast<void>(world.topics->create(kTopic, 1, {}));
    world.stop(End::kKill);
    start();
  }
  cut_power();
  EXPECT_NE(world.topics->find(kTopic), nullptr);
}

// T1: archived, but a crash took the note of it from the checkpoint; then the catalogue was lost while the store was away. What
// only the bucket had was taken for deleted.
TEST_F(Regress, T1_WhatTheBucketAloneHoldsIsNotTakenForDeleted) {
  bool whole = false;
  for (std::uint64_t changes = 0; !whole; ++changes) {
    create();  // the first segment of a topic: later ones have a note of earlier ones
    append(0);
    world.clock.advance(std::chrono::minutes(2));
    world.disk.stop_after(changes);
    static_cast<void>(world.topics->evaluate());
    whole = !world.disk.stopped();
    world.stop(End::kKill);
    start();
    pass();
    world.stop(End::kKill);
    for (const char* suffix : {"", "-wal", "-shm"}) ASSERT_TRUE(world.disk.remove(kDataDir + "/catalog.db" + suffix).ok());
    world.store.set_down(true);
    start();
    world.topics->tick();
    ASSERT_EQ(world.partition(kTopic, 0)->offsets().log_start, Offset{0}) << "crashed after " << changes << " changes";
    world.store.set_down(false);
    world.clock.advance(std::chrono::minutes(5));
    pass();
    ASSERT_TRUE(world.topics->remove(kTopic).ok());
    pass();
  }
}

// T41, KAFKA-16105: a catalogue that was lost and then told of the newest object alone never heard of the older ones.
TEST_F(Regress, T41_ACatalogueThatKnowsTheNewestObjectOnlyIsListedWhole) {
  create();
  for (std::int32_t sequence = 0; sequence < 3; ++sequence) {
    append(sequence);
    roll_and_pass();
  }
  append(3);
  world.clock.advance(std::chrono::minutes(2));
  world.stop(End::kKill);
  for (const char* suffix : {"", "-wal", "-shm"}) ASSERT_TRUE(world.disk.remove(kDataDir + "/catalog.db" + suffix).ok());
  start();
  const auto partition = world.partition(kTopic, 0);
  static_cast<void>(world.topics->archive(partition::segment_path(partition->ref().name(), Offset{3})));
  const auto refreshed = world.engine->refresh(partition->ref(), false, world.soon());
  ASSERT_TRUE(refreshed.ok()) << why(refreshed);
  EXPECT_EQ(world.engine->segments(partition->ref()).front().base, Offset{0});
}

}  // namespace
}  // namespace takhin::sim
