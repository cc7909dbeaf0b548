#include <gmock/gmock.h>

#include "partition/test_world.h"
#include "partition/topic_rules.h"

namespace takhin::partition {
namespace {

using ::testing::HasSubstr;

TEST(TopicRules, Names) {
  for (const char* good : {"a", "A-b_c.9", "__consumer_offsets"}) EXPECT_TRUE(check_topic_name(good).ok()) << good;
  for (const char* bad : {"", ".", "..", "a/b", "a b", "\xc3\xa4", "a\n"}) EXPECT_FALSE(check_topic_name(bad).ok()) << bad;
  EXPECT_TRUE(check_topic_name(std::string(249, 'x')).ok());
  EXPECT_FALSE(check_topic_name(std::string(250, 'x')).ok());
  EXPECT_TRUE(names_collide("a.b", "a_b"));
  EXPECT_FALSE(names_collide("a.b", "a-b"));
}

TEST(TopicRules, SegmentPaths) {
  const auto path = parse_segment_path("my-topic-12/00000000000000000345.log");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(path->topic, "my-topic");
  EXPECT_EQ(path->partition, 12);
  EXPECT_EQ(path->base, Offset{345});
  EXPECT_EQ(segment_path("my-topic-12", Offset{345}), "my-topic-12/00000000000000000345.log");
  for (const char* bad : {"", "t-0", "t-0/", "t/0.log", "-0/0.log", "t-/0.log", "t-0/x.log", "t-0/0.index", "t--1/-5.log"}) {
    EXPECT_FALSE(parse_segment_path(bad).has_value()) << bad;
  }
}

TEST(TopicsFile, RoundTripAndDamage) {
  testing::TempDir dir;
  os::PosixFileSystem files;
  testing::SeededRandom random;
  const std::string path = dir / "topics.json";
  const auto none = load_topics(files, path);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->topics.empty());
  const TopicsFile made{{{"a", Uuid::make(random), 3, {{"k", "v \"quoted\""}}, true}, {"b", Uuid::make(random), 1, {}, false}},
                        {{"c", Uuid::make(random), 2}},
                        {{"retention.ms", "5"}},
                        {{"segment.ms", "6"}}};
  ASSERT_TRUE(store_topics(files, path, made).ok());
  const auto read = load_topics(files, path);
  ASSERT_TRUE(read.ok()) << why(read);
  EXPECT_EQ(*read, made);
  ASSERT_TRUE(write_atomically(files, path, view_of("{\"version\":1,\"topics\":[],\"deleting\":[]}")).ok());
  const auto older = load_topics(files, path);  // written before there were defaults
  ASSERT_TRUE(older.ok()) << why(older);
  EXPECT_EQ(*older, TopicsFile{});
  for (const char* damaged : {"", "{", "[]", "{\"version\":9,\"topics\":[],\"deleting\":[]}", "{\"version\":1}"}) {
    ASSERT_TRUE(write_atomically(files, path, view_of(damaged)).ok());
    const auto refused = load_topics(files, path);
    ASSERT_FALSE(refused.ok()) << damaged;
    EXPECT_EQ(refused.error().kind, Kind::kCorrupt);
  }
}

TEST(Checkpoint, RoundTripAndDamage) {
  testing::TempDir dir;
  os::PosixFileSystem files;
  EXPECT_FALSE(load_checkpoint(files, dir.path())->has_value());
  const Checkpoint made{Offset{5}, Offset{1'000'000'000'000}, Offset{77}};
  ASSERT_TRUE(store_checkpoint(files, dir.path(), made).ok());
  EXPECT_EQ(**load_checkpoint(files, dir.path()), made);
  const std::string path = dir / std::string(kCheckpointFile);
  const std::string good(text_of(*read_whole(files, path)));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    ASSERT_TRUE(write_atomically(files, path, view_of(bad)).ok());
    EXPECT_FALSE(load_checkpoint(files, dir.path()).ok()) << at;
  }
  ASSERT_TRUE(write_atomically(files, path, view_of(std::string_view(good).substr(0, 20))).ok());
  EXPECT_FALSE(load_checkpoint(files, dir.path()).ok());
}

