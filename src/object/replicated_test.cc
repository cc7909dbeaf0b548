// The store with a replica, as a whole: what is copied, what is removed, and who answers when one of the two is away.

#include "object/replicated.h"

#include <gtest/gtest.h>

#include "base/kinds.h"
#include "object/memory.h"
#include "os/clock.h"
#include "os/files.h"
#include "testing/fake_clock.h"
#include "testing/scripted_store.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"

namespace takhin::object {
namespace {

using namespace std::chrono_literals;
using takhin::testing::ScriptedStore;
using takhin::testing::Verb;

class Replicated : public ::testing::Test {
 protected:
  Replicated() { open(); }
  /// As a restart does.
  void open() {
    store.reset();
    replicator.reset();
    breaker = std::make_unique<Breaker>("the first store", clock, metrics.gauge(kFirstUnreachable));
    auto opened = Replicator::open({first, second, *breaker}, files, dir / "removals", clock, metrics, 0);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    replicator = *std::move(opened);
    store = std::make_unique<ReplicatedStore>(first, second, *replicator, *breaker, metrics);
  }
  /// Until nothing is due now.
  void work() {
    for (int i = 0; i < 100'000; ++i) {
      if (!replicator->turn()) return;
    }
    FAIL() << "never done";
  }
  void put(const std::string& name, std::string_view text) {
    const auto answer = store->put({name}, view_of(text), When::kAlways, never);
    ASSERT_TRUE(answer.ok()) << answer.error().text;
  }
  Result<std::vector<KeyError>> remove(const std::string& name) {
    const ObjectKey key{name};
    return store->remove(std::span(&key, 1), never);
  }
  std::string text_in(ObjectStore& where, const std::string& name) {
    const auto info = where.head({name}, never);
    if (!info.ok()) return std::string(name_of(info.error().kind));
    const auto body = where.get({name}, {0, info->size}, never);
    return body.ok() ? std::string(text_of(*body)) : std::string(name_of(body.error().kind));
  }
  std::string read(const std::string& name, std::uint64_t size) {
    const auto body = store->get({name}, {0, size}, never);
    return body.ok() ? std::string(text_of(*body)) : std::string(name_of(body.error().kind));
  }
  double replica_reads() { return metrics.counter(kReplicaReads).value(); }

