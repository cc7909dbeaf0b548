#include "object/thawing.h"

#include <gtest/gtest.h>

#include "object/forwarding_store.h"
#include "object/memory.h"
#include "os/clock.h"
#include "testing/fake_clock.h"

namespace takhin::object {
namespace {

using namespace std::chrono_literals;

/// Memory with an archive class: what is frozen can be asked for, and comes back when the test says so.
class FakeArchive final : public Forwarding<ArchiveClassStore> {
 public:
  explicit FakeArchive(const Clock& clock) : Forwarding(memory_), memory_(clock) {}
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override {
    ++gets;
    const auto at = states.find(key.name);
    if (at != states.end() && at->second.phase != ThawPhase::kReadable) return fail(kFrozen, "403 InvalidObjectState");
    return memory_.get(key, range, deadline);
  }
  Result<ThawState> thaw_state(const ObjectKey& key, Deadline deadline) override {
    ++looks;
    if (look_error) return *look_error;
    TRY(memory_.head(key, deadline));
    return states[key.name];
  }
  Result<> thaw(const ObjectKey& key, const ThawState&, const ThawOrder& order, Deadline) override {
    orders.push_back(fmt::format("{} {} {}", key.name, order.days, order.tier));
    if (ask_error) return *ask_error;
    states[key.name].phase = ThawPhase::kThawing;
    return done();
  }

  std::map<std::string, ThawState> states;
  std::vector<std::string> orders;
  std::optional<Error> look_error, ask_error;
  int gets = 0, looks = 0;

 private:
  MemoryStore memory_;
};

class Thawing : public ::testing::Test {
 protected:
  Thawing() { freeze("a"); }
  void freeze(const std::string& name) {
    ASSERT_TRUE(archive.put({name}, view_of("text of " + name), When::kAlways, never).ok());
    archive.states[name] = {ThawPhase::kFrozen, "GLACIER", false};
  }
  Kind read(const std::string& name) {
    const auto got = store.get({name}, {0, 4}, never);
    return got.ok() ? Kind::kConflict : got.error().kind;  // kConflict stands for success
  }
  static constexpr Kind kRead = Kind::kConflict;

