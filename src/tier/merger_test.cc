// Merging small objects: what is chosen, that nothing is lost whatever fails, and when the old objects go.

#include "tier/merger.h"

#include <gmock/gmock.h>

#include "base/kinds.h"
#include "record/control.h"
#include "testing/engine_fixture.h"
#include "testing/key_kit.h"
#include "tier/metrics.h"

namespace takhin::tier {
namespace {

using testing::MadeSegment;
using testing::SegmentSpec;
using testing::Verb;

// ---- what is chosen

CatalogEntry entry(std::int64_t base, std::int64_t end, std::uint64_t log_bytes) {
  CatalogEntry out;
  out.segment.base = Offset{base};
  out.segment.end = Offset{end};
  out.segment.log_bytes = log_bytes;
  out.segment.id.bytes[0] = static_cast<std::byte>(base);
  return out;
}

constexpr MergeLimits kLimits{.small_bytes = 100, .target_bytes = 250, .sources_min = 3};
const auto kNobody = [](const CatalogEntry&) { return false; };

std::vector<std::int64_t> chosen(const std::vector<CatalogEntry>& entries, Offset before = Offset{1'000'000},
                                 const MergeLimits& limits = kLimits) {
  std::vector<std::int64_t> bases;
  for (const CatalogEntry& one : plan_merge(entries, before, limits, kNobody)) bases.push_back(one.segment.base.raw);
  return bases;
}

using Bases = std::vector<std::int64_t>;

TEST(MergePlan, TakesTheFirstRunThatIsLongEnoughUpToTheTarget) {
  const std::vector<CatalogEntry> five = {entry(0, 10, 80), entry(10, 20, 80), entry(20, 30, 80), entry(30, 40, 80),
                                          entry(40, 50, 80)};
  EXPECT_EQ(chosen(five), (Bases{0, 10, 20}));
  EXPECT_EQ(chosen({five[0], five[1]}), Bases{});                                      // too few
  EXPECT_EQ(chosen(five, Offset{29}), Bases{});                                        // too few below the limit
  EXPECT_EQ(chosen(five, Offset{1000}, {.small_bytes = 80, .target_bytes = 1000, .sources_min = 2}), Bases{});  // not small
  EXPECT_EQ(chosen(five, Offset{1000}, {}), Bases{});                                  // off
  EXPECT_EQ(chosen({entry(0, 10, 200), five[1], five[2], five[3]}), (Bases{10, 20, 30}));
  EXPECT_EQ(chosen({}), Bases{});
}

TEST(MergePlan, T16_T17_NeitherOverlapsNorGapsAreMergedOver) {
  EXPECT_EQ(chosen({entry(0, 10, 9), entry(10, 20, 9), entry(21, 30, 9), entry(30, 40, 9)}), Bases{});
  EXPECT_EQ(chosen({entry(0, 10, 9), entry(10, 25, 9), entry(20, 30, 9), entry(30, 40, 9)}), Bases{});
  EXPECT_EQ(chosen({entry(0, 10, 9), entry(11, 20, 9), entry(20, 30, 9), entry(30, 40, 9)}), (Bases{11, 20, 30}));
}

TEST(MergePlan, T15_NoSegmentIsTakenTwice) {
  EXPECT_EQ(chosen({entry(0, 10, 9), entry(0, 10, 9), entry(0, 10, 9), entry(0, 10, 9)}), Bases{});
}

TEST(MergePlan, AnObjectIsNotWrittenAgainForTheSakeOfAFewSmallOnes) {
  EXPECT_EQ(chosen({entry(0, 10, 90), entry(10, 20, 1), entry(20, 30, 1), entry(30, 40, 1)}), (Bases{10, 20, 30}));
  EXPECT_EQ(chosen({entry(0, 10, 90), entry(10, 20, 40), entry(20, 30, 50)}), (Bases{0, 10, 20}));
}

TEST(MergePlan, WhatIndexesCannotCountIsNotMerged) {
  constexpr std::int64_t kHalf = std::int64_t{1} << 30;
  const MergeLimits limits{.small_bytes = 1u << 31, .target_bytes = std::uint64_t{1} << 40, .sources_min = 2};
  EXPECT_EQ(chosen({entry(0, kHalf, 5), entry(kHalf, 2 * kHalf - 1, 5)}, Offset{INT64_MAX}, limits), (Bases{0, kHalf}));
  EXPECT_EQ(chosen({entry(0, kHalf, 5), entry(kHalf, 2 * kHalf, 5)}, Offset{INT64_MAX}, limits), Bases{});
  EXPECT_EQ(chosen({entry(0, 1, kHalf), entry(1, 2, kHalf)}, Offset{9}, limits), Bases{});
}

// ---- what comes of it

class MergerTest : public testing::EngineFixture {
 protected:
  MergerTest() {
    merge = {.small_bytes = 64 * kKiB, .target_bytes = kMiB, .sources_min = 4, .grace_ms = 3600'000};
    open();
    SegmentSpec spec{.batches = 12, .records_per_batch = 3, .timestamp_jitter = 500};
    made = testing::make_segments(ref, 6, spec);
    for (MadeSegment& one : made) {
      one.sealed.producer_snapshot = copy_of(view_of("as of " + std::to_string(one.sealed.end.raw)));
      one.sealed.leader_epochs = copy_of(view_of("0\n1\n3 0\n"));
      const Offset base = one.sealed.base;
      record::append_entry(one.sealed.txn_index, {base.raw, base, next(base), next(base)});
      append(log, one.log);
    }
  }

  Result<std::optional<SegmentEntry>> merge_now(Offset before = Offset{1'000'000}) {
    return engine->merge(ref, {.before = before}, soon());
  }
  Offset end() const { return made.back().sealed.end; }

  /// The whole log, and each record by its timestamp, as a reader finds them.
  void expect_readable() {
    Bytes read;
    for (Offset at{0}; at < end();) {
      const auto slice = engine->read(ref, at, 4096, soon());
      ASSERT_TRUE(slice.ok()) << slice.error().text;
      const Bytes bytes = *read_exactly(*slice->data.file, slice->data.range);
      record::BatchCursor cursor(bytes);
      const Offset before = at;
      while (const auto header = cursor.next()) {
        append(read, cursor.batch());
        at = header->next_offset();
      }
      ASSERT_GT(at, before);
    }
    EXPECT_TRUE(read == log);
    std::int64_t newest = 0;
    for (const MadeSegment& one : made) {
      for (const auto& [offset, timestamp] : one.records) {
        if (timestamp.raw <= newest) continue;
        newest = timestamp.raw;
        const auto found = engine->offset_for(ref, timestamp, soon());
        ASSERT_TRUE(found.ok() && *found) << offset.raw;
        EXPECT_EQ((*found)->offset, offset);
      }
    }
    const auto aborted = engine->aborted_in(ref, Offset{0}, end(), soon());
    ASSERT_TRUE(aborted.ok()) << aborted.error().text;
    EXPECT_EQ(aborted->size(), made.size());
  }

  std::vector<MadeSegment> made;
  Bytes log;
};

TEST_F(MergerTest, SixObjectsBecomeOneAndNobodyNotices) {
  archive_all(made);
  expect_readable();
  const auto merged = merge_now();
  ASSERT_TRUE(merged.ok() && *merged) << (merged.ok() ? "nothing to do" : merged.error().text);
  EXPECT_EQ((*merged)->base, Offset{0});
  EXPECT_EQ((*merged)->end, end());
  EXPECT_EQ((*merged)->generation, 1u);
  EXPECT_EQ((*merged)->log_bytes, log.size());
  EXPECT_EQ(engine->segments(ref).size(), 1u);
  EXPECT_EQ(engine->log_bytes(ref), log.size());
  EXPECT_EQ(segment_keys().size(), 7u);
  EXPECT_TRUE(engine->verify(ref, Offset{0}, VerifyDepth::kFull, soon()).ok());
  EXPECT_EQ(counted(kMergeOperations, "success"), 1);
  expect_readable();
  open(true);  // the listing alone says the same
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  EXPECT_EQ(engine->segments(ref).size(), 1u);
  expect_readable();
  const auto again = merge_now();
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->has_value());
}

TEST_F(MergerTest, ItsIndexesAreTheSourcesAndNotMadeAnew) {
  archive_all(made);
  ASSERT_TRUE(merge_now().ok());
  const std::string to = dir / "restored";
  ASSERT_TRUE(engine->restore(ref, Offset{0}, to, soon()).ok());
  const auto file = [&](const char* suffix) { return *read_whole(files, to + "/00000000000000000000" + suffix); };
  EXPECT_TRUE(file(".log") == log);
  EXPECT_TRUE(record::check_offset_index(file(".index"), Offset{0}, end(), log.size()).ok());
  EXPECT_TRUE(record::check_time_index(file(".timeindex"), Offset{0}, end()).ok());
  std::size_t entries = 0;
  for (const MadeSegment& one : made) entries += one.sealed.offset_index.size();
  EXPECT_EQ(file(".index").size(), entries);
  EXPECT_EQ(file(".txnindex").size(), made.size() * record::kTxnEntryBytes);
  const auto snapshot = read_whole(files, fmt::format("{}/{:020}.snapshot", to, end().raw));
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(text_of(*snapshot), fmt::format("as of {}", end().raw));
}

TEST_F(MergerTest, OnlyWhatIsColdIsMerged) {
  archive_all(made);
  const auto below = merge_now(made[3].sealed.end);
  ASSERT_TRUE(below.ok() && *below);
  EXPECT_EQ((*below)->end, made[3].sealed.end);
  EXPECT_EQ(engine->segments(ref).size(), 3u);
}

TEST_F(MergerTest, WhatHasALocalCopyIsLeftAlone) {
  archive_all(made);
  ASSERT_TRUE(engine->restore(ref, made[2].sealed.base, dir / "restored", soon()).ok());
  const auto none = merge_now();  // neither two nor three are enough
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
}

TEST_F(MergerTest, OldObjectsGoAfterTheGracePeriodInOrder) {
  archive_all(made);
  ASSERT_TRUE(merge_now().ok());
  clock.advance(std::chrono::minutes(59));
  EXPECT_EQ(*engine->remove_replaced(ref, soon()), 0u);
  open();
  clock.advance(std::chrono::minutes(2));
  store.fail_next(Verb::kRemove);
  EXPECT_FALSE(engine->remove_replaced(ref, soon()).ok());
  EXPECT_EQ(segment_keys().size(), 7u);
  const auto removed = engine->remove_replaced(ref, soon());
  ASSERT_TRUE(removed.ok()) << removed.error().text;
  EXPECT_EQ(*removed, 6u);
  EXPECT_EQ(segment_keys().size(), 1u);
  const int lists = store.calls(Verb::kList);
  EXPECT_EQ(*engine->remove_replaced(ref, soon()), 0u);
  EXPECT_EQ(store.calls(Verb::kList), lists);  // nothing is left to look for
  expect_readable();
}

TEST_F(MergerTest, T14_AnObjectThatStandsIsNeverRemoved) {
  archive_all(made);
  const auto merged = merge_now();
  ASSERT_TRUE(merged.ok() && *merged);
  std::vector<object::ObjectKey> gone;
  for (const std::string& key : segment_keys()) {
    if (parse_object_name(key)->entry.generation == 1) gone.push_back({key});
  }
  ASSERT_EQ(gone.size(), 1u);
  ASSERT_TRUE(memory.remove(gone, soon()).ok());  // by somebody else's hand: now the old ones are all there is
  clock.advance(std::chrono::hours(2));
  EXPECT_EQ(*engine->remove_replaced(ref, soon()), 0u);
  EXPECT_EQ(segment_keys().size(), 6u);
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  EXPECT_EQ(engine->segments(ref).size(), 6u);
  expect_readable();
}

TEST_F(MergerTest, T18_ASourceThatCannotBeMergedIsNotTriedForEver) {
  archive_all(made);
  for (const std::string& key : segment_keys()) {
    if (parse_object_name(key)->entry.base != made[1].sealed.base) continue;
    Bytes body = *memory.get({key}, {0, memory.head({key}, soon())->size}, soon());
    body[40] ^= std::byte{1};  // in its first chunk
    ASSERT_TRUE(memory.put({key}, body, object::When::kAlways, soon()).ok());
  }
  const auto failed = merge_now();
  ASSERT_TRUE(failed.ok()) << failed.error().text;
  EXPECT_TRUE(failed->has_value()) << "the four behind it";
  EXPECT_EQ(counted(kMergeOperations, "failure"), 1);
  const int gets = store.calls(Verb::kGet);
  const auto again = merge_now();
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->has_value());
  EXPECT_EQ(store.calls(Verb::kGet), gets);
  EXPECT_EQ(engine->segments(ref).size(), 3u);
}

/// What a log looks like when the process is to end.
class StoppedLog final : public File {
 public:
  Result<std::size_t> read_at(std::uint64_t, std::span<std::byte>) const override { return stopped(); }
  Result<> write_at(std::uint64_t, View) override { return stopped(); }
  Result<> sync() override { return stopped(); }
  Result<std::uint64_t> size() const override { return kGiB; }
  Result<> truncate(std::uint64_t) override { return stopped(); }
  Result<> punch(ByteRange) override { return stopped(); }
  int descriptor() const override { return -1; }

