#include "tier/archiver.h"

#include <thread>

#include "testing/engine_fixture.h"

namespace takhin::tier {
namespace {

using takhin::testing::Effect;
using takhin::testing::make_segment;
using takhin::testing::make_segments;
using takhin::testing::Verb;

class ArchiverTest : public takhin::testing::EngineFixture {
 protected:
  const takhin::testing::MadeSegment made = make_segment(ref, {.batches = 30});

  /// After whatever failed: the next attempt succeeds, the bucket holds one whole object, and it is the recorded one.
  void expect_recovery() {
    store.clear();
    const auto entry = archive(made);
    ASSERT_TRUE(entry.ok()) << entry.error().text;
    EXPECT_EQ(segment_keys(), std::vector<std::string>{object_name(ref, *entry)});
    EXPECT_EQ(engine->segments(ref), std::vector{*entry});
    const auto verified = engine->verify(ref, made.sealed.base, VerifyDepth::kFull, soon());
    EXPECT_TRUE(verified.ok()) << verified.error().text;
  }
};

TEST_F(ArchiverTest, UploadsVerifiesAndRecords) {
  const auto entry = archive(made);
  ASSERT_TRUE(entry.ok()) << entry.error().text;
  EXPECT_EQ(entry->base, made.sealed.base);
  EXPECT_EQ(entry->end, made.sealed.end);
  EXPECT_EQ(entry->max_timestamp, made.sealed.max_timestamp);
  EXPECT_EQ(entry->log_bytes, made.log.size());
  EXPECT_EQ(store.calls(Verb::kUpload), 1);
  EXPECT_EQ(store.calls(Verb::kHead), 1);
  EXPECT_EQ(store.calls(Verb::kList), 0);
  EXPECT_EQ(segment_keys(), std::vector<std::string>{object_name(ref, *entry)});
  EXPECT_TRUE(engine->verify(ref, made.sealed.base, VerifyDepth::kHead, soon()).ok());
  EXPECT_TRUE(engine->verify(ref, made.sealed.base, VerifyDepth::kFull, soon()).ok());
  EXPECT_EQ(counted(kArchiveOperations, "success"), 1);
  open();
  EXPECT_EQ(engine->segments(ref), std::vector{*entry});
}

TEST_F(ArchiverTest, ArchivingAgainDoesNothing) {
  const auto first = archive(made);
  const auto again = archive(made);
  open();
  const auto after_restart = archive(made);
  EXPECT_EQ(*first, *again);
  EXPECT_EQ(*first, *after_restart);
  EXPECT_EQ(store.calls(Verb::kUpload), 1);
  EXPECT_EQ(counted(kArchiveOperations, "success"), 1);
}

TEST_F(ArchiverTest, ConcurrentArchivesOfOneSegmentAreOneUpload) {
  std::vector<std::thread> threads;
  std::vector<Result<SegmentEntry>> answers(6, fail(Kind::kInvalid, "not called"));
  for (auto& answer : answers) threads.emplace_back([&] { answer = archive(made); });
  for (auto& thread : threads) thread.join();
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.ok()) << answer.error().text;
    EXPECT_EQ(*answer, *answers[0]);
  }
  EXPECT_EQ(store.calls(Verb::kUpload), 1);
}

TEST_F(ArchiverTest, T16_OverlapsWithOtherBoundsAreRefused) {
  const auto all = make_segments(ref, 3);
  ASSERT_TRUE(archive(all[1]).ok());
  const auto whole = make_segment(ref, {.batches = 30});
  ASSERT_EQ(whole.sealed.end, all[2].sealed.end);
  EXPECT_EQ(archive(whole).error().kind, Kind::kConflict);
  auto inner = make_segment(ref, {.base = Offset{all[1].sealed.base.raw + 4}, .batches = 1});
  EXPECT_EQ(archive(inner).error().kind, Kind::kConflict);
  EXPECT_TRUE(archive(all[0]).ok());
  EXPECT_TRUE(archive(all[2]).ok());
  EXPECT_EQ(segment_keys().size(), 3u);
}

// T26: whichever step fails, nothing is listed as whole, and the next attempt gets it done without leaving anything behind.
TEST_F(ArchiverTest, T26_AFailureAtAnyStepLeavesNoOrphan) {
  struct Step {
    Verb verb;
    int skip;
  };
  for (const Step step : {Step{Verb::kUpload, 0}, {Verb::kWrite, 0}, {Verb::kWrite, 2}, {Verb::kFinish, 0}, {Verb::kHead, 0}}) {
    store.add({.verb = step.verb, .skip = step.skip});
    const auto failed = archive(made);
    ASSERT_FALSE(failed.ok()) << static_cast<int>(step.verb);
    EXPECT_EQ(failed.error().kind, Kind::kUnavailable);
    EXPECT_EQ(store.faults_left(), 0u);
    EXPECT_TRUE(segment_keys().empty());
    EXPECT_TRUE(engine->segments(ref).empty());
  }
  EXPECT_EQ(counted(kArchiveOperations, "failure"), 5);
  expect_recovery();
}