TEST(Topics, CreateFindDelete) {
  World world;
  const auto made = world.topics->create("one", 3, {{"retention.ms", "1000"}});
  ASSERT_TRUE(made.ok()) << why(made);
  EXPECT_EQ((*made)->partitions.size(), 3u);
  EXPECT_EQ(world.topics->find("one"), *made);
  EXPECT_EQ(world.topics->find((*made)->id), *made);
  EXPECT_EQ(world.topics->partition("one", 2)->ref().partition, 2);
  EXPECT_EQ(world.topics->partition("one", 3), nullptr);
  EXPECT_EQ(world.topics->partition("one", -1), nullptr);
  EXPECT_EQ(world.topics->create("one", 1, {}).error().kind, Kind::kConflict);
  EXPECT_EQ(world.topics->create("bad name", 1, {}).error().kind, Kind::kInvalid);
  EXPECT_EQ(world.topics->create("two", 0, {}).error().kind, Kind::kInvalid);
  EXPECT_EQ(world.topics->create("two", 1, {{"retention.ms", "x"}}).error().kind, Kind::kInvalid);
  ASSERT_TRUE(world.topics->create("a.b", 1, {}).ok());
  EXPECT_THAT(why(world.topics->validate("a_b", 1, {})), HasSubstr("collides"));
  EXPECT_TRUE(world.topics->validate("c", 1, {}).ok());
  EXPECT_EQ(world.topics->find("c"), nullptr);
  EXPECT_EQ(world.topics->all().size(), 2u);
  EXPECT_EQ(world.topics->remove("none").error().kind, Kind::kNotFound);
  EXPECT_TRUE(world.topics->remove("one").ok());
  EXPECT_EQ(world.topics->find("one"), nullptr);
  EXPECT_EQ(world.topics->find((*made)->id), nullptr);
  EXPECT_FALSE(world.files.stat(world.dir / "log/one-0").ok());
  EXPECT_EQ((*made)->partitions[0]->read({Offset{0}}).error().kind, Kind::kClosed);
}

TEST(Topics, ChangesSurviveARestart) {
  World world;
  ASSERT_TRUE(world.topics->create("one", 1, {}).ok());
  ASSERT_TRUE(world.topics->add_partitions("one", 3).ok());
  EXPECT_EQ(world.topics->add_partitions("one", 3).error().kind, Kind::kInvalid);
  EXPECT_EQ(world.topics->add_partitions("none", 3).error().kind, Kind::kNotFound);
  ASSERT_TRUE(world.topics->set_configs("one", {{"segment.bytes", "5000"}, {"retention.ms", "1000"}}).ok());
  EXPECT_EQ(world.topics->set_configs("one", {{"retention.ms", "soon"}}).error().kind, Kind::kInvalid);
  const Uuid id = world.topics->find("one")->id;
  world.restart();
  const auto info = world.topics->find("one");
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->id, id);
  EXPECT_EQ(info->partitions.size(), 3u);
  EXPECT_EQ(info->configs, (ConfigMap{{"retention.ms", "1000"}, {"segment.bytes", "5000"}}));
  const std::string metadata(text_of(*read_whole(world.files, world.dir / "log/one-0/partition.metadata")));
  EXPECT_EQ(metadata, "version: 0\ntopic_id: " + id.text() + "\n");
}

TEST(Topics, BucketKnowsTheTopics) {
  World world;
  world.store.set_down(true);
  ASSERT_TRUE(world.topics->create("one", 2, {{"retention.ms", "1000"}}).ok());  // works with the store away
  EXPECT_FALSE(world.topics->evaluate().ok());
  world.restart();
  world.store.set_down(false);
  world.expect_evaluated();
  const auto known = world.engine->list_topics(world.soon());
  ASSERT_TRUE(known.ok()) << why(known);
  ASSERT_EQ(known->size(), 1u);
  EXPECT_EQ(known->front().name, "one");
  EXPECT_EQ(known->front().partitions, 2);
  const int puts = world.store.calls(testing::Verb::kPut);
  world.expect_evaluated();
  EXPECT_EQ(world.store.calls(testing::Verb::kPut), puts);  // said once
}

TEST(Topics, BrokenPartitionStaysOfflineTheRestServes) {
  World world;
  ASSERT_TRUE(world.topics->create("one", 2, {}).ok());
  world.produce(*world.topics->partition("one", 1));
  world.stop();
  ASSERT_TRUE(write_atomically(world.files, world.dir / "log/one-0/takhin.checkpoint", view_of("nonsense")).ok());
  world.start();
  const auto broken = world.topics->partition("one", 0);
  ASSERT_NE(broken, nullptr);
  EXPECT_EQ(broken->read({Offset{0}}).error().kind, Kind::kUnavailable);
  EXPECT_EQ(world.topics->partition("one", 1)->offsets().high_watermark, Offset{5});
  world.expect_evaluated();
}

