#include "object/retrying.h"

#include <gmock/gmock.h>

#include "object/memory.h"
#include "testing/fake_clock.h"
#include "testing/scripted_store.h"
#include "testing/seeded_random.h"

namespace takhin::object {
namespace {

using std::chrono::milliseconds;
using takhin::testing::Verb;

class Retrying : public ::testing::Test {
 protected:
  takhin::testing::FakeClock clock_;
  takhin::testing::SeededRandom random_;
  MemoryStore memory_{clock_};
  takhin::testing::ScriptedStore scripted_{memory_};
  RetryingStore store_{scripted_, RetryPolicy{.attempts_max = 4}, clock_, random_};
  const Deadline never_ = Deadline::never();
};

TEST_F(Retrying, PassingFailuresPass) {
  scripted_.fail_next(Verb::kPut, Kind::kUnavailable, 2);
  scripted_.fail_next(Verb::kPut, Kind::kThrottled);
  ASSERT_TRUE(store_.put({"a"}, view_of("1"), When::kAlways, never_).ok());
  EXPECT_EQ(scripted_.calls(Verb::kPut), 4);
  for (const Verb verb : {Verb::kGet, Verb::kHead, Verb::kList, Verb::kRemove, Verb::kAbortUploads})
    scripted_.fail_next(verb);
  EXPECT_EQ(text_of(*store_.get({"a"}, {0, 1}, never_)), "1");
  EXPECT_EQ(store_.head({"a"}, never_)->size, 1u);
  EXPECT_EQ(store_.list("", "", never_)->objects.size(), 1u);
  EXPECT_EQ(*store_.abort_uploads("", clock_.wall(), never_), 0u);
  const ObjectKey keys[] = {{"a"}};
  EXPECT_TRUE(store_.remove(keys, never_).ok());
  EXPECT_EQ(scripted_.faults_left(), 0u);
  EXPECT_EQ(memory_.head({"a"}, never_).error().kind, Kind::kNotFound);
}

TEST_F(Retrying, AttemptsAreBounded) {
  scripted_.fail_next(Verb::kGet, Kind::kUnavailable, 100);
  const auto got = store_.get({"a"}, {0, 1}, never_);
  EXPECT_EQ(got.error().kind, Kind::kUnavailable);
  EXPECT_EQ(got.error().text, "scripted fault (after 4 attempts)");
  EXPECT_EQ(scripted_.calls(Verb::kGet), 4);
}

TEST_F(Retrying, LastingFailuresAreNotRepeated) {
  for (const Kind kind :
       {Kind::kNotFound, Kind::kDenied, Kind::kInvalid, Kind::kOutOfRange, Kind::kCorrupt, Kind::kClosed}) {
    scripted_.fail_next(Verb::kGet, kind);
    EXPECT_EQ(store_.get({"a"}, {0, 1}, never_).error().kind, kind);
  }
  EXPECT_EQ(scripted_.calls(Verb::kGet), 6);
}

TEST_F(Retrying, NoPauseReachesPastTheDeadline) {
  scripted_.set_down(true);
  const Steady begun = clock_.steady();
  const auto got = store_.get({"a"}, {0, 1}, Deadline::in(clock_, milliseconds(50)));
  EXPECT_EQ(got.error().kind, Kind::kUnavailable);
  EXPECT_LT(clock_.steady() - begun, milliseconds(50));
}

TEST_F(Retrying, PausesGrowWithFullJitter) {
  const RetryPolicy policy{.attempts_max = 12,
                           .transient_first = milliseconds(100),
                           .throttled_first = milliseconds(1000),
                           .pause_max = milliseconds(5000)};
  const auto pauses = [&](Kind kind, std::uint64_t seed) {
    takhin::testing::SeededRandom random(seed);
    Backoff backoff(policy, clock_, random, never_);
    std::vector<std::int64_t> out;
    for (Steady before = clock_.steady(); backoff.again(fail(kind, "x")); before = clock_.steady()) {
      out.push_back((clock_.steady() - before) / milliseconds(1));
    }
    return out;
  };
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto transient = pauses(Kind::kUnavailable, seed);
    const auto throttled = pauses(Kind::kThrottled, seed);
    ASSERT_EQ(transient.size(), 11u);
    for (std::size_t n = 0; n < transient.size(); ++n) {
      EXPECT_LE(transient[n], std::min<std::int64_t>(100 << n, 5000));
      EXPECT_LE(throttled[n], std::min<std::int64_t>(1000 << n, 5000));
    }
  }
  EXPECT_NE(pauses(Kind::kUnavailable, 1), pauses(Kind::kUnavailable, 2));
  std::int64_t slow = 0, fast = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    slow += pauses(Kind::kThrottled, seed).front();
    fast += pauses(Kind::kUnavailable, seed).front();
  }
  EXPECT_GT(slow, 4 * fast);
}

