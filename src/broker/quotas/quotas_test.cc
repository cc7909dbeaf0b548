#include "broker/quotas/quotas.h"

#include <gtest/gtest.h>

#include <cmath>

#include "os/files.h"
#include "testing/fake_clock.h"
#include "testing/temp_dir.h"

namespace takhin::broker::quotas {
namespace {

using takhin::testing::FakeClock;
using takhin::testing::TempDir;

Limits produce_limit(double limit) { return {limit, std::nullopt, std::nullopt, std::nullopt}; }

TEST(QuotaTable, TheFirstOfKafkasOrderHolds) {
  const Part alice = Part::of("alice"), app = Part::of("app"), any = Part::all(), none{};
  const std::vector<Entity> order{{alice, app}, {alice, any}, {alice, none}, {any, app},
                                  {any, any},   {any, none},  {none, app},   {none, any}};
  for (std::size_t first = 0; first < order.size(); ++first) {
    Table::Map all;
    for (std::size_t i = first; i < order.size(); ++i) all[order[i]] = produce_limit(static_cast<double>(i + 1));
    const auto match = Table(std::move(all)).match(Quota::kProduce, {"alice", "app"});
    ASSERT_TRUE(match.has_value()) << first;
    EXPECT_EQ(match->limit, static_cast<double>(first + 1));
  }
  const Table table({{{alice, app}, produce_limit(1)}});
  EXPECT_FALSE(table.match(Quota::kProduce, {"alice", "other"}).has_value());
  EXPECT_FALSE(table.match(Quota::kFetch, {"alice", "app"}).has_value());
  EXPECT_EQ(table.kinds(), 1);
}

TEST(QuotaTable, DefaultsAreForEachAloneAndAUsersLimitForAllItsClientIds) {
  const auto scope = [](const Entity& entity, const Client& client) {
    return Table({{entity, produce_limit(1)}}).match(Quota::kProduce, client)->scope;
  };
  const Entity user{Part::of("u"), {}}, users{Part::all(), {}}, ids{{}, Part::all()}, both{Part::all(), Part::all()};
  EXPECT_EQ(scope(user, {"u", "a"}), scope(user, {"u", "b"}));
  EXPECT_NE(scope(users, {"u", "a"}), scope(users, {"v", "a"}));
  EXPECT_EQ(scope(users, {"u", "a"}), scope(users, {"u", "b"}));
  EXPECT_EQ(scope(ids, {"u", "a"}), scope(ids, {"v", "a"}));
  EXPECT_NE(scope(both, {"u", "a"}), scope(both, {"u", "b"}));
  EXPECT_NE(scope(both, {"u", "va"}), scope(both, {"uv", "a"}));
}

TEST(QuotaRate, TheFirstBurstIsMeasuredOverAllWindowsButOne) {
  const Window window;
  Rate rate;
  rate.record(window, 20'000, 5'000);
  EXPECT_DOUBLE_EQ(rate.per_second(window, 5'000), 2'000);
  // (rate - limit) / limit * 10 s
  EXPECT_EQ(rate.throttle_ms(window, 1'000, 5'000), 10'000);
  EXPECT_EQ(rate.throttle_ms(window, 2'000, 5'000), 0);
  EXPECT_EQ(rate.throttle_ms(window, 1'600, 5'000), 2'500);
  // Half of the first window later the time is half a window longer.
  EXPECT_DOUBLE_EQ(rate.per_second(window, 5'500), 20'000 / 10.5);
  // Ten windows later it is no longer than they are; eleven later all is forgotten.
  EXPECT_DOUBLE_EQ(rate.per_second(window, 15'000), 2'000);
  EXPECT_DOUBLE_EQ(rate.per_second(window, 15'999), 20'000 / 10.999);
  EXPECT_DOUBLE_EQ(rate.per_second(window, 16'000), 0);
}

/// Kafka's SampledStat and Rate.windowSize, written down once more as what they come to: all events of samples whose last event
/// is younger than all windows, over the time since the oldest of them began.
TEST(QuotaRate, AgreesWithKafkasFormulaOverManyEvents) {
  const Window window{.samples = 5, .ms = 200};
  struct Sample {
    double value;
    std::int64_t start, last;
  };
  std::vector<Sample> samples;
  Rate rate;
  std::int64_t now = 1'000;
  std::uint32_t state = 12345;
  const auto chance = [&] { return state = state * 1664525 + 1013904223, state >> 16; };
  for (int i = 0; i < 20'000; ++i) {
    now += chance() % 10 == 0 ? chance() % 1500 : chance() % 60;
    const double value = chance() % 1000;
    if (samples.empty() || now - samples.back().start >= window.ms) samples.push_back({0, now, now});
    samples.back().value += value;
    samples.back().last = now;
    rate.record(window, value, now);
    double sum = 0;
    std::int64_t oldest = now;
    for (std::size_t s = samples.size() > 6 ? samples.size() - 6 : 0; s < samples.size(); ++s) {
      if (now - samples[s].last >= 1'000) continue;
      sum += samples[s].value;
      oldest = std::min(oldest, samples[s].start);
    }
    std::int64_t elapsed = now - oldest;
    if (elapsed / 200 < 4) elapsed += (4 - elapsed / 200) * 200;
    const double expected = sum / (static_cast<double>(elapsed) / 1000);
    ASSERT_NEAR(rate.per_second(window, now), expected, 1e-6 * (1 + expected)) << i;
    const double limit = 700;
    const auto wait = expected <= limit ? 0 : std::llround((expected - limit) / limit * static_cast<double>(elapsed));
    ASSERT_EQ(rate.throttle_ms(window, limit, now), wait) << i;
  }
}

TEST(QuotaBucket, HoldsWhatAllWindowsTogetherAllowAndLendsOnce) {
  const Window window;
  TokenBucket bucket;
  EXPECT_DOUBLE_EQ(bucket.tokens(window, 2, 1'000'000), 22);
  bucket.take(window, 2, 30, 1'000'000);
  EXPECT_EQ(bucket.throttle_ms(window, 2, 1'000'000), 4'000);
  EXPECT_EQ(bucket.throttle_ms(window, 2, 1'003'000), 1'000);
  EXPECT_EQ(bucket.throttle_ms(window, 2, 1'004'000), 0);
  EXPECT_DOUBLE_EQ(bucket.tokens(window, 2, 9'000'000), 22);
}

class QuotasTest : public ::testing::Test {
 protected:
  void open() {
    auto opened = Quotas::open(files, clock, path(), {}, {});
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    quotas = *std::move(opened);
  }
  std::string path() const { return dir.path() + "/client-quotas"; }
  void set(Entity entity, Quota quota, std::optional<double> limit) {
    const auto applied = quotas->apply({{std::move(entity), quota, limit}});
    ASSERT_TRUE(applied.ok()) << applied.error().text;
  }
  TempDir dir;
  os::PosixFileSystem files;
  FakeClock clock;
  std::unique_ptr<Quotas> quotas;
};

TEST_F(QuotasTest, AClientThatWaitsAsItIsToldGetsItsRate) {
  open();
  EXPECT_EQ(quotas->kinds(), 0);
  set({Part::of("u"), {}}, Quota::kProduce, 100'000);
  EXPECT_EQ(quotas->kinds(), 1);
  double sent = 0;
  const Steady began = clock.steady();
  const Steady warm = began + std::chrono::seconds(30);
  Steady measured_from{};
  while (clock.steady() - began < std::chrono::seconds(120)) {
    if (clock.steady() >= warm && measured_from == Steady{}) measured_from = clock.steady(), sent = 0;
    sent += 7'777;
    clock.advance(std::chrono::milliseconds(1) + std::chrono::milliseconds(quotas->record(Quota::kProduce, {"u", "c"}, 7'777)));
  }
  const double seconds = std::chrono::duration<double>(clock.steady() - measured_from).count();
  EXPECT_NEAR(sent / seconds, 100'000, 3'000);
  EXPECT_EQ(quotas->record(Quota::kProduce, {"other", "c"}, 1e12), 0);
}

TEST_F(QuotasTest, WhatIsTakenBackWasNeverThere) {
  open();
  set({{}, Part::all()}, Quota::kFetch, 1'000);
  EXPECT_EQ(quotas->most_at_once(Quota::kFetch, {"u", "c"}), 10'000);
  EXPECT_EQ(quotas->record(Quota::kFetch, {"u", "c"}, 10'000), 0);
  EXPECT_EQ(quotas->record(Quota::kFetch, {"u", "c"}, 5'000), 5'000);
  quotas->take_back(Quota::kFetch, {"u", "c"}, 5'000);
  EXPECT_EQ(quotas->record(Quota::kFetch, {"u", "c"}, 0), 0);
  EXPECT_TRUE(std::isinf(quotas->most_at_once(Quota::kProduce, {"u", "c"})));
}

TEST_F(QuotasTest, StrictChangesAreRefusedInDebtAndOthersAddToIt) {
  open();
  set({Part::of("u"), {}}, Quota::kMutation, 1);
  const Client u{"u", "c"};
  auto taken = quotas->take(u, 15, true);  // 11 are there: a debt of 4
  EXPECT_TRUE(taken.taken);
  EXPECT_EQ(taken.throttle_ms, 0);
  taken = quotas->take(u, 1, true);
  EXPECT_FALSE(taken.taken);
  EXPECT_EQ(taken.throttle_ms, 4'000);
  taken = quotas->take(u, 1, false);
  EXPECT_TRUE(taken.taken);
  EXPECT_EQ(taken.throttle_ms, 5'000);
  clock.advance(std::chrono::seconds(5));
  EXPECT_TRUE(quotas->take(u, 1, true).taken);
}

TEST_F(QuotasTest, TimeOnACoreHoldsNobodyLongerThanAWindow) {
  open();
  set({Part::of("u"), {}}, Quota::kRequest, 1);
  EXPECT_EQ(quotas->record(Quota::kRequest, {"u", "c"}, 1e6), 1'000);
}

TEST_F(QuotasTest, OnlySoManyAreRememberedAndTheSilentAreForgotten) {
  open();
  set({{}, Part::all()}, Quota::kProduce, 1'000);
  for (std::size_t i = 0; i < kTrackedMax + 100; ++i) (void)quotas->record(Quota::kProduce, {"u", "c" + std::to_string(i)}, 1);
  EXPECT_EQ(quotas->tracked(Quota::kProduce), kTrackedMax);
  clock.advance(kForgetAfter);
  (void)quotas->record(Quota::kProduce, {"u", "new"}, 1);
  EXPECT_EQ(quotas->tracked(Quota::kProduce), 1u);
}

TEST_F(QuotasTest, LimitsOutliveARestartWhateverTheNames) {
  open();
  const std::string odd("a,b\n=*-\0 \xff", 11);
  set({Part::of(odd), Part::all()}, Quota::kProduce, 1e9);
  set({Part::all(), {}}, Quota::kRequest, 12.345678901234567);
  set({{}, Part::of("c")}, Quota::kFetch, 5);
  set({{}, Part::of("c")}, Quota::kFetch, std::nullopt);
  const auto before = quotas->table()->all();
  EXPECT_EQ(before.size(), 2u);
  open();
  EXPECT_EQ(quotas->table()->all(), before);
  EXPECT_EQ(quotas->kinds(), 0b101);
}

TEST_F(QuotasTest, ADamagedFileIsSaidAndNotOverwritten) {
  const std::string good = "takhin client quotas 1\n";
  for (const std::string& text : {std::string("other 1\n"), good + "-,-,producer_byte_rate,1\n", good + "*,-,no_such,1\n",
                                  good + "*,-,producer_byte_rate,-1\n", good + "=x,-,producer_byte_rate,1\n"}) {
    ASSERT_TRUE(write_atomically(files, path(), view_of(text)).ok());
    const auto opened = Quotas::open(files, clock, path(), {}, {});
    ASSERT_FALSE(opened.ok()) << text;
    EXPECT_EQ(opened.error().kind, Kind::kCorrupt);
  }
}

TEST_F(QuotasTest, EntitiesHaveALimitAndNothingChangesBeyondIt) {
  open();
  std::vector<Change> changes;
  for (std::size_t i = 0; i < kEntitiesMax; ++i) changes.push_back({{Part::of("u" + std::to_string(i)), {}}, Quota::kFetch, 1.0});
  ASSERT_TRUE(quotas->apply(changes).ok());
  const auto more = quotas->apply({{{Part::of("one more"), {}}, Quota::kFetch, 1.0}});
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().kind, Kind::kExhausted);
  EXPECT_EQ(quotas->table()->all().size(), kEntitiesMax);
}

}  // namespace
}  // namespace takhin::broker::quotas
