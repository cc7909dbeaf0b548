#include "tier/gc.h"

#include <gmock/gmock.h>

#include "testing/engine_fixture.h"
#include "tier/archiver.h"
#include "tier/bucket.h"

namespace takhin::tier {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using takhin::testing::Effect;
using takhin::testing::make_segments;
using takhin::testing::Verb;

/// A store that lets go of nothing whose key contains `locked`: object lock.
class LockedStore final : public object::ObjectStore {
 public:
  explicit LockedStore(object::ObjectStore& below) : below_(below) {}
  std::string locked = "-";

  Result<object::ObjectInfo> put(const object::ObjectKey& key, View body, object::When when, Deadline deadline) override {
    return below_.put(key, body, when, deadline);
  }
  Result<std::unique_ptr<object::Upload>> upload(const object::ObjectKey& key, object::When when, Deadline deadline) override {
    return below_.upload(key, when, deadline);
  }
  Result<Bytes> get(const object::ObjectKey& key, ByteRange range, Deadline deadline) override {
    return below_.get(key, range, deadline);
  }
  Result<object::ObjectInfo> head(const object::ObjectKey& key, Deadline deadline) override { return below_.head(key, deadline); }
  Result<object::Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override {
    return below_.list(prefix, after, deadline);
  }
  Result<std::vector<object::KeyError>> remove(std::span<const object::ObjectKey> keys, Deadline deadline) override {
    std::vector<object::ObjectKey> free;
    std::vector<object::KeyError> refused;
    for (const auto& key : keys) {
      if (key.name.find(locked) == std::string::npos) {
        free.push_back(key);
      } else {
        refused.push_back({key, {Kind::kDenied, "object is locked"}});
      }
    }
    if (!free.empty()) TRY(below_.remove(free, deadline));
    return refused;
  }
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override {
    return below_.abort_uploads(prefix, older_than, deadline);
  }

 private:
  object::ObjectStore& below_;
};

class GcTest : public takhin::testing::EngineFixture {
 protected:
  static constexpr std::chrono::hours kGrace{24};

  void SetUp() override {
    ASSERT_TRUE(engine->put_topic({ref.topic, ref.topic_id, 1, {}}, soon()).ok());
    archive_all(make_segments(ref, 3));
    entries_ = engine->segments(ref);
    ASSERT_EQ(entries_.size(), 3u);
  }
  std::string key(std::size_t at) const { return object_name(ref, entries_[at]); }
  void copy_object(const std::string& from, const std::string& to) {
    const auto info = memory.head({from}, Deadline::never());
    const auto bytes = memory.get({from}, {0, info->size}, Deadline::never());
    ASSERT_TRUE(memory.put({to}, *bytes, object::When::kAlways, Deadline::never()).ok());
  }
  /// A copy of segment `at` that does not stand.
  std::string plant_copy(std::size_t at) {
    SegmentEntry copy = entries_[at];
    copy.id = Uuid{};
    for (auto& byte : copy.id.bytes) byte = std::byte{0xff};  // the larger id does not stand
    copy_object(key(at), object_name(ref, copy));
    return object_name(ref, copy);
  }
  GcReport gc(GcOptions options = {.grace = kGrace}) {
    const auto report = collect_garbage({store, clock, catalog_.get()}, options);
    EXPECT_TRUE(report.ok()) << report.error().text;
    return *report;
  }
  void open_catalog() {
    engine.reset();
    auto opened = Catalog::open(files, dir / "data/catalog.db");
    ASSERT_TRUE(opened.ok());
    catalog_ = *std::move(opened);
  }
  static std::vector<std::string> said(const GcReport& report) {
    std::vector<std::string> out;
    for (const Garbage& item : report.items) out.push_back(fmt::format("{} {}", name_of(item.fate), name_of(item.kind)));
    return out;
  }