  const Deadline never = Deadline::never();
  testing::FakeClock clock;
  testing::SeededRandom random{4};
  testing::TempDir dir;
  os::PosixFileSystem files;
  metrics::Metrics metrics;
  MemoryStore first_memory{clock, 7}, second_memory{clock, 5};
  ScriptedStore first{first_memory}, second{second_memory};
  std::unique_ptr<Breaker> breaker;
  std::unique_ptr<Replicator> replicator;
  std::unique_ptr<ReplicatedStore> store;
};

TEST_F(Replicated, WhatTheFirstTookIsCopied) {
  work();
  put("a", "one");
  put("a", "one, again");
  auto upload = store->upload({"big"}, When::kAlways, never);
  ASSERT_TRUE(upload.ok());
  Bytes big(2 * kReplicaPieceBytes + 12'345);
  random.fill(big);
  ASSERT_TRUE((*upload)->write(big).ok());
  EXPECT_EQ(replicator->waiting(), 1u) << "not before it is finished";
  ASSERT_TRUE((*upload)->finish().ok());
  EXPECT_EQ(text_in(second, "a"), "not_found") << "the first is not held up";
  EXPECT_EQ(metrics.gauge(kReplicaWaiting).value(), 2);
  clock.advance(40s);
  put("b", "");
  EXPECT_GE(metrics.gauge(kReplicaLag).value(), 40);
  work();
  EXPECT_EQ(text_in(second, "a"), "one, again");
  EXPECT_EQ(text_in(second, "b"), "");
  EXPECT_TRUE(*second.get({"big"}, {0, big.size()}, never) == big);
  EXPECT_EQ(metrics.gauge(kReplicaWaiting).value(), 0);
  EXPECT_EQ(metrics.gauge(kReplicaLag).value(), 0);
  EXPECT_EQ(metrics.counter(kReplicaCopies, {{"result", "success"}}).value(), 3);
  EXPECT_EQ(metrics.counter(kReplicaBytes).value(), static_cast<double>(big.size() + 10));
  EXPECT_TRUE(replicator->is_settled());
}

TEST_F(Replicated, AReplicaThatIsAwayCatchesUp) {
  second.set_down(true);
  for (int i = 0; i < 20; ++i) put(fmt::format("k{:02}", i), "text");
  work();
  const int calls = second.calls(Verb::kPut) + second.calls(Verb::kList);
  EXPECT_LE(calls, 4) << "one object finds out, not each";
  for (int i = 0; i < 20; ++i) {
    clock.advance(1min);
    work();
  }
  EXPECT_LE(second.calls(Verb::kPut), 20) << "fewer and fewer";
  second.set_down(false);
  clock.advance(kReplicaAgainLongest);
  work();
  EXPECT_EQ(text_in(second, "k19"), "text");
  clock.advance(kReplicaAgainLongest);
  work();
  EXPECT_TRUE(replicator->is_settled());
}

TEST_F(Replicated, OneThatCannotBeCopiedHoldsUpNoOther) {
  work();
  put("bad", "1");
  put("good", "2");
  second.add({.verb = Verb::kPut, .error = {Kind::kDenied, "locked"}, .key_part = "bad", .times = 3});
  work();
  EXPECT_EQ(text_in(second, "good"), "2");
  EXPECT_EQ(replicator->waiting(), 1u);
  for (int i = 0; i < 4; ++i) {
    clock.advance(kReplicaAgainLongest);
    work();
  }
  EXPECT_EQ(text_in(second, "bad"), "1");
}

TEST_F(Replicated, AfterAStartTheStoresAreCompared) {
  work();
  for (int i = 0; i < 40; ++i) put(fmt::format("k{:02}", i), "text");
  for (int i = 0; i < 40; i += 3) {
    ASSERT_TRUE(second.put({fmt::format("k{:02}", i)}, view_of("text"), When::kAlways, never).ok());
  }
  ASSERT_TRUE(second.put({"k01"}, view_of("tex"), When::kAlways, never).ok());  // cut short
  ASSERT_TRUE(second.put({"only here"}, view_of("x"), When::kAlways, never).ok());
  clock.advance(1s);
  ASSERT_TRUE(first.put({"k06"}, view_of("anew"), When::kAlways, never).ok());
  open();  // what was noted is forgotten
  EXPECT_FALSE(replicator->is_settled());
  EXPECT_EQ(metrics.gauge(kReplicaSynced).value(), 0);
  work();
  EXPECT_TRUE(replicator->is_settled());
  EXPECT_EQ(metrics.gauge(kReplicaSynced).value(), 1);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(text_in(second, fmt::format("k{:02}", i)), i == 6 ? "anew" : "text") << i;
  EXPECT_EQ(text_in(second, "only here"), "x") << "never removed because the first does not have it";
  const int puts = second.calls(Verb::kPut);
  open();
  work();
  EXPECT_EQ(second.calls(Verb::kPut), puts) << "nothing was missing";
}

TEST_F(Replicated, AFirstStoreThatWasEmptiedTakesNothingWithIt) {
  work();
  put("a", "one");
  work();
  const ObjectKey key{"a"};
  ASSERT_TRUE(first_memory.remove(std::span(&key, 1), never).ok());  // by somebody else
  open();
  work();
  clock.advance(kReplicaCompareAgain);
  work();
  EXPECT_EQ(text_in(second, "a"), "one");
  EXPECT_EQ(read("a", 3), "one");
}

TEST_F(Replicated, RemovalsFollow) {
  work();
  put("a", "one");
  put("b", "two");
  work();
  ASSERT_TRUE(remove("a")->empty());
  EXPECT_EQ(metrics.gauge(kReplicaRemovals).value(), 1);
  EXPECT_EQ(read("a", 3), "not_found") << "what is going is not answered by the replica";
  work();
  EXPECT_EQ(text_in(second, "a"), "not_found");
  EXPECT_EQ(text_in(second, "b"), "two");
  EXPECT_TRUE(replicator->is_settled());
}

TEST_F(Replicated, ARemovalSurvivesACrashAndAnOutage) {
  work();
  put("a", "one");
  put("b", "two");
  work();
  second.set_down(true);
  ASSERT_TRUE(remove("a")->empty());
  first.fail_next(Verb::kRemove);
  EXPECT_FALSE(remove("b").ok());  // perhaps done, perhaps not
  work();
  open();
  second.set_down(false);
  clock.advance(kReplicaAgainLongest);
  work();
  EXPECT_EQ(text_in(second, "a"), "not_found");
  EXPECT_EQ(text_in(second, "b"), "two") << "the first still has it";
  EXPECT_TRUE(replicator->is_settled());
}

// The background must not look at a removal that is under way: the first store still has the object, and it would be forgotten.
TEST_F(Replicated, ARemovalThatIsUnderWayIsNotDue) {
  work();
  put("a", "one");
  work();
  first.before_each([&](Verb verb, std::string_view) {
    if (verb == Verb::kRemove) work();
  });
  ASSERT_TRUE(remove("a")->empty());
  EXPECT_EQ(text_in(second, "a"), "one");
  work();
  EXPECT_EQ(text_in(second, "a"), "not_found");
}

TEST_F(Replicated, WhatTheFirstRefusesToRemoveStays) {
  work();
  put("a", "one");
  work();
  store.reset();
  class Locked final : public ForwardingStore {
   public:
    using ForwardingStore::ForwardingStore;
    Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline) override {
      return std::vector<KeyError>{{keys.front(), {Kind::kDenied, "object is locked"}}};
    }
  } locked(first);
  ReplicatedStore over(locked, second, *replicator, *breaker, metrics);
  const ObjectKey key{"a"};
  EXPECT_EQ(over.remove(std::span(&key, 1), never)->size(), 1u);
  work();
  EXPECT_EQ(text_in(second, "a"), "one");
  EXPECT_TRUE(replicator->is_settled());
}

// The sources of a merge go only when what stands for them is in the replica.
TEST_F(Replicated, ARemovalWaitsForTheCopiesBeforeIt) {
  work();
  put("source", "old");
  work();
  second.add({.verb = Verb::kPut, .error = {Kind::kDenied, "not now"}, .key_part = "merged", .times = 1});
  put("merged", "new");
  ASSERT_TRUE(remove("source")->empty());
  work();
  EXPECT_EQ(text_in(second, "merged"), "not_found");
  EXPECT_EQ(text_in(second, "source"), "old");
  open();  // the same after a crash
  second.add({.verb = Verb::kPut, .error = {Kind::kDenied, "not now"}, .key_part = "merged", .times = 1});
  work();
  EXPECT_EQ(text_in(second, "source"), "old");
  clock.advance(kReplicaAgainLongest);
  work();
  EXPECT_EQ(text_in(second, "merged"), "new");
  EXPECT_EQ(text_in(second, "source"), "not_found");
}

TEST_F(Replicated, MoreThanTheQueueHoldsIsFoundByComparing) {
  work();
  second.set_down(true);
  const std::size_t many = kReplicaQueueMax + 100;
  for (std::size_t i = 0; i < many; ++i) put(fmt::format("k{:05}", i), "x");
  EXPECT_EQ(replicator->waiting(), kReplicaQueueMax);
  ASSERT_TRUE(remove("k00000")->empty());
  second.set_down(false);
  clock.advance(kReplicaAgainLongest);
  work();
  EXPECT_TRUE(replicator->is_settled());
  EXPECT_EQ(text_in(second, fmt::format("k{:05}", many - 1)), "x");
  EXPECT_EQ(text_in(second, "k00000"), "not_found");
}

TEST_F(Replicated, ReadsGoToTheReplicaWhileTheFirstIsAwayAndBack) {
  work();
  put("a", "one");
  work();
  const int gets = first.calls(Verb::kGet) + 1;
  first.set_down(true);
  EXPECT_EQ(read("a", 3), "one");
  EXPECT_EQ(first.calls(Verb::kGet), gets);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(read("a", 3), "one");
  EXPECT_EQ(store->head({"a"}, never)->size, 3u);
  EXPECT_EQ(first.calls(Verb::kGet), gets) << "the breaker is open";
  EXPECT_EQ(replica_reads(), 102);
  EXPECT_EQ(metrics.gauge(kFirstUnreachable).value(), 1);
  EXPECT_FALSE(store->put({"b"}, view_of("x"), When::kAlways, never).ok()) << "writes are the first's alone";
  EXPECT_FALSE(store->list("", "", never).ok());
  for (int i = 0; i < 10; ++i) {
    clock.advance(1min);
    work();
  }
  EXPECT_LE(first.calls(Verb::kList), 30);
  first.set_down(false);
  clock.advance(kBreakerLookLongest);
  work();
  EXPECT_EQ(metrics.gauge(kFirstUnreachable).value(), 0);
  EXPECT_EQ(read("a", 3), "one");
  EXPECT_EQ(first.calls(Verb::kGet), gets + 1);
}

TEST_F(Replicated, WhatTheFirstLostOrDoesNotGiveOutIsReadFromTheReplica) {
  work();
  put("a", "one");
  work();
  for (const Kind kind : {Kind::kNotFound, Kind::kDenied, Kind::kCorrupt, kFrozen, Kind::kThrottled}) {
    first.fail_next(Verb::kGet, kind);
    EXPECT_EQ(read("a", 3), "one") << name_of(kind);
    EXPECT_FALSE(breaker->is_open());
  }
  first.fail_next(Verb::kHead, Kind::kNotFound);
  EXPECT_EQ(store->head({"a"}, never).error().kind, Kind::kNotFound) << "that something is absent only the first knows";
  EXPECT_EQ(read("a", 9), "out_of_range");
  EXPECT_EQ(read("none", 1), "not_found");
}

TEST_F(Replicated, WhatTheReplicaLacksIsAskedOfTheFirstAllTheSame) {
  work();
  second.set_down(true);
  put("a", "one");
  work();
  const Error away{Kind::kUnavailable, "away"};
  breaker->note(&away);
  EXPECT_EQ(read("a", 3), "one");
  EXPECT_FALSE(breaker->is_open()) << "and it was reached";
}

TEST_F(Replicated, ADamagedObjectIsNotCopied) {
  work();
  put("a", "one");
  first.add({.verb = Verb::kGet, .effect = testing::Effect::kFlipBit, .error = {}, .key_part = "a"});
  work();
  EXPECT_EQ(text_in(second, "a"), "not_found");
  clock.advance(kReplicaAgainLongest);
  work();
  EXPECT_EQ(text_in(second, "a"), "one");
}

TEST_F(Replicated, ThreadsDoItByThemselvesAndStop) {
  store.reset();
  replicator = *Replicator::open({first, second, *breaker}, files, dir / "removals", clock, metrics, 3);
  store = std::make_unique<ReplicatedStore>(first, second, *replicator, *breaker, metrics);
  for (int i = 0; i < 200; ++i) put(fmt::format("k{:03}", i), "text");
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(remove(fmt::format("k{:03}", i))->empty());
  os::SystemClock real;
  for (const Deadline end = Deadline::in(real, 30s); !replicator->is_settled() && !end.passed(real); real.sleep(1ms)) {
    clock.advance(100ms);
  }
  EXPECT_TRUE(replicator->is_settled());
  EXPECT_EQ(text_in(second, "k050"), "not_found");
  EXPECT_EQ(text_in(second, "k150"), "text");
}

// ---- the journal by itself

TEST(RemovalJournal, ATornLineWasNotRemovedYet) {
  testing::TempDir dir;
  os::PosixFileSystem files;
  ASSERT_TRUE(write_atomically(files, dir / "j", view_of("one\ntwo\nthr")).ok());
  const auto journal = *RemovalJournal::open(files, dir / "j");
  EXPECT_TRUE(journal->has("one"));
  EXPECT_TRUE(journal->has("two"));
  EXPECT_EQ(journal->size(), 2u);
  const ObjectKey keys[] = {{"three"}, {"four"}};
  ASSERT_TRUE(journal->add(keys, 9).ok());
  EXPECT_EQ(journal->some(10, 9).size(), 2u) << "those of before";
  EXPECT_EQ(journal->some(10, 10).size(), 2u) << "the others are still being removed";
  journal->confirm(std::span(keys, 1));
  journal->doubt(std::span(keys + 1, 1));
  EXPECT_EQ(journal->some(10, 10).size(), 4u);
  EXPECT_EQ((*RemovalJournal::open(files, dir / "j"))->size(), 4u);
}

TEST(RemovalJournal, HasALimitAndIsEmptiedInTheEnd) {
  testing::TempDir dir;
  os::PosixFileSystem files;
  const auto journal = *RemovalJournal::open(files, dir / "j");
  std::vector<ObjectKey> keys;
  for (std::size_t i = 0; i < kRemovalsMax; ++i) keys.push_back({std::to_string(i)});
  ASSERT_TRUE(journal->add(keys, 1).ok());
  const ObjectKey one{"one more"};
  EXPECT_EQ(journal->add(std::span(&one, 1), 2).error().kind, Kind::kExhausted);
  journal->drop(keys);
  EXPECT_EQ(files.stat(dir / "j")->size, 0u);
  EXPECT_TRUE(journal->add(std::span(&one, 1), 2).ok());
}

}  // namespace
}  // namespace takhin::object