 private:
  static Error stopped() { return fail(Kind::kClosed, "shutting down"); }
};

TEST_F(MergerTest, WhoWrapsTheLogCanPaceAndStopIt) {
  archive_all(made);
  std::uint64_t seen = 0;
  const auto stop = [&](std::shared_ptr<const File>, std::uint64_t bytes) -> std::shared_ptr<const File> {
    seen = bytes;
    return std::make_shared<StoppedLog>();
  };
  const auto stopped = engine->merge(ref, {.before = end(), .wrap = stop}, soon());
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().kind, Kind::kClosed);
  EXPECT_EQ(seen, log.size());
  EXPECT_EQ(engine->segments(ref).size(), 6u);
}

TEST_F(MergerTest, AWriteOnceBucketIsLeftAsItIs) {
  archive_all(made);
  write_once = true;
  open();
  const auto none = merge_now();
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
  write_once = false;
  open();
  ASSERT_TRUE(merge_now()->has_value());
  write_once = true;
  open();
  clock.advance(std::chrono::hours(2));
  EXPECT_EQ(*engine->remove_replaced(ref, soon()), 0u);
  EXPECT_EQ(segment_keys().size(), 7u);
}

// ---- encrypted sources

class EncryptedMerge : public MergerTest {
 protected:
  ~EncryptedMerge() override { engine.reset(); }  // its threads may be asking for keys
  void restart(const std::map<std::string, unsigned char>& with, const std::string& active) {
    engine.reset();
    auto next = testing::make_ring(with, {.active = active});
    object_keys = std::make_unique<ObjectKeys>(*next, store, clock, random);
    ring = std::move(next);
    open(true);
    ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  }
  std::unique_ptr<KeyRing> ring;
};