  const Deadline never = Deadline::never();
  testing::FakeClock clock;
  metrics::Metrics metrics;
  FakeArchive archive{clock};
  ThawingStore store{archive, {.order = {.days = 5, .tier = "Bulk"}, .objects_max = 3}, clock, metrics, false};
};

TEST_F(Thawing, WhatIsFrozenIsAskedForOnceAndReadWhenItIsBack) {
  for (int i = 0; i < 50; ++i) EXPECT_EQ(read("a"), kFrozen);
  EXPECT_EQ(archive.gets, 1) << "the others are answered from memory";
  store.turn();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(read("a"), kFrozen);
  EXPECT_EQ(archive.orders, std::vector<std::string>{"a 5 Bulk"});
  EXPECT_EQ(metrics.gauge(kFrozenObjects).value(), 1);
  EXPECT_EQ(metrics.gauge(kThawingObjects).value(), 1);
  EXPECT_EQ(metrics.counter(kFrozenReads).value(), 100);
  EXPECT_NE(store.get({"a"}, {0, 4}, never).error().text.find("a lies in an archive class"), std::string::npos);

  // Twelve hours: looked at in growing intervals.
  const int before = archive.looks;
  for (const Steady end = clock.steady() + 12h; clock.steady() < end;) clock.advance(store.turn() - clock.steady());
  EXPECT_GE(archive.looks - before, 24);
  EXPECT_LE(archive.looks - before, 30);
  archive.states["a"].phase = ThawPhase::kReadable;
  EXPECT_EQ(read("a"), kFrozen) << "not known yet";
  clock.advance(kThawLookLongest);
  store.turn();
  EXPECT_EQ(read("a"), kRead);
  EXPECT_EQ(archive.orders.size(), 1u);
  EXPECT_EQ(metrics.gauge(kFrozenObjects).value(), 0);
  EXPECT_EQ(metrics.gauge(kThawingObjects).value(), 0);
  EXPECT_EQ(metrics.counter(kThawsDone).value(), 1);

  archive.states["a"].phase = ThawPhase::kFrozen;  // its days are over
  EXPECT_EQ(read("a"), kFrozen);
  store.turn();
  EXPECT_EQ(archive.orders.size(), 2u);
}

TEST_F(Thawing, WhatSomebodyElseAskedForIsWaitedFor) {
  archive.states["a"].phase = ThawPhase::kThawing;
  EXPECT_EQ(read("a"), kFrozen);
  store.turn();
  EXPECT_TRUE(archive.orders.empty());
  EXPECT_EQ(metrics.gauge(kThawingObjects).value(), 1);
  freeze("b");
  EXPECT_EQ(read("b"), kFrozen);
  archive.ask_error = Error{Kind::kConflict, "409 RestoreAlreadyInProgress"};
  store.turn();
  EXPECT_EQ(metrics.gauge(kThawingObjects).value(), 2);
  freeze("c");
  EXPECT_EQ(read("c"), kFrozen);
  archive.ask_error = Error{kFrozen, "403 InvalidObjectState"};  // back between look and order
  archive.states["c"].phase = ThawPhase::kFrozen;
  store.turn();
  archive.states["c"].phase = ThawPhase::kReadable;
  EXPECT_EQ(read("c"), kRead);
}

TEST_F(Thawing, NoMoreAreAskedForThanTheLimit) {
  for (const char* name : {"b", "c", "d"}) freeze(name);
  for (const char* name : {"a", "b", "c", "d"}) EXPECT_EQ(read(name), kFrozen);
  store.turn();
  EXPECT_EQ(archive.orders.size(), 3u);
  archive.states["a"].phase = ThawPhase::kReadable;
  clock.advance(kThawLookLongest);
  store.turn();
  EXPECT_EQ(read("d"), kFrozen);
  store.turn();
  EXPECT_EQ(archive.orders.size(), 4u);
}

TEST_F(Thawing, ARefusedOrderIsRepeatedAndWhatIsGoneIsForgotten) {
  archive.ask_error = Error{Kind::kDenied, "AccessDenied"};
  EXPECT_EQ(read("a"), kFrozen);
  store.turn();
  store.turn();
  EXPECT_EQ(archive.orders.size(), 1u) << "not before its time";
  EXPECT_EQ(metrics.counter(kThawsAsked, {{"result", "failure"}}).value(), 1);
  EXPECT_EQ(metrics.gauge(kThawingObjects).value(), 0);
  archive.look_error = Error{Kind::kUnavailable, "no answer"};
  clock.advance(kThawLookLongest);
  store.turn();
  EXPECT_EQ(archive.orders.size(), 1u);
  archive.look_error.reset();
  archive.ask_error.reset();
  clock.advance(kThawLookLongest);
  store.turn();
  EXPECT_EQ(archive.orders.size(), 2u);
  const ObjectKey key{"a"};
  ASSERT_TRUE(archive.remove(std::span(&key, 1), never).ok());
  archive.states.clear();
  clock.advance(kThawLookLongest);
  store.turn();
  EXPECT_EQ(read("a"), Kind::kNotFound);
}

TEST_F(Thawing, SwitchedOffItOnlyReports) {
  ThawingStore off{archive, {.enabled = false}, clock, metrics, true};
  const auto got = off.get({"a"}, {0, 4}, never);
  EXPECT_EQ(got.error().kind, kFrozen);
  EXPECT_NE(got.error().text.find("tier.thaw.enabled"), std::string::npos) << got.error().text;
  off.turn();
  EXPECT_EQ(archive.looks, 0);
}

TEST_F(Thawing, WhatWasNotedLastIsAskedForBeforeTheEnd) {
  for (int i = 0; i < 20; ++i) {
    const std::string name = "end-" + std::to_string(i);
    freeze(name);
    {
      ThawingStore ending{archive, {}, clock, metrics, true};
      EXPECT_EQ(ending.get({name}, {0, 4}, never).error().kind, kFrozen);
    }
    EXPECT_EQ(archive.orders.size(), static_cast<std::size_t>(i) + 1);
  }
}

TEST_F(Thawing, TheBackgroundDoesItByItself) {
  ThawingStore working{archive, {}, clock, metrics, true};
  EXPECT_EQ(working.get({"a"}, {0, 4}, never).error().kind, kFrozen);
  os::SystemClock real;
  const Deadline end = Deadline::in(real, 10s);
  while (metrics.gauge(kThawingObjects).value() < 1 && !end.passed(real)) real.sleep(1ms);
  EXPECT_EQ(metrics.gauge(kThawingObjects).value(), 1);
}

}  // namespace
}  // namespace takhin::object