TEST_F(ArchiverTest, ALostReplyOfTheLastStepIsNoFailure) {
  store.lose_reply(Verb::kFinish);
  expect_recovery();
  EXPECT_EQ(store.calls(Verb::kUpload), 1);
}

TEST_F(ArchiverTest, ALostReplyAndNoWayToLookLeavesItToTheNextAttempt) {
  store.lose_reply(Verb::kFinish);
  store.fail_next(Verb::kHead);
  store.fail_next(Verb::kRemove);
  ASSERT_FALSE(archive(made).ok());
  EXPECT_EQ(segment_keys().size(), 1u);  // visible, but
  EXPECT_TRUE(engine->segments(ref).empty());
  expect_recovery();
  EXPECT_EQ(store.calls(Verb::kUpload), 1) << "what was there is adopted, not sent again";
}

TEST_F(ArchiverTest, AnObjectFinishedBeforeACrashIsAdoptedByTheNextProcess) {
  store.lose_reply(Verb::kFinish);
  store.fail_next(Verb::kHead);
  store.fail_next(Verb::kRemove);
  ASSERT_FALSE(archive(made).ok());
  store.clear();
  open();
  EXPECT_TRUE(engine->segments(ref).empty());
  ASSERT_TRUE(engine->refresh(ref, false, soon()).ok());
  EXPECT_EQ(engine->segments(ref).size(), 1u);
  expect_recovery();
  EXPECT_EQ(store.calls(Verb::kUpload), 1);
}

TEST_F(ArchiverTest, ADamagedLeftoverIsRemovedNotAdopted) {
  store.add({.verb = Verb::kWrite, .effect = Effect::kFlipBit});  // T22, T23: the store has other bytes than were sent
  store.fail_next(Verb::kRemove);
  ASSERT_EQ(archive(made).error().kind, Kind::kCorrupt);
  EXPECT_EQ(segment_keys().size(), 1u);
  open();
  ASSERT_TRUE(engine->refresh(ref, false, soon()).ok());
  EXPECT_TRUE(engine->segments(ref).empty());
  EXPECT_TRUE(segment_keys().empty());
  expect_recovery();
}

TEST_F(ArchiverTest, AWriteOnceBucketKeepsADamagedAttemptAndTheNextOneReplacesIt) {
  write_once = true;
  open();
  store.add({.verb = Verb::kWrite, .effect = Effect::kFlipBit});
  ASSERT_FALSE(archive(made).ok());
  EXPECT_EQ(segment_keys().size(), 1u);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
    EXPECT_TRUE(engine->segments(ref).empty()) << "it is noted, not taken in";
    open();
  }
  const auto again = archive(made);
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(again->generation, 1u);
  EXPECT_EQ(segment_keys().size(), 2u);
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  EXPECT_EQ(engine->segments(ref), std::vector<SegmentEntry>{*again});
  open(true);
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  EXPECT_EQ(engine->segments(ref), std::vector<SegmentEntry>{*again}) << "nor does anybody else take it for the segment";
  EXPECT_EQ(store.calls(Verb::kRemove), 0);
}

TEST_F(ArchiverTest, AWriteOnceBucketTakesNoAttemptThatFailedForDamaged) {
  write_once = true;
  open();
  for (int i = 0; i < 3; ++i) {
    store.fail_next(Verb::kFinish);
    ASSERT_FALSE(archive(made).ok());
  }
  store.lose_reply(Verb::kFinish);
  store.fail_next(Verb::kHead);
  ASSERT_FALSE(archive(made).ok());
  const auto adopted = archive(made);
  ASSERT_TRUE(adopted.ok()) << adopted.error().text;
  EXPECT_EQ(adopted->generation, 0u);
  EXPECT_EQ(segment_keys().size(), 1u);
  EXPECT_EQ(store.calls(Verb::kRemove), 0);
}

TEST_F(ArchiverTest, T22_T23_AChecksumThatDiffersFailsTheArchive) {
  for (const int skip : {0, 1, 3}) {
    store.add({.verb = Verb::kWrite, .effect = Effect::kFlipBit, .skip = skip});
    EXPECT_EQ(archive(made).error().kind, Kind::kCorrupt);
    EXPECT_TRUE(segment_keys().empty());
  }
  expect_recovery();
}

/// A store that reports no checksum and, when told so, a wrong size.
class MuteStore final : public object::ObjectStore {
 public:
  explicit MuteStore(object::ObjectStore& below) : below_(below) {}
  std::uint64_t size_error = 0;