TEST_F(EncryptedMerge, WhatWasEncryptedStaysSo) {
  restart({{"a", 1}, {"b", 2}}, "a");
  archive_all(made);
  restart({{"a", 1}, {"b", 2}}, "none");
  const auto plain = merge_now();
  ASSERT_TRUE(plain.ok()) << plain.error().text;
  EXPECT_FALSE(plain->has_value());
  EXPECT_EQ(segment_keys().size(), made.size());
  open();
  const auto sealed = engine->merge(ref, {.before = end(), .key_id = "b"}, soon());
  ASSERT_TRUE(sealed.ok()) << sealed.error().text;
  ASSERT_TRUE(sealed->has_value());
  clock.advance(std::chrono::hours(2));
  EXPECT_EQ(*engine->remove_replaced(ref, soon()), made.size());
  restart({{"b", 2}}, "none");  // its own key is enough
  expect_readable();
  restart({{"a", 1}}, "none");
  EXPECT_EQ(engine->read(ref, Offset{0}, 100, soon()).error().kind, kKeyFailed);
}

TEST_F(EncryptedMerge, ALostKeyLeavesTheRunAloneAndKeepsWhatCanBeRead) {
  restart({{"a", 1}, {"b", 2}}, "a");
  archive_all(made);
  restart({{"b", 2}}, "b");
  const auto lost = merge_now();  // not kDenied: the keeper would take that for trouble of the store
  ASSERT_TRUE(lost.ok()) << lost.error().text;
  EXPECT_FALSE(lost->has_value());
  EXPECT_GE(counted(kMergeOperations, "failure"), 1);
  restart({{"a", 1}, {"b", 2}}, "b");
  ASSERT_TRUE(merge_now()->has_value());
  restart({{"a", 1}}, "a");  // now only the old ones could be read
  clock.advance(std::chrono::hours(2));
  EXPECT_FALSE(engine->remove_replaced(ref, soon()).ok());
  EXPECT_EQ(segment_keys().size(), made.size() + 1);
}

