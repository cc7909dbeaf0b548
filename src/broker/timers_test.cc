#include "broker/timers.h"

#include <gtest/gtest.h>

#include <vector>

#include "os/clock.h"
#include "testing/fake_clock.h"

namespace takhin::broker {
namespace {

using std::chrono::milliseconds;

struct Ran {
  void add(int what) {
    const std::lock_guard hold(mutex);
    order.push_back(what);
    changed.notify_all();
  }
  std::vector<int> wait_for(std::size_t count) {
    std::unique_lock hold(mutex);
    changed.wait_for(hold, std::chrono::seconds(10), [&] { return order.size() >= count; });
    return order;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> order;
};

TEST(Timers, RunWhenDueInOrderAndOnlyIfNotCancelled) {
  takhin::testing::FakeClock clock;
  Ran ran;
  TimerThread timers(clock);
  const auto third = timers.after(milliseconds(30), [&] { ran.add(3); });
  const auto first = timers.after(milliseconds(10), [&] { ran.add(1); });
  auto second = timers.after(milliseconds(20), [&] { ran.add(2); });
  second.reset();
  clock.advance(milliseconds(9));
  EXPECT_TRUE(ran.wait_for(0).empty());
  clock.advance(milliseconds(100));
  EXPECT_EQ(ran.wait_for(2), (std::vector{1, 3}));
}

TEST(Timers, TheFirstOneAndAnEarlierOneWakeAThreadThatSleeps) {
  os::SystemClock clock;
  Ran ran;
  TimerThread timers(clock);
  clock.sleep(milliseconds(5));  // the thread waits for a first timer by now; if not, the test is only easier
  const auto late = timers.after(std::chrono::hours(1), [&] { ran.add(2); });
  const auto early = timers.after(milliseconds(1), [&] { ran.add(1); });
  EXPECT_EQ(ran.wait_for(1), std::vector{1});
}

TEST(Timers, ATaskMayScheduleAnotherAndDropItsOwnHandle) {
  takhin::testing::FakeClock clock;
  Ran ran;
  TimerThread timers(clock);
  std::shared_ptr<void> handle;
  handle = timers.after(milliseconds(1), [&] {
    ran.add(1);
    handle = timers.after(milliseconds(0), [&] { ran.add(2); });
  });
  clock.advance(milliseconds(1));
  EXPECT_EQ(ran.wait_for(2), (std::vector{1, 2}));
}

TEST(Timers, StopDropsWhatWaitsAndHandlesMayOutliveIt) {
  takhin::testing::FakeClock clock;
  std::shared_ptr<void> handle;
  {
    TimerThread timers(clock);
    handle = timers.after(milliseconds(1), [] { ADD_FAILURE() << "ran after stop"; });
  }
  handle.reset();
}

}  // namespace
}  // namespace takhin::broker
