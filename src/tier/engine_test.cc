#include "tier/engine.h"

#include "testing/engine_fixture.h"
#include "tier/metrics.h"

namespace takhin::tier {
namespace {

using takhin::testing::Effect;
using takhin::testing::make_segment;
using takhin::testing::make_segments;
using takhin::testing::partition_ref;
using takhin::testing::Verb;

class EngineTest : public takhin::testing::EngineFixture {};

TEST_F(EngineTest, ALostCatalogueIsRebuiltFromTheListing) {
  const auto all = make_segments(ref, 5);
  archive_all(all);
  const auto before = engine->segments(ref);
  open(true);
  EXPECT_TRUE(engine->segments(ref).empty());
  ASSERT_TRUE(engine->refresh(ref, false, soon()).ok());
  EXPECT_EQ(engine->segments(ref), before);
  const auto slice = engine->read(ref, all[2].sealed.base, kMiB, soon());
  ASSERT_TRUE(slice.ok()) << slice.error().text;
  EXPECT_EQ(slice->segment_base, all[2].sealed.base);
}

TEST_F(EngineTest, RefreshTakesInWhatAnotherProcessAddedAndForgetsWhatItRemoved) {
  const auto all = make_segments(ref, 4);
  archive_all({all[0], all[1]});
  auto follower = *Engine::open({store, files, clock, random, metrics},
                                {.cache_dir = dir / "f/cache", .catalog_path = dir / "f/c.db"});
  ASSERT_TRUE(follower->refresh(ref, false, soon()).ok());
  archive_all({all[2], all[3]});
  const int lists = store.calls(Verb::kList);
  ASSERT_TRUE(follower->refresh(ref, false, soon()).ok());
  EXPECT_EQ(store.calls(Verb::kList), lists + 1);
  EXPECT_EQ(follower->segments(ref), engine->segments(ref));
  ASSERT_TRUE(engine->put_log_start(ref, all[2].sealed.base, soon()).ok());
  ASSERT_TRUE(engine->remove_before(ref, all[2].sealed.base, soon()).ok());
  ASSERT_TRUE(follower->refresh(ref, false, soon()).ok());
  EXPECT_EQ(follower->segments(ref).size(), 4u) << "only a whole listing shows what is gone";
  ASSERT_TRUE(follower->refresh(ref, true, soon()).ok());
  EXPECT_EQ(follower->segments(ref), engine->segments(ref));
}

// T32: an object that went while a reader had it listed.
TEST_F(EngineTest, T32_AReadThatMeets404LooksAgain) {
  const auto all = make_segments(ref, 2);
  archive_all(all);
  const object::ObjectKey gone{object_name(ref, engine->segments(ref)[0])};
  ASSERT_TRUE(memory.remove(std::span(&gone, 1), soon())->empty());
  const auto slice = engine->read(ref, Offset{0}, kMiB, soon());
  ASSERT_TRUE(slice.ok()) << slice.error().text;
  EXPECT_EQ(slice->segment_base, all[1].sealed.base);
  EXPECT_EQ(engine->segments(ref).size(), 1u);
}

TEST_F(EngineTest, VerifyFindsWhatIsMissingShortOrDamaged) {
  archive_all(make_segments(ref, 1));
  const auto entry = engine->segments(ref)[0];
  const object::ObjectKey key{object_name(ref, entry)};
  const Bytes good = *memory.get(key, {0, memory.head(key, soon())->size}, soon());
  const auto check = [&](VerifyDepth depth) {
    const auto verified = engine->verify(ref, entry.base, depth, soon());
    return verified.ok() ? std::optional<Kind>() : verified.error().kind;
  };
  EXPECT_EQ(check(VerifyDepth::kFull), std::nullopt);
  Bytes bad = good;
  bad[bad.size() / 3] ^= std::byte{1};
  ASSERT_TRUE(memory.put(key, bad, object::When::kAlways, soon()).ok());
  EXPECT_EQ(check(VerifyDepth::kHead), Kind::kCorrupt);  // this store reports checksums
  EXPECT_EQ(check(VerifyDepth::kFull), Kind::kCorrupt);
  ASSERT_TRUE(memory.put(key, View(good).first(good.size() - 1), object::When::kAlways, soon()).ok());
  EXPECT_EQ(check(VerifyDepth::kHead), Kind::kCorrupt);
  ASSERT_TRUE(memory.put(key, good, object::When::kAlways, soon()).ok());
  store.add({.verb = Verb::kGet, .effect = Effect::kFlipBit, .skip = 1});  // the first GET is the tail's
  EXPECT_EQ(check(VerifyDepth::kFull), Kind::kCorrupt);
  EXPECT_EQ(check(VerifyDepth::kFull), std::nullopt);
  ASSERT_TRUE(memory.remove(std::span(&key, 1), soon())->empty());
  EXPECT_EQ(check(VerifyDepth::kHead), Kind::kNotFound);
  EXPECT_EQ(engine->verify(ref, Offset{1}, VerifyDepth::kHead, soon()).error().kind, Kind::kNotFound);
}

TEST_F(EngineTest, LogStartNeverGoesBackAndSurvivesTheLossOfTheCatalogue) {
  EXPECT_EQ(*engine->get_log_start(ref, soon()), kNoOffset);
  ASSERT_TRUE(engine->put_log_start(ref, Offset{100}, soon()).ok());
  ASSERT_TRUE(engine->put_log_start(ref, Offset{50}, soon()).ok());
  EXPECT_EQ(*engine->get_log_start(ref, soon()), Offset{100});
  EXPECT_EQ(store.calls(Verb::kPut), 1);
  open(true);
  ASSERT_TRUE(engine->put_log_start(ref, Offset{70}, soon()).ok());
  EXPECT_EQ(*engine->get_log_start(ref, soon()), Offset{100});
  store.lose_reply(Verb::kPut);
  ASSERT_FALSE(engine->put_log_start(ref, Offset{200}, soon()).ok());
  ASSERT_TRUE(engine->put_log_start(ref, Offset{200}, soon()).ok());
  EXPECT_EQ(*engine->get_log_start(ref, soon()), Offset{200});
}

// T4: nothing goes before the log start that covers it is durable in the bucket.
TEST_F(EngineTest, T4_RemovalBeforeTheLogStartIsOnRecordIsRefused) {
  const auto all = make_segments(ref, 3);
  archive_all(all);
  EXPECT_EQ(engine->remove_before(ref, all[1].sealed.base, soon()).error().kind, Kind::kConflict);
  store.fail_next(Verb::kPut);
  ASSERT_FALSE(engine->put_log_start(ref, all[1].sealed.base, soon()).ok());
  EXPECT_EQ(engine->remove_before(ref, all[1].sealed.base, soon()).error().kind, Kind::kConflict);
  EXPECT_EQ(segment_keys().size(), 3u);
  ASSERT_TRUE(engine->put_log_start(ref, all[1].sealed.base, soon()).ok());
  EXPECT_EQ(*engine->remove_before(ref, all[1].sealed.base, soon()), 1u);
  EXPECT_EQ(segment_keys().size(), 2u);
}

// T12: what only begins before the offset stays. T10: again is nothing.
TEST_F(EngineTest, T10_T12_RemovesWhatEndsAtOrBeforeTheOffsetAndNoMore) {
  const auto all = make_segments(ref, 3);
  archive_all(all);
  const Offset inside{all[1].sealed.end.raw - 1};
  ASSERT_TRUE(engine->put_log_start(ref, inside, soon()).ok());
  EXPECT_EQ(*engine->remove_before(ref, inside, soon()), 1u);
  EXPECT_EQ(*engine->remove_before(ref, inside, soon()), 0u);
  ASSERT_EQ(engine->segments(ref).size(), 2u);
  EXPECT_EQ(engine->segments(ref)[0].base, all[1].sealed.base);
  EXPECT_EQ(engine->log_bytes(ref), all[1].log.size() + all[2].log.size());
}

// T13: more than 1,000 keys, and pages of a listing, and errors of single keys.
TEST_F(EngineTest, T13_RemovesThousandsAndKeepsTheOnesThatFailed) {
  std::vector<std::string> names;
  const auto body = view_of("0123456789012345678901234567890123456789012345678901234567890123456789");
  for (int i = 0; i < 2'500; ++i) {
    SegmentEntry entry{.base = Offset{i * 10}, .end = Offset{i * 10 + 10}, .max_timestamp = TimestampMs{i}, .log_bytes = 5,
                       .leader_epoch = LeaderEpoch{0}, .id = Uuid::make(random)};
    names.push_back(object_name(ref, entry));
    ASSERT_TRUE(memory.put({names.back()}, body, object::When::kAlways, soon()).ok());
  }
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  ASSERT_EQ(engine->segments(ref).size(), 2'500u);
  ASSERT_TRUE(engine->put_log_start(ref, Offset{24'000}, soon()).ok());
  store.add({.verb = Verb::kRemove, .key_part = names[1'234]});
  ASSERT_FALSE(engine->remove_before(ref, Offset{24'000}, soon()).ok());
  const auto left = engine->segments(ref);
  ASSERT_FALSE(left.empty());
  EXPECT_LE(left.front().base, Offset{12'340}) << "oldest first: nothing after the failure went";
  EXPECT_EQ(left.size(), segment_keys().size()) << "what is listed is what is there";
  ASSERT_TRUE(engine->remove_before(ref, Offset{24'000}, soon()).ok());
  EXPECT_EQ(engine->segments(ref).size(), 100u);
  EXPECT_EQ(segment_keys().size(), 100u);
}

// T19: a crash between removing objects and forgetting them.
TEST_F(EngineTest, T19_ObjectsThatWentBeforeACrashAreForgottenByTheRetry) {
  const auto all = make_segments(ref, 3);
  archive_all(all);
  ASSERT_TRUE(engine->put_log_start(ref, all[2].sealed.base, soon()).ok());
  store.lose_reply(Verb::kRemove);
  ASSERT_FALSE(engine->remove_before(ref, all[2].sealed.base, soon()).ok());
  EXPECT_EQ(segment_keys().size(), 1u);
  EXPECT_EQ(engine->segments(ref).size(), 3u);
  open();
  EXPECT_EQ(*engine->remove_before(ref, all[2].sealed.base, soon()), 0u);
  EXPECT_EQ(engine->segments(ref).size(), 1u);
}

TEST_F(EngineTest, AWriteOnceBucketIsNeverDeletedFrom) {
  write_once = true;
  open();
  archive_all(make_segments(ref, 3));
  const auto all = engine->segments(ref);
  ASSERT_TRUE(engine->put_log_start(ref, all[1].base, soon()).ok());
  EXPECT_EQ(*engine->remove_before(ref, all[1].base, soon()), 0u);
  EXPECT_EQ(engine->segments(ref).size(), 2u);
  ASSERT_TRUE(engine->put_topic({ref.topic, ref.topic_id, 1, {}}, soon()).ok());
  ASSERT_TRUE(engine->delete_topic(ref.topic, ref.topic_id, soon()).ok());
  EXPECT_TRUE(engine->segments(ref).empty());
  EXPECT_TRUE(engine->list_topics(soon())->empty());
  ASSERT_TRUE(engine->finish_deletions(soon()).ok());
  EXPECT_EQ(segment_keys().size(), 3u);
  EXPECT_EQ(store.calls(takhin::testing::Verb::kRemove), 0);
}

TEST_F(EngineTest, RemovalAlsoTakesObjectsThatNobodyRecorded) {
  const auto all = make_segments(ref, 2);
  archive_all(all);
  auto copy = engine->segments(ref)[0];  // an attempt of another process, its answer lost
  copy.id = Uuid::make(random);
  ASSERT_TRUE(memory.put({object_name(ref, copy)}, view_of("left behind"), object::When::kAlways, soon()).ok());
  ASSERT_TRUE(engine->put_log_start(ref, all[1].sealed.base, soon()).ok());
  EXPECT_EQ(*engine->remove_before(ref, all[1].sealed.base, soon()), 2u);
  EXPECT_EQ(segment_keys().size(), 1u);
}

TEST_F(EngineTest, TopicsAreListedFromTheBucketAlone) {
  const TopicRecord orders{"orders", ref.topic_id, 3, {{"retention.ms", "1000"}, {"x", "\"quoted\" \xc3\xa9"}}};
  ASSERT_TRUE(engine->put_topic(orders, soon()).ok());
  for (const auto& partition : {ref, partition_ref("orders", 2), partition_ref("bare.topic", 4)}) {
    archive_all(make_segments(partition, 2));
  }
  for (int i = 0; i < 150; ++i) {  // more than a page of them under one topic
    const auto name = fmt::format("{}{:05}/{:03}", topic_prefix("orders", ref.topic_id), 1, i);
    ASSERT_TRUE(memory.put({name}, {}, object::When::kAlways, soon()).ok());
  }
  ASSERT_TRUE(memory.put({"stranger/x"}, {}, object::When::kAlways, soon()).ok());
  open(true);
  const auto topics = engine->list_topics(soon());
  ASSERT_TRUE(topics.ok()) << topics.error().text;
  ASSERT_EQ(topics->size(), 2u);
  EXPECT_EQ((*topics)[0].name, "bare.topic");
  EXPECT_EQ((*topics)[0].partitions, 5) << "without topic.json: as many as are seen";
  EXPECT_EQ((*topics)[1].name, "orders");
  EXPECT_EQ((*topics)[1].id, ref.topic_id);
  EXPECT_EQ((*topics)[1].partitions, 3);
  EXPECT_EQ((*topics)[1].configs, orders.configs);
}

TEST_F(EngineTest, ADeletedTopicIsGoneAndStaysGone) {
  const auto other = partition_ref("other");
  ASSERT_TRUE(engine->put_topic({"orders", ref.topic_id, 1, {}}, soon()).ok());
  const auto all = make_segments(ref, 3);
  archive_all(all);
  archive_all(make_segments(other, 1));
  ASSERT_TRUE(engine->delete_topic("orders", ref.topic_id, soon()).ok());
  EXPECT_EQ(keys().size(), 1u);
  EXPECT_TRUE(engine->segments(ref).empty());
  EXPECT_EQ(engine->partitions(), std::vector{other});
  EXPECT_EQ(archive(all[0]).error().kind, Kind::kConflict);
  EXPECT_EQ(engine->put_log_start(ref, Offset{1}, soon()).error().kind, Kind::kConflict);
  EXPECT_EQ(keys().size(), 1u);
  ASSERT_TRUE(engine->delete_topic("orders", ref.topic_id, soon()).ok());
}

// T46: a deletion that a crash or an error cut short is finished later, and the topic does not come back meanwhile.
TEST_F(EngineTest, T46_DeletionsAreFinishedAfterACrash) {
  ASSERT_TRUE(engine->put_topic({"orders", ref.topic_id, 1, {}}, soon()).ok());
  archive_all(make_segments(ref, 3));
  for (const Verb verb : {Verb::kPut, Verb::kList, Verb::kRemove, Verb::kAbortUploads}) {
    store.fail_next(verb, Kind::kUnavailable, 2);  // the sweep of a fresh engine may take one
    ASSERT_FALSE(engine->delete_topic("orders", ref.topic_id, soon()).ok());
    store.clear();
    open(true);
    EXPECT_EQ(engine->list_topics(soon())->size(), verb == Verb::kPut ? 1u : 0u);
  }
  EXPECT_FALSE(keys().empty());
  ASSERT_TRUE(engine->finish_deletions(soon()).ok());
  EXPECT_TRUE(keys().empty());
  ASSERT_TRUE(engine->finish_deletions(soon()).ok());
}

// T25: parts of an upload that nobody finished are invisible and paid for; after a day they go.
TEST_F(EngineTest, T25_OldUnfinishedUploadsAreAborted) {
  auto forgotten = *memory.upload({"orders/part"}, object::When::kAlways, Deadline::never());
  ASSERT_TRUE(forgotten->write(view_of("x")).ok());
  clock.advance(std::chrono::hours(23));
  ASSERT_TRUE(engine->finish_deletions(soon()).ok());
  clock.advance(std::chrono::hours(2));
  ASSERT_TRUE(engine->finish_deletions(soon()).ok());
  EXPECT_EQ(forgotten->finish().error().kind, Kind::kNotFound);
}

TEST_F(EngineTest, RestoreBringsLogAndIndexesBackByteForByte) {
  const auto all = make_segments(ref, 2, {.batches = 40});
  archive_all(all);
  const std::string to = dir / "restored";
  ASSERT_TRUE(files.make_dirs(to).ok());
  const auto restored = engine->restore(ref, all[1].sealed.base, to, soon());
  ASSERT_TRUE(restored.ok()) << restored.error().text;
  const auto name = fmt::format("{}/{:020}", to, all[1].sealed.base.raw);
  EXPECT_EQ(*read_whole(files, name + ".log"), all[1].log);
  EXPECT_EQ(*read_whole(files, name + ".index"), all[1].sealed.offset_index);
  EXPECT_EQ(*read_whole(files, name + ".timeindex"), all[1].sealed.time_index);
  EXPECT_TRUE(engine->has_local_copy(ref, all[1].sealed.base));
  EXPECT_EQ(counted(kRestoreOperations, "success"), 1);
  EXPECT_EQ(engine->restore(ref, Offset{1}, to, soon()).error().kind, Kind::kNotFound);
  EXPECT_EQ(counted(kRestoreOperations, "failure"), 1);
  ASSERT_TRUE(engine->put_log_start(ref, all[1].sealed.end, soon()).ok());
  EXPECT_EQ(*engine->remove_before(ref, all[1].sealed.end, soon()), 2u);
  EXPECT_FALSE(files.stat(name + ".log").ok()) << "its local copy goes with it";
}

TEST_F(EngineTest, StatsCountWhatThereIs) {
  const auto all = make_segments(ref, 2);
  archive_all(all);
  const auto stats = engine->stats();
  EXPECT_EQ(stats.segments, 2u);
  EXPECT_EQ(stats.log_bytes, all[0].log.size() + all[1].log.size());
  EXPECT_GT(stats.uploaded_bytes, 0u);
}

}  // namespace
}  // namespace takhin::tier
