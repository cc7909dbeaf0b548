#include "tier/scrub.h"

#include <gmock/gmock.h>

#include "testing/engine_fixture.h"
#include "tier/bucket.h"

namespace takhin::tier {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using takhin::testing::Effect;
using takhin::testing::make_segments;
using takhin::testing::Verb;

class ScrubTest : public takhin::testing::EngineFixture {
 protected:
  void SetUp() override {
    ASSERT_TRUE(engine->put_topic({ref.topic, ref.topic_id, 1, {}}, soon()).ok());
    made_ = make_segments(ref, 3);
    archive_all(made_);
    entries_ = engine->segments(ref);
    ASSERT_EQ(entries_.size(), 3u);
  }

  std::string key(std::size_t at) const { return object_name(ref, entries_[at]); }
  Bytes body(const std::string& key) {
    const auto info = memory.head({key}, Deadline::never());
    const auto bytes = memory.get({key}, {0, info->size}, Deadline::never());
    return *bytes;
  }
  void put(const std::string& key, View bytes) {
    ASSERT_TRUE(memory.put({key}, bytes, object::When::kAlways, Deadline::never()).ok());
  }
  void remove(const std::string& key) {
    const object::ObjectKey name{key};
    ASSERT_TRUE(memory.remove(std::span(&name, 1), Deadline::never()).ok());
  }
  /// A second object over `entry`'s offsets, with the bytes of object `at`: its name is all that a listing knows.
  std::string plant(SegmentEntry entry, std::size_t at) {
    entry.id = Uuid::make(random);
    put(object_name(ref, entry), body(key(at)));
    return object_name(ref, entry);
  }

  ScrubReport scrub_bucket(bool deep = false) {
    const auto report = scrub({.store = store, .clock = clock}, {.deep = deep, .fetch_bytes_max = 4096, .threads = 2});
    EXPECT_TRUE(report.ok()) << report.error().text;
    return *report;
  }
  ScrubReport scrub_both(LocalExtent extent, bool deep = false) {
    engine.reset();
    const auto catalog = Catalog::open(files, dir / "data/catalog.db");
    EXPECT_TRUE(catalog.ok());
    const std::map<PartitionRef, LocalExtent> local{{ref, extent}};
    const auto report = scrub({store, clock, catalog->get(), &local}, {.deep = deep, .fetch_bytes_max = 4096, .threads = 2});
    EXPECT_TRUE(report.ok()) << report.error().text;
    return *report;
  }
  static std::vector<std::string> kinds(const ScrubReport& report) {
    std::vector<std::string> out;
    for (const Anomaly& anomaly : report.anomalies) out.emplace_back(name_of(anomaly.kind));
    return out;
  }