  Result<object::ObjectInfo> put(const object::ObjectKey& k, View b, object::When w, Deadline d) override {
    return below_.put(k, b, w, d);
  }
  Result<std::unique_ptr<object::Upload>> upload(const object::ObjectKey& k, object::When w, Deadline d) override {
    struct Mute final : object::Upload {
      std::unique_ptr<object::Upload> below;
      Result<> write(View data) override { return below->write(data); }
      Result<object::ObjectInfo> finish() override {
        TRY(auto info, below->finish());
        info.crc32c.reset();
        return info;
      }
    };
    auto out = std::make_unique<Mute>();
    TRY(out->below, below_.upload(k, w, d));
    return std::unique_ptr<object::Upload>(std::move(out));
  }
  Result<Bytes> get(const object::ObjectKey& k, ByteRange r, Deadline d) override { return below_.get(k, r, d); }
  Result<object::ObjectInfo> head(const object::ObjectKey& k, Deadline d) override {
    TRY(auto info, below_.head(k, d));
    info.crc32c.reset();
    info.size += size_error;
    return info;
  }
  Result<object::Page> list(std::string_view p, std::string_view a, Deadline d) override { return below_.list(p, a, d); }
  Result<std::vector<object::KeyError>> remove(std::span<const object::ObjectKey> k, Deadline d) override {
    return below_.remove(k, d);
  }
  Result<std::size_t> abort_uploads(std::string_view p, TimestampMs t, Deadline d) override {
    return below_.abort_uploads(p, t, d);
  }

 private:
  object::ObjectStore& below_;
};

TEST_F(ArchiverTest, WithoutAChecksumTheTailIsReadBackAndTheSizeCounts) {
  MuteStore mute(store);
  auto opened = Engine::open({mute, files, clock, random, metrics},
                             {.cache_dir = dir / "mute/cache", .catalog_path = dir / "mute/c.db"});
  ASSERT_TRUE(opened.ok());
  const auto& other = *opened;
  mute.size_error = 1;
  EXPECT_EQ(other->archive(made.sealed, soon()).error().kind, Kind::kCorrupt);
  EXPECT_TRUE(segment_keys().empty());
  mute.size_error = 0;
  store.add({.verb = Verb::kGet, .effect = Effect::kFlipBit});
  EXPECT_EQ(other->archive(made.sealed, soon()).error().kind, Kind::kCorrupt);
  EXPECT_TRUE(segment_keys().empty());
  EXPECT_TRUE(other->archive(made.sealed, soon()).ok());
  EXPECT_EQ(segment_keys().size(), 1u);
}

TEST_F(ArchiverTest, DamagedLogsNeverBecomeVisible) {
  auto bad = make_segment(ref, {.batches = 30});
  bad.log[bad.log.size() - 5] ^= std::byte{4};
  bad.sealed.log = std::make_shared<takhin::testing::MemoryFile>(bad.log);
  EXPECT_EQ(archive(bad).error().kind, Kind::kCorrupt);
  EXPECT_TRUE(keys().empty());
  expect_recovery();
}

TEST_F(ArchiverTest, ATimestampTooLowForTheNameIsMeasured) {
  auto low = make_segment(ref);
  const auto newest = low.sealed.max_timestamp;
  low.sealed.max_timestamp = TimestampMs{5};
  EXPECT_EQ(archive(low)->max_timestamp, newest);
  EXPECT_EQ(segment_keys().size(), 1u);
  auto high = make_segment(takhin::testing::partition_ref("higher"));
  high.sealed.max_timestamp.raw += 1'000'000;
  EXPECT_EQ(archive(high)->max_timestamp, high.sealed.max_timestamp);
}

TEST_F(ArchiverTest, AStoreThatIsDownFailsInTimeAndLosesNothing) {
  store.set_down(true);
  open();  // starts all the same
  EXPECT_EQ(archive(made).error().kind, Kind::kUnavailable);
  expect_recovery();
}

TEST_F(ArchiverTest, WaitingForABusyPartitionEndsByTheDeadline) {
  std::atomic<bool> inside{false}, leave{false};
  engine.reset();
  store.before_each([&](Verb verb, std::string_view) {
    if (verb != Verb::kFinish) return;
    inside = true;
    while (!leave) std::this_thread::yield();
  });
  open();
  std::thread first([&] { EXPECT_TRUE(archive(made).ok()); });
  while (!inside) std::this_thread::yield();
  const auto second = engine->archive(made.sealed, Deadline{clock.steady()});
  EXPECT_EQ(second.error().kind, Kind::kUnavailable);
  leave = true;
  first.join();
}

}  // namespace
}  // namespace takhin::tier