TEST_F(Retrying, APutWhoseReplyWasLostMeetsItself) {
  scripted_.lose_reply(Verb::kPut);
  const auto put = store_.put({"a"}, view_of("mine"), When::kAbsent, never_);
  ASSERT_TRUE(put.ok()) << put.error().text;
  EXPECT_EQ(put->size, 4u);
  EXPECT_EQ(scripted_.calls(Verb::kPut), 2);
  EXPECT_EQ(scripted_.calls(Verb::kHead), 1);
}

TEST_F(Retrying, APutWhoseReplyWasLostDoesNotTakeAnothersObjectForItsOwn) {
  for (const char* theirs : {"longer than mine", "them"}) {
    ASSERT_TRUE(memory_.put({"a"}, view_of(theirs), When::kAlways, never_).ok());
    scripted_.fail_next(Verb::kPut);
    EXPECT_EQ(store_.put({"a"}, view_of("mine"), When::kAbsent, never_).error().kind, Kind::kConflict) << theirs;
    EXPECT_EQ(text_of(*memory_.get({"a"}, {0, 4}, never_)), std::string_view(theirs).substr(0, 4));
  }
}

TEST_F(Retrying, AConflictAtTheFirstAttemptIsAConflict) {
  ASSERT_TRUE(memory_.put({"a"}, view_of("mine"), When::kAlways, never_).ok());
  EXPECT_EQ(store_.put({"a"}, view_of("mine"), When::kAbsent, never_).error().kind, Kind::kConflict);
  scripted_.fail_next(Verb::kPut, Kind::kThrottled);  // refused, so it cannot have written
  EXPECT_EQ(store_.put({"a"}, view_of("mine"), When::kAbsent, never_).error().kind, Kind::kConflict);
  EXPECT_EQ(scripted_.calls(Verb::kHead), 0);
}

/// A store that reports no checksums.
class NoChecksums final : public ObjectStore {
 public:
  explicit NoChecksums(ObjectStore& below) : below_(below) {}
  Result<ObjectInfo> put(const ObjectKey& k, View b, When w, Deadline d) override { return below_.put(k, b, w, d); }
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& k, When w, Deadline d) override {
    return below_.upload(k, w, d);
  }
  Result<Bytes> get(const ObjectKey& k, ByteRange r, Deadline d) override { return below_.get(k, r, d); }
  Result<ObjectInfo> head(const ObjectKey& k, Deadline d) override {
    TRY(ObjectInfo info, below_.head(k, d));
    info.crc32c.reset();
    return info;
  }
  Result<Page> list(std::string_view p, std::string_view a, Deadline d) override { return below_.list(p, a, d); }
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> k, Deadline d) override {
    return below_.remove(k, d);
  }
  Result<std::size_t> abort_uploads(std::string_view p, TimestampMs t, Deadline d) override {
    return below_.abort_uploads(p, t, d);
  }

 private:
  ObjectStore& below_;
};