TEST(Partition, DurableWaitersAreAnswered) {
  World world;
  const auto partition = world.create({});
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  for (int i = 0; i < 200; ++i) {
    const Offset end = world.produce(*partition, 1);
    partition->when_durable(end, [&](Result<> result) { ++(result.ok() ? answered : failed); });
  }
  ASSERT_TRUE(world.topics->close().ok());  // answers whoever still waits
  EXPECT_EQ(answered + failed, 200);
  EXPECT_EQ(failed, 0);
}

TEST(Partition, AppendWakesWaiters) {
  World world;
  const auto partition = world.create({});
  int called = 0;
  auto handle = partition->when_appended(Offset{0}, [&] { ++called; });
  auto cancelled = partition->when_appended(Offset{0}, [&] { called += 100; });
  cancelled.reset();
  auto later = partition->when_appended(Offset{1000}, [&] { called += 1000; });
  EXPECT_EQ(called, 0);
  world.produce(*partition, 5);
  EXPECT_EQ(called, 1);
  auto at_once = partition->when_appended(Offset{3}, [&] { called += 10; });
  EXPECT_EQ(called, 11);
  ASSERT_TRUE(world.topics->close().ok());
  EXPECT_EQ(called, 1011);
}

TEST(AppendWaiters, ListIsBounded) {
  const auto waiters = AppendWaiters::make(2);
  std::vector<int> called;
  std::vector<std::shared_ptr<void>> handles;
  for (int i = 0; i < 4; ++i) handles.push_back(waiters->add(Offset{0}, [&called, i] { called.push_back(i); }));
  EXPECT_EQ(called, (std::vector<int>{0, 1}));
  EXPECT_EQ(waiters->size(), 2u);
  handles.clear();
  EXPECT_EQ(waiters->size(), 0u);
}

// A clock that stepped back makes a segment's newest record lie ahead; the next segment holds records of long ago. The first one
// is not old for that.
TEST(Retention, T6_ATimestampALittleAheadIsNotAsOldAsTheBackfillBehindIt) {
  const TimestampMs now{100 * kHourMs};
  std::vector<tier::SegmentEntry> archived(2);
  archived[0] = {Offset{0}, Offset{10}, TimestampMs{now.raw + 1000}, 100, LeaderEpoch{0}, 0, Uuid{}};
  archived[1] = {Offset{10}, Offset{20}, TimestampMs{now.raw - 50 * kHourMs}, 100, LeaderEpoch{0}, 0, Uuid{}};
  EXPECT_EQ(units_of(archived, {}, now).front().age_ms, 0);
  archived[0].max_timestamp = TimestampMs{now.raw + 1000 * kHourMs};
  EXPECT_EQ(units_of(archived, {}, now).front().age_ms, 50 * kHourMs) << "else it would stay for a thousand hours";
}

TEST(Retention, T7_T11_SizeAndAgeOverUnits) {
  const auto unit = [](std::int64_t base, std::int64_t age, bool sealed = true) {
    return Unit{Offset{base}, Offset{base + 10}, 100, age, sealed, true, true};
  };
  const std::vector<Unit> units = {unit(0, 50), unit(10, 40), unit(20, 30), unit(30, 20, false)};
  EXPECT_EQ(retention_start(units, -1, -1), Offset{0});  // T7: no limit is no limit
  EXPECT_EQ(retention_start(units, 39, -1), Offset{20});
  EXPECT_EQ(retention_start(units, 40, -1), Offset{10});
  EXPECT_EQ(retention_start(units, 0, 0), Offset{30});    // never the active one
  EXPECT_EQ(retention_start(units, -1, 399), Offset{0});
  EXPECT_EQ(retention_start(units, -1, 300), Offset{10});
  EXPECT_EQ(retention_start({}, 0, 0), kNoOffset);
  EXPECT_EQ(local_release_end(units, -1, 200), Offset{20});
  auto gap = units;
  gap[1].archived = false;
  EXPECT_EQ(local_release_end(gap, 0, 0), Offset{10});  // T11: what is not archived stays, and what comes after it
  EXPECT_EQ(local_release_end(units, -1, -1), kNoOffset);
}

}  // namespace
}  // namespace takhin::partition