class ParkedMerge : public MergerTest, public ::testing::WithParamInterface<std::pair<Kind, std::chrono::hours>> {};

TEST_P(ParkedMerge, ASourceThatIsNotGivenOutIsTriedAgainInTime) {
  const auto [kind, park] = GetParam();
  archive_all(made);
  open(true);
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  store.add({.verb = Verb::kGet, .error = {kind, "not given out"}, .key_part = object_name(ref, engine->segments(ref)[2])});
  for (int i = 0; i < 3; ++i) {
    const auto parked = merge_now();  // neither two nor three are enough
    ASSERT_TRUE(parked.ok()) << parked.error().text;
    EXPECT_FALSE(parked->has_value());
  }
  EXPECT_EQ(store.faults_left(), 0u);
  EXPECT_EQ(counted(kMergeOperations, "failure"), 1);
  clock.advance(park - std::chrono::minutes(1));
  EXPECT_FALSE(merge_now()->has_value());
  clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(merge_now()->has_value());
  expect_readable();
}
INSTANTIATE_TEST_SUITE_P(Kinds, ParkedMerge,
                         ::testing::Values(std::pair(Kind::kDenied, std::chrono::hours(kMergeParkTime)),
                                           std::pair(kKeyFailed, std::chrono::hours(kMergeParkTime)),
                                           std::pair(kFrozen, std::chrono::hours(kMergeFrozenTime))),
                         [](const auto& info) { return std::string(name_of(info.param.first)); });