TEST_F(Retrying, WithoutChecksumsTheBytesDecideWhoseObjectItIs) {
  NoChecksums plain(scripted_);
  RetryingStore store(plain, RetryPolicy{}, clock_, random_);
  scripted_.lose_reply(Verb::kPut);
  EXPECT_TRUE(store.put({"a"}, view_of("mine"), When::kAbsent, never_).ok());
  EXPECT_EQ(scripted_.calls(Verb::kGet), 1);
  scripted_.fail_next(Verb::kPut);
  EXPECT_EQ(store.put({"a"}, view_of("them"), When::kAbsent, never_).error().kind, Kind::kConflict);
}

TEST_F(Retrying, UploadsBeginAndFinishAgain) {
  scripted_.fail_next(Verb::kUpload);
  auto upload = store_.upload({"u"}, When::kAbsent, never_);
  ASSERT_TRUE(upload.ok()) << upload.error().text;
  ASSERT_TRUE((*upload)->write(view_of("data")).ok());
  scripted_.lose_reply(Verb::kFinish);
  const auto finished = (*upload)->finish();
  ASSERT_TRUE(finished.ok()) << finished.error().text;
  EXPECT_EQ(memory_.head({"u"}, never_)->size, 4u);
}

/// Answers a partial failure of remove() for keys that contain "slow", `times` times, and for "locked" always.
class PartialRemove final : public ObjectStore {
 public:
  explicit PartialRemove(int times) : times_(times) {}
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline) override {
    std::vector<KeyError> failed;
    batches.emplace_back(keys.begin(), keys.end());
    for (const auto& key : keys) {
      if (key.name.starts_with("slow") && times_ > 0) failed.push_back({key, fail(Kind::kThrottled, "slow down")});
      if (key.name.starts_with("locked")) failed.push_back({key, fail(Kind::kDenied, "locked")});
    }
    --times_;
    return failed;
  }
  Result<ObjectInfo> put(const ObjectKey&, View, When, Deadline) override { return fail(Kind::kInvalid, "unused"); }
  Result<std::unique_ptr<Upload>> upload(const ObjectKey&, When, Deadline) override {
    return fail(Kind::kInvalid, "unused");
  }
  Result<Bytes> get(const ObjectKey&, ByteRange, Deadline) override { return fail(Kind::kInvalid, "unused"); }
  Result<ObjectInfo> head(const ObjectKey&, Deadline) override { return fail(Kind::kInvalid, "unused"); }
  Result<Page> list(std::string_view, std::string_view, Deadline) override { return fail(Kind::kInvalid, "unused"); }
  Result<std::size_t> abort_uploads(std::string_view, TimestampMs, Deadline) override {
    return fail(Kind::kInvalid, "unused");
  }

  std::vector<std::vector<ObjectKey>> batches;

 private:
  int times_;
};

TEST_F(Retrying, RemovesAgainOnlyWhatMayStillGo) {
  PartialRemove partial(2);
  RetryingStore store(partial, RetryPolicy{.attempts_max = 4}, clock_, random_);
  const ObjectKey keys[] = {{"a"}, {"slow1"}, {"locked"}, {"slow2"}};
  const auto failed = store.remove(keys, never_);
  ASSERT_TRUE(failed.ok());
  ASSERT_EQ(failed->size(), 1u);
  EXPECT_EQ(failed->front().key.name, "locked");
  ASSERT_EQ(partial.batches.size(), 3u);
  EXPECT_THAT(partial.batches[1], ::testing::ElementsAre(ObjectKey{"slow1"}, ObjectKey{"slow2"}));

  PartialRemove hopeless(1000);
  RetryingStore given_up(hopeless, RetryPolicy{.attempts_max = 3}, clock_, random_);
  EXPECT_EQ(given_up.remove(keys, never_)->size(), 3u);
  EXPECT_EQ(hopeless.batches.size(), 3u);
}

}  // namespace
}  // namespace takhin::object
