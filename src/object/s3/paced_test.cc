#include "object/s3/paced.h"

#include <gmock/gmock.h>

#include "testing/fake_s3.h"

namespace takhin::object::s3 {
namespace {

using namespace std::chrono_literals;

class Paced : public ::testing::Test {
 protected:
  /// Requests that went through in `seconds` of a caller that never pauses by itself; each takes `cost`.
  int sent_in(int seconds, std::chrono::nanoseconds cost = 1ms) {
    const Steady end = clock_.steady() + std::chrono::seconds(seconds);
    int sent = 0;
    for (; clock_.steady() < end; ++sent) {
      EXPECT_TRUE(pacer_.wait_for_turn(Deadline::never()).ok());
      clock_.advance(cost);
    }
    return sent;
  }

  takhin::testing::FakeClock clock_;
  Pacer pacer_{"reads", clock_};
};

TEST_F(Paced, NothingIsHeldBackUntilTheStoreAsks) {
  EXPECT_EQ(sent_in(1), 1000);
  EXPECT_EQ(pacer_.limit(), std::nullopt);
}

TEST_F(Paced, ACutFollowsWhatWasSentAndGrowsBack) {
  sent_in(3);
  pacer_.cut();
  EXPECT_NEAR(*pacer_.limit(), 700, 10);
  EXPECT_NEAR(sent_in(1), 700, 40);
  EXPECT_NEAR(sent_in(1), 735, 40);
  sent_in(5);
  EXPECT_GT(*pacer_.limit(), 900);
  sent_in(20);
  EXPECT_EQ(pacer_.limit(), std::nullopt) << "the limit goes when the store is content";
  EXPECT_EQ(sent_in(1), 1000);
}

TEST_F(Paced, RefusalsOfRequestsUnderWayCountOnce) {
  sent_in(3);
  for (int i = 0; i < 50; ++i) pacer_.cut();
  EXPECT_NEAR(*pacer_.limit(), 700, 10);
  sent_in(2);
  pacer_.cut();
  EXPECT_NEAR(*pacer_.limit(), 525, 30) << "0.7 of what went last";
}

TEST_F(Paced, SettlesBelowWhatTheStoreTakes) {
  // A store that takes 100 requests in any second and refuses the others.
  Steady second = clock_.steady();
  int in_second = 0, taken = 0, refused = 0;
  const auto run = [&](int seconds) {
    taken = refused = 0;
    for (const Steady end = clock_.steady() + std::chrono::seconds(seconds); clock_.steady() < end;) {
      ASSERT_TRUE(pacer_.wait_for_turn(Deadline::never()).ok());
      clock_.advance(1ms);
      if (clock_.steady() >= second + 1s) second = clock_.steady(), in_second = 0;
      const bool takes = ++in_second <= 100;
      ++(takes ? taken : refused);
      if (!takes) pacer_.cut();
    }
  };
  run(20);
  run(60);
  EXPECT_GT(taken, 60 * 60);
  EXPECT_LT(refused, taken / 20) << "without pacing nine of ten would be";
}

TEST_F(Paced, NeverBelowTheSlowestRate) {
  for (int i = 0; i < 30; ++i) {
    pacer_.cut();
    clock_.advance(1001ms);
  }
  EXPECT_GE(*pacer_.limit(), kRatePerSecondMin);
}

TEST_F(Paced, ATurnBeyondTheDeadlineIsRefusedAtOnce) {
  pacer_.cut();
  ASSERT_TRUE(pacer_.wait_for_turn(Deadline::never()).ok());
  const Steady now = clock_.steady();
  const auto late = pacer_.wait_for_turn(Deadline::in(clock_, 50ms));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().kind, Kind::kThrottled);
  EXPECT_EQ(clock_.steady(), now) << "did not wait";
}

TEST_F(Paced, ReadsAndWritesHaveTheirOwnPace) {
  auto scripted = std::make_unique<Scripted>([](const HttpRequest& request) {
    return request.method == "PUT" ? error_reply(503, "SlowDown") : reply_of(200);
  });
  metrics::Metrics metrics;
  PacedTransport transport(std::move(scripted), clock_, &metrics);
  const auto took = [&](const char* method) {
    const Steady begun = clock_.steady();
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(transport.send({.method = method, .url = "/bucket/k"}, Deadline::never()).ok());
    return clock_.steady() - begun;
  };
  EXPECT_GE(took("PUT"), 200ms) << "ten a second from the second on";
  EXPECT_EQ(took("GET"), 0s);
  EXPECT_NEAR(metrics.gauge(kRequestRateLimit, {{"of", "writes"}}).value(), kRatePerSecondMin, 1);
  EXPECT_EQ(metrics.gauge(kRequestRateLimit, {{"of", "reads"}}).value(), 0);
  EXPECT_EQ(metrics.counter(kRequestRateCuts, {{"of", "writes"}}).value(), 1);
}

TEST_F(Paced, TheGaugeFollowsTheLimitUntilItGoes) {
  metrics::Metrics metrics;
  const auto limit = metrics.gauge(kRequestRateLimit, {{"of", "reads"}});
  const auto cuts = metrics.counter(kRequestRateCuts, {{"of", "reads"}});
  Pacer pacer("reads", clock_, limit, cuts);
  pacer.cut();
  EXPECT_EQ(limit.value(), *pacer.limit());
  EXPECT_EQ(cuts.value(), 1);
  clock_.advance(5s);
  ASSERT_TRUE(pacer.wait_for_turn(Deadline::never()).ok());
  EXPECT_EQ(limit.value(), *pacer.limit());
  clock_.advance(60s);
  ASSERT_TRUE(pacer.wait_for_turn(Deadline::never()).ok());
  EXPECT_EQ(pacer.limit(), std::nullopt);
  EXPECT_EQ(limit.value(), 0);
}

TEST_F(Paced, ErrorsThatAreNoRefusalCutNothing) {
  auto scripted = std::make_unique<Scripted>([](const HttpRequest&) { return error_reply(500, "InternalError"); });
  PacedTransport transport(std::move(scripted), clock_);
  const Steady begun = clock_.steady();
  for (int i = 0; i < 9; ++i) (void)transport.send({.method = "PUT", .url = "/bucket/k"}, Deadline::never());
  EXPECT_EQ(clock_.steady(), begun);
}

}  // namespace
}  // namespace takhin::object::s3