  std::vector<SegmentEntry> entries_;
  std::unique_ptr<Catalog> catalog_;
};

TEST_F(GcTest, RemovesNothingThatStands) {
  clock.advance(2 * kGrace);
  const auto before = keys();
  EXPECT_THAT(said(gc()), IsEmpty());
  EXPECT_EQ(keys(), before);
}

TEST_F(GcTest, RemovesCopiesAfterTheGracePeriod) {
  clock.advance(2 * kGrace);
  const auto copy = plant_copy(1);
  clock.advance(kGrace / 2);
  EXPECT_THAT(said(gc()), ElementsAre("too_young copy"));
  clock.advance(kGrace);
  EXPECT_THAT(said(gc({.dry_run = true, .grace = kGrace})), ElementsAre("would_go copy"));
  EXPECT_THAT(keys(), ::testing::Contains(copy));
  const auto report = gc();
  EXPECT_THAT(said(report), ElementsAre("removed copy"));
  EXPECT_EQ(report.bytes[static_cast<std::size_t>(GarbageFate::kRemoved)], report.items[0].bytes);
  EXPECT_GT(report.items[0].bytes, 0u);
  EXPECT_EQ(segment_keys().size(), 3u);
  EXPECT_THAT(said(gc()), IsEmpty());
}

TEST_F(GcTest, CountsTheGraceOfASupersededObjectFromItsReplacement) {
  clock.advance(2 * kGrace);
  SegmentEntry second = entries_[0];
  second.generation = 1;
  second.id = Uuid::make(random);
  const auto made = make_segments(ref, 1);
  copy_object(key(0), object_name(ref, second));
  EXPECT_THAT(said(gc()), ElementsAre("too_young superseded"));
}

TEST_F(GcTest, KeepsWhatWasReplacedByAnObjectThatCannotBeRead) {
  SegmentEntry second = entries_[0];
  second.generation = 1;
  second.id = Uuid::make(random);
  copy_object(key(0), object_name(ref, second));  // says of itself that it is generation 0
  clock.advance(2 * kGrace);
  const auto report = gc();
  ASSERT_THAT(said(report), ElementsAre("refused superseded"));
  EXPECT_THAT(report.items[0].refusal, HasSubstr("cannot be read"));
  EXPECT_THAT(keys(), ::testing::Contains(key(0)));
}

TEST_F(GcTest, RemovesWhatLiesBelowTheLogStartAndForgetsIt) {
  ASSERT_TRUE(engine->put_log_start(ref, entries_[2].base, soon()).ok());
  clock.advance(2 * kGrace);
  open_catalog();
  EXPECT_THAT(said(gc()), ElementsAre("removed below_log_start", "removed below_log_start"));
  EXPECT_THAT(segment_keys(), ElementsAre(key(2)));
  ASSERT_EQ(catalog_->list(ref).size(), 1u);
  EXPECT_EQ(catalog_->list(ref)[0].segment, entries_[2]);
}

TEST_F(GcTest, ASegmentTakesItsKeyObjectWithIt) {
  for (const std::size_t at : {0, 2}) {
    ASSERT_TRUE(memory.put({key_object_name(key(at))}, view_of("{}"), object::When::kAlways, soon()).ok());
  }
  ASSERT_TRUE(engine->put_log_start(ref, entries_[2].base, soon()).ok());
  clock.advance(2 * kGrace);
  EXPECT_THAT(said(gc()), ElementsAre("removed below_log_start", "removed below_log_start"));
  EXPECT_THAT(keys(), ::testing::Not(::testing::Contains(key_object_name(key(0)))));
  EXPECT_THAT(keys(), ::testing::IsSupersetOf({key(2), key_object_name(key(2))}));
}

TEST_F(GcTest, FinishesDeletedTopicsTombstoneLast) {
  ASSERT_TRUE(Bucket(memory, clock).put_tombstone({ref.topic, ref.topic_id}, soon()).ok());
  clock.advance(2 * kGrace);
  LockedStore locked(memory);
  locked.locked = "topic.json";
  const auto halted = collect_garbage({.store = locked, .clock = clock}, {.grace = kGrace});
  ASSERT_TRUE(halted.ok());
  EXPECT_EQ(halted->counts[static_cast<std::size_t>(GarbageFate::kRefused)], 1u);
  EXPECT_EQ(keys().size(), 2u);  // topic.json, and the tombstone that must outlive it
  EXPECT_THAT(said(gc()), ElementsAre("removed deleted_topic", "removed tombstone"));
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(GcTest, GoesOnPastWhatTheStoreRefuses) {
  const auto first = plant_copy(0);
  const auto second = plant_copy(1);
  clock.advance(2 * kGrace);
  LockedStore locked(memory);
  locked.locked = first.substr(0, first.size() - 30);
  const auto report = collect_garbage({.store = locked, .clock = clock}, {.grace = kGrace});
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(said(*report), ElementsAre("refused copy", "removed copy"));
  EXPECT_EQ(report->items[0].refusal, "object is locked");
  store.add({.verb = Verb::kRemove, .error = {Kind::kDenied, "AccessDenied"}});
  EXPECT_THAT(said(gc()), ElementsAre("refused copy"));
  EXPECT_EQ(store.faults_left(), 0u);
}

TEST_F(GcTest, SaysWhenAKeyObjectIsRefusedAndItsSegmentIsNot) {
  const auto copy = plant_copy(0);
  clock.advance(2 * kGrace);
  LockedStore locked(memory);
  locked.locked = key_object_name(copy);
  const auto report = collect_garbage({.store = locked, .clock = clock}, {.grace = kGrace});
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(said(*report), ElementsAre("refused copy"));
  EXPECT_EQ(report->items[0].refusal, "its key object stays: object is locked");
}

TEST_F(GcTest, FindsKeyObjectsWhoseSegmentWentByHand) {
  for (const std::size_t at : {0, 1}) {
    ASSERT_TRUE(memory.put({key_object_name(key(at))}, view_of("{}"), object::When::kAlways, soon()).ok());
  }
  const object::ObjectKey by_hand{key(0)};
  ASSERT_TRUE(memory.remove(std::span(&by_hand, 1), soon()).ok());
  clock.advance(kGrace / 2);
  EXPECT_THAT(said(gc()), ElementsAre("too_young orphan_key"));
  clock.advance(kGrace);
  EXPECT_THAT(said(gc({.dry_run = true, .grace = kGrace})), ElementsAre("would_go orphan_key"));
  EXPECT_THAT(said(gc({.write_once = true, .grace = kGrace})), ElementsAre("would_go orphan_key"));
  EXPECT_THAT(keys(), ::testing::Contains(key_object_name(key(0))));
  const auto report = gc();
  EXPECT_THAT(said(report), ElementsAre("removed orphan_key"));
  EXPECT_EQ(report.items[0].object, key_object_name(key(0)));
  EXPECT_THAT(keys(), ::testing::Contains(key_object_name(key(1)))) << "its segment stands";
  EXPECT_THAT(said(gc()), IsEmpty());
}

TEST_F(GcTest, ADryRunCountsUnfinishedUploadsAndLeavesThem) {
  clock.advance(2 * kGrace);
  TimestampMs asked{};
  GcInput input{.store = store, .clock = clock};
  input.count_uploads = [&](TimestampMs older_than, Deadline) -> Result<std::size_t> {
    asked = older_than;
    return std::size_t{3};
  };
  const int aborts = store.calls(Verb::kAbortUploads);
  const auto dry = collect_garbage(input, {.dry_run = true, .grace = kGrace});
  ASSERT_TRUE(dry.ok());
  EXPECT_EQ(dry->uploads_would_go, 3u);
  EXPECT_EQ(asked.raw, clock.wall().raw - std::chrono::milliseconds(kGrace).count());
  EXPECT_EQ(store.calls(Verb::kAbortUploads), aborts);
  input.count_uploads = [](TimestampMs, Deadline) -> Result<std::size_t> { return fail(Kind::kDenied, "AccessDenied"); };
  EXPECT_TRUE(collect_garbage(input, {.dry_run = true})->uploads_refusal.has_value());
}

TEST_F(GcTest, OnlyReportsOnAWriteOnceBucket) {
  plant_copy(0);
  clock.advance(2 * kGrace);
  const int removes = store.calls(Verb::kRemove);
  EXPECT_THAT(said(gc({.write_once = true, .grace = kGrace})), ElementsAre("would_go copy"));
  EXPECT_EQ(store.calls(Verb::kRemove), removes);
}

TEST_F(GcTest, TakesAReservedObjectThatIsNotWholeAndLeavesOneThatIs) {
  open_catalog();
  SegmentEntry more = entries_[2];
  more.base = entries_[2].end;
  more.end = Offset{more.base.raw + 5};
  more.id = Uuid::make(random);
  copy_object(key(2), object_name(ref, more));  // says of itself that it is another one: damaged
  ASSERT_TRUE(catalog_->put_note(ref, kReservedNote, object_name(ref, more)).ok());
  clock.advance(2 * kGrace);
  EXPECT_THAT(said(gc()), ElementsAre("removed reserved"));
  EXPECT_EQ(segment_keys().size(), 3u);

  ASSERT_TRUE(catalog_->remove(ref, std::span(&entries_[1].id, 1)).ok());  // a crash between finish and record
  ASSERT_TRUE(catalog_->put_note(ref, kReservedNote, key(1)).ok());
  EXPECT_THAT(said(gc()), IsEmpty());
  EXPECT_EQ(segment_keys().size(), 3u);
}

TEST_F(GcTest, AbortsAbandonedUploadsOnly) {
  auto old = memory.upload({ref.topic + "/old"}, object::When::kAlways, Deadline::never());
  ASSERT_TRUE(old.ok());
  clock.advance(2 * kGrace);
  auto fresh = memory.upload({ref.topic + "/fresh"}, object::When::kAlways, Deadline::never());
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(gc({.dry_run = true, .grace = kGrace}).uploads_aborted, 0u);
  EXPECT_EQ(gc().uploads_aborted, 1u);
  EXPECT_EQ(gc().uploads_aborted, 0u);
}

TEST_F(GcTest, SaysWhenTheBucketCannotBeListed) {
  store.fail_next(Verb::kList, Kind::kDenied);
  const auto report = collect_garbage({.store = store, .clock = clock}, {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, Kind::kDenied);
}

}  // namespace
}  // namespace takhin::tier
