#include "object/refreshing.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "testing/fake_clock.h"

namespace takhin::object {
namespace {

using namespace std::chrono_literals;

/// Answers what the test says.
class Source final : public CredentialsProvider {
 public:
  using Answer = std::function<Result<Credentials>(int call)>;
  Source(Answer answer, std::atomic<int>& calls) : answer_(std::move(answer)), calls_(calls) {}
  Result<Credentials> get(Deadline) override { return answer_(++calls_); }
  void refused(const Credentials&) override {}

 private:
  const Answer answer_;
  std::atomic<int>& calls_;
};

class Refreshing : public ::testing::Test {
 protected:
  Credentials key(int number, std::chrono::milliseconds holds) const {
    return {fmt::format("key{}", number), "secret", "token", TimestampMs{clock_.wall().raw + holds.count()}};
  }
  RefreshingCredentials& open(Source::Answer answer) {
    credentials_ = std::make_unique<RefreshingCredentials>(
        "fake", std::make_unique<Source>(std::move(answer), calls_), clock_);
    return *credentials_;
  }
  std::string got(Deadline deadline = Deadline::never()) {
    const auto answer = credentials_->get(deadline);
    return answer.ok() ? answer->access_key : answer.error().text;
  }

  takhin::testing::FakeClock clock_;
  std::atomic<int> calls_{0};
  std::unique_ptr<RefreshingCredentials> credentials_;
};

TEST_F(Refreshing, FetchesOnceAndAgainBeforeTheyRunOut) {
  open([&](int call) { return key(call, 1h); });
  EXPECT_EQ(got(), "key1");
  clock_.advance(54min);
  EXPECT_EQ(got(), "key1");
  clock_.advance(1min);
  EXPECT_EQ(got(), "key2") << "five minutes before the end";
  EXPECT_EQ(got(), "key2");
  EXPECT_EQ(calls_, 2);
}

TEST_F(Refreshing, OnesThatNeverRunOutAreFetchedOnce) {
  open([](int) { return Credentials{"forever", "secret", "", std::nullopt}; });
  EXPECT_EQ(got(), "forever");
  clock_.advance(1000h);
  EXPECT_EQ(got(), "forever");
  EXPECT_EQ(calls_, 1);
}

TEST_F(Refreshing, AFailedRefreshShowsOnlyWhenTheOldOnesHaveRunOut) {
  open([&](int call) -> Result<Credentials> {
    if (call == 1) return key(1, 1h);
    return fail(Kind::kUnavailable, "down");
  });
  EXPECT_EQ(got(), "key1");
  clock_.advance(56min);
  EXPECT_EQ(got(), "key1");
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(got(), "key1");
  EXPECT_EQ(calls_, 2) << "not asked again at once";
  clock_.advance(kFetchAgainAfter);
  EXPECT_EQ(got(), "key1");
  EXPECT_EQ(calls_, 3);
  clock_.advance(4min);
  EXPECT_EQ(got(), "fake: down");
  EXPECT_EQ(calls_, 4);
  clock_.advance(kUnreachableAgainAfter);
  EXPECT_EQ(got(), "fake: down");
  EXPECT_EQ(calls_, 5) << "now there is";
}

TEST_F(Refreshing, AnAbsentSourceIsNotAskedForEachRequest) {
  open([](int) -> Result<Credentials> { return fail(Kind::kNotFound, "nobody there"); });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(credentials_->get(Deadline::never()).error().kind, Kind::kNotFound);
  EXPECT_EQ(calls_, 1);
  clock_.advance(kAbsentAgainAfter);
  EXPECT_EQ(got(), "fake: nobody there");
  EXPECT_EQ(calls_, 2);
}

TEST_F(Refreshing, RefusedOnesAreFetchedAgainUnlessTheyAreYoung) {
  auto& credentials = open([&](int call) { return key(call, 1h); });
  const Credentials first = *credentials.get(Deadline::never());
  credentials.refused(first);
  EXPECT_EQ(got(), "key1") << "there is nothing better yet";
  clock_.advance(kYoungFor);
  credentials.refused({"other", "secret", "token", {}});
  EXPECT_EQ(got(), "key1") << "somebody else's";
  credentials.refused(first);
  EXPECT_EQ(got(), "key2");
  credentials.refused(first);
  EXPECT_EQ(got(), "key2") << "a refusal that comes late";
}

TEST_F(Refreshing, RefusedOnesAreNotGivenOutAgainWhenTheSourceFails) {
  auto& credentials = open([&](int call) -> Result<Credentials> {
    if (call == 1) return key(1, 1h);
    return fail(Kind::kUnavailable, "down");
  });
  const Credentials first = *credentials.get(Deadline::never());
  clock_.advance(kYoungFor);
  credentials.refused(first);
  EXPECT_EQ(got(), "fake: down");
  EXPECT_EQ(got(), "fake: down");
  EXPECT_EQ(calls_, 2);
}

TEST_F(Refreshing, OnesFetchedTooLateAreGivenOutAllTheSame) {
  open([&](int call) { return key(call, -1h); });
  EXPECT_EQ(got(), "key1");
  EXPECT_EQ(got(), "key1");
  clock_.advance(kFetchAgainAfter);
  EXPECT_EQ(got(), "key2");
}

TEST_F(Refreshing, ACallerWithoutTimeSaysNothingAboutTheSource) {
  open([&](int call) -> Result<Credentials> {
    if (call > 1) return key(call, 1h);
    clock_.advance(2s);
    return fail(Kind::kUnavailable, "too slow");
  });
  EXPECT_EQ(got(Deadline::in(clock_, 1s)), "fake: too slow");
  EXPECT_EQ(got(), "key2") << "the next caller asks at once";
}

/// Holds the source's answer back until open() is called.
class Gate {
 public:
  void wait() {
    ++waiting_;
    while (!open_) std::this_thread::yield();
  }
  void until_somebody_waits() const {
    while (waiting_ == 0) std::this_thread::yield();
  }
  void open() { open_ = true; }

 private:
  std::atomic<int> waiting_{0};
  std::atomic<bool> open_{false};
};

TEST_F(Refreshing, OneFetchServesAllWhoWait) {
  Gate gate;
  open([&](int call) {
    gate.wait();
    return key(call, 1h);
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_EQ(got(), "key1"); });
  gate.until_somebody_waits();
  gate.open();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(calls_, 1);
}

TEST_F(Refreshing, WhileOneRefreshesTheOthersUseTheOldOnes) {
  Gate gate;
  open([&](int call) {
    if (call == 2) gate.wait();
    return key(call, 1h);
  });
  EXPECT_EQ(got(), "key1");
  clock_.advance(56min);
  std::thread refresher([&] { EXPECT_EQ(got(), "key2"); });
  gate.until_somebody_waits();
  EXPECT_EQ(got(), "key1") << "does not wait";
  gate.open();
  refresher.join();
  EXPECT_EQ(got(), "key2");
  EXPECT_EQ(calls_, 2);
}

TEST_F(Refreshing, WaitingForAFetchEndsAtTheDeadline) {
  Gate gate;
  open([&](int call) {
    gate.wait();
    return key(call, 1h);
  });
  std::thread fetcher([&] { EXPECT_EQ(got(), "key1"); });
  gate.until_somebody_waits();
  const Deadline soon = Deadline::in(clock_, 1s);
  std::thread waiter([&] { EXPECT_EQ(got(soon), "fake: deadline passed while they were fetched"); });
  clock_.advance(2s);
  waiter.join();
  gate.open();
  fetcher.join();
}

}  // namespace
}  // namespace takhin::object