  std::vector<takhin::testing::MadeSegment> made_;
  std::vector<SegmentEntry> entries_;
};

TEST_F(ScrubTest, FindsNothingInABucketThatIsInOrder) {
  const auto report = scrub_bucket();
  EXPECT_THAT(kinds(report), IsEmpty());
  EXPECT_EQ(report.topics, 1u);
  EXPECT_EQ(report.partitions, 1u);
  EXPECT_EQ(report.segments, 3u);
  EXPECT_EQ(report.log_bytes, entries_[0].log_bytes + entries_[1].log_bytes + entries_[2].log_bytes);
  EXPECT_THAT(kinds(scrub_bucket(true)), IsEmpty());
  EXPECT_THAT(kinds(scrub_both({Offset{0}, entries_[2].end}, true)), IsEmpty());
}

TEST_F(ScrubTest, AsksForOneTailPerSegmentAndNoHeadWhenTheListingTells) {
  engine.reset();
  const int gets = store.calls(Verb::kGet), heads = store.calls(Verb::kHead), lists = store.calls(Verb::kList);
  scrub_bucket();
  EXPECT_EQ(store.calls(Verb::kGet) - gets, 4);  // three tails and topic.json
  EXPECT_EQ(store.calls(Verb::kHead) - heads, 0);
  EXPECT_EQ(store.calls(Verb::kList) - lists, 2);
}

TEST_F(ScrubTest, FindsAGapBetweenSegments) {
  remove(key(1));
  const auto report = scrub_bucket();
  ASSERT_THAT(kinds(report), ElementsAre("gap"));
  EXPECT_EQ(report.anomalies[0].base, entries_[1].base);
  EXPECT_EQ(report.anomalies[0].end, entries_[1].end);
  EXPECT_EQ(report.anomalies[0].partition, 0);
}

TEST_F(ScrubTest, FindsWhatTheCatalogueMisses) {
  remove(key(0));
  EXPECT_THAT(kinds(scrub_both({Offset{0}, entries_[2].end})), ElementsAre("gap", "missing_object"));
}

TEST_F(ScrubTest, TakesNoOffsetForLostThatTheLocalLogHas) {
  remove(key(2));
  EXPECT_THAT(kinds(scrub_both({Offset{0}, entries_[2].base})), ElementsAre("missing_object"));
  EXPECT_THAT(kinds(scrub_both({Offset{0}, entries_[2].end})), ElementsAre("gap", "missing_object"));
}

TEST_F(ScrubTest, FindsThatAWholePartitionIsGone) {
  for (std::size_t at = 0; at < 3; ++at) remove(key(at));
  EXPECT_THAT(kinds(scrub_both({Offset{0}, entries_[2].end})),
              ElementsAre("gap", "missing_object", "missing_object", "missing_object"));
}

TEST_F(ScrubTest, FindsOverlapsThatNoGenerationExplains) {
  SegmentEntry wide = entries_[0];
  wide.end = next(wide.end);
  const auto planted = plant(wide, 0);
  const auto report = scrub_bucket();
  EXPECT_EQ(report.counts[static_cast<std::size_t>(AnomalyKind::kOverlap)], 2u);
  EXPECT_EQ(report.counts[static_cast<std::size_t>(AnomalyKind::kUnreadableTail)], 1u);  // says that it is another segment
}

TEST_F(ScrubTest, FindsCopiesAndSupersededGenerations) {
  const auto copy = plant(entries_[0], 0);
  SegmentEntry merged = entries_[1];
  merged.generation = 1;
  merged.end = entries_[2].end;
  const auto planted = plant(merged, 1);
  const auto report = scrub_bucket();
  EXPECT_EQ(report.counts[static_cast<std::size_t>(AnomalyKind::kCopy)], 1u);
  EXPECT_EQ(report.counts[static_cast<std::size_t>(AnomalyKind::kSuperseded)], 2u);
  EXPECT_EQ(report.segments, 2u);
}

TEST_F(ScrubTest, FindsObjectsThatAreNotOnRecord) {
  SegmentEntry more = entries_[2];
  more.base = entries_[2].end;
  more.end = Offset{more.base.raw + 5};
  plant(more, 2);
  const auto report = scrub_both({Offset{0}, entries_[2].end});
  EXPECT_THAT(kinds(report), ElementsAre("unrecorded_object", "unreadable_tail"));
}

TEST_F(ScrubTest, FindsWrongSizesTailsAndChecksums) {
  Bytes cut = body(key(0));
  cut.pop_back();
  put(key(0), cut);
  Bytes bent = body(key(1));
  bent[bent.size() - 60] ^= std::byte{1};  // directory: right before the footer
  put(key(1), bent);
  Bytes flipped = body(key(2));
  flipped[10] ^= std::byte{1};  // a chunk: only its checksum tells
  put(key(2), flipped);
  EXPECT_THAT(kinds(scrub_bucket()), ElementsAre("unreadable_tail", "unreadable_tail"));
  EXPECT_THAT(kinds(scrub_bucket(true)), ElementsAre("unreadable_tail", "unreadable_tail", "damaged_object"));
  EXPECT_THAT(kinds(scrub_both({Offset{0}, entries_[2].end})), ElementsAre("wrong_size", "unreadable_tail", "wrong_checksum"));
}

TEST_F(ScrubTest, FindsStumpsAndUnreadableSmallObjects) {
  SegmentEntry more = entries_[2];
  more.base = entries_[2].end;
  more.end = Offset{more.base.raw + 5};
  put(object_name(ref, more), view_of("half"));
  put(partition_prefix(ref) + "state.json", view_of("{"));
  put(topic_prefix(ref.topic, ref.topic_id) + "topic.json", view_of("[]"));
  EXPECT_THAT(kinds(scrub_bucket()), ElementsAre("unreadable_state", "stump", "unreadable_topic_record"));
  remove(topic_prefix(ref.topic, ref.topic_id) + "topic.json");
  EXPECT_THAT(kinds(scrub_bucket()), ElementsAre("unreadable_state", "stump", "no_topic_record"));
}

TEST_F(ScrubTest, FindsWhatLiesBelowTheLogStartAndBehindATombstone) {
  ASSERT_TRUE(engine->put_log_start(ref, entries_[1].base, soon()).ok());
  auto report = scrub_bucket();
  ASSERT_THAT(kinds(report), ElementsAre("below_log_start"));
  EXPECT_EQ(report.anomalies[0].object, key(0));
  EXPECT_EQ(report.segments, 2u);
  ASSERT_TRUE(Bucket(memory, clock).put_tombstone({ref.topic, ref.topic_id}, soon()).ok());
  report = scrub_bucket();
  EXPECT_EQ(report.counts[static_cast<std::size_t>(AnomalyKind::kDeletedTopic)], 5u);  // segments, topic.json, state.json
  EXPECT_EQ(report.anomalies_total(), 5u);
  for (const auto& name : keys(topic_prefix(ref.topic, ref.topic_id))) remove(name);
  report = scrub_bucket();
  ASSERT_THAT(kinds(report), ElementsAre("deleted_topic"));
  EXPECT_THAT(report.anomalies[0].object, HasSubstr("deleted/"));
}

TEST_F(ScrubTest, FindsTwoTopicsOfOneName) {
  ASSERT_TRUE(engine->put_topic({ref.topic, Uuid::make(random), 1, {}}, soon()).ok());
  EXPECT_THAT(kinds(scrub_bucket()), ElementsAre("name_twice"));
}

TEST_F(ScrubTest, SaysThatItCannotReadInsteadOfCallingObjectsDamaged) {
  store.fail_next(Verb::kGet, Kind::kUnavailable, 1);
  const auto report = scrub({.store = store, .clock = clock}, {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, Kind::kUnavailable);
}

TEST_F(ScrubTest, SeesALargeBucketPageByPage) {
  const auto other = takhin::testing::partition_ref("payments.eu-1", 12);
  ASSERT_TRUE(engine->put_topic({other.topic, other.topic_id, 13, {}}, soon()).ok());
  archive_all(make_segments(other, 130, {.batches = 1, .records_per_batch = 1}));
  const auto report = scrub_bucket();  // the fixture's store shows 100 objects a page
  EXPECT_THAT(kinds(report), IsEmpty());
  EXPECT_EQ(report.segments, 133u);
  EXPECT_EQ(report.partitions, 2u);
}

}  // namespace
}  // namespace takhin::tier