TEST_F(MergerTest, WhatTheStoreRefusesToTakeIsTheStoresTrouble) {
  archive_all(made);
  store.fail_next(Verb::kUpload, Kind::kDenied);
  EXPECT_EQ(merge_now().error().kind, Kind::kDenied);
  EXPECT_TRUE(merge_now()->has_value());
}

struct Step {
  Verb verb;
  testing::Effect effect;
  bool crash;  // the process ends in the middle of it, and can clean nothing up
};

class MergeSteps : public MergerTest, public ::testing::WithParamInterface<Step> {};

TEST_P(MergeSteps, T19_AFailureOrACrashLosesNothingAndTheNextOneFinishes) {
  const auto [verb, effect, crash] = GetParam();
  archive_all(made);
  if (verb == Verb::kGet) {  // tails and chunks are asked for anew
    open(true);
    ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  }
  store.add({.verb = verb, .effect = effect, .times = crash ? 100 : 1});
  if (crash) {
    for (const Verb other : {Verb::kRemove, Verb::kHead, Verb::kGet}) store.fail_next(other, Kind::kUnavailable, 100);
  }
  const auto merged = merge_now();
  EXPECT_LT(store.faults_left(), crash ? 5u : 1u);
  store.clear();
  if (crash) {
    EXPECT_FALSE(merged.ok());
    open();
  }
  expect_readable();
  const auto next = merge_now();  // adopts what was finished, or does it all again
  ASSERT_TRUE(next.ok()) << next.error().text;
  ASSERT_EQ(engine->segments(ref).size(), 1u);
  EXPECT_EQ(engine->segments(ref)[0].generation, 1u);
  expect_readable();
  clock.advance(std::chrono::hours(2));
  ASSERT_TRUE(engine->remove_replaced(ref, soon()).ok());
  EXPECT_EQ(segment_keys().size(), 1u);
  open(true);
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  expect_readable();
}

std::vector<Step> all_steps() {
  std::vector<Step> out;
  for (const Verb verb : {Verb::kGet, Verb::kUpload, Verb::kWrite, Verb::kFinish, Verb::kHead}) {
    for (const auto effect : {testing::Effect::kFail, testing::Effect::kLoseReply}) {
      for (const bool crash : {false, true}) out.push_back({verb, effect, crash});
    }
  }
  return out;
}
std::string name_of_step(const ::testing::TestParamInfo<Step>& info) {
  static constexpr const char* kNames[] = {"Put", "Upload", "Write", "Finish", "Get", "Head"};
  return fmt::format("{}{}{}", kNames[static_cast<std::size_t>(info.param.verb)],
                     info.param.effect == testing::Effect::kFail ? "Fails" : "LosesItsReply",
                     info.param.crash ? "AndCrashes" : "");
}
INSTANTIATE_TEST_SUITE_P(EveryStep, MergeSteps, ::testing::ValuesIn(all_steps()), name_of_step);

}  // namespace
}  // namespace takhin::tier
