#pragma once
// Time that moves only when a test says so.

#include <atomic>

#include "base/clock.h"

namespace takhin::testing {

/// Any thread. wall() and steady() move together by advance(); sleep() advances instead of blocking, so that backoff costs a test
/// nothing. wait() looks again every millisecond of real time, so an advance() past `until` wakes it.
class FakeClock : public Clock {
 public:
  explicit FakeClock(TimestampMs start = TimestampMs{1'700'000'000'000}) : start_(start) {}

  TimestampMs wall() const override {
    return TimestampMs{start_.raw + jump_ms_.load() +
                       std::chrono::duration_cast<std::chrono::milliseconds>(steady()).count()};
  }
  Steady steady() const override { return Steady{now_.load()}; }
  void sleep(std::chrono::nanoseconds how_long) override { advance(how_long); }
  bool wait(std::condition_variable& cv, std::unique_lock<std::mutex>& lock, Steady until) override {
    if (steady() >= until) return false;
    if (cv.wait_for(lock, std::chrono::milliseconds(1)) == std::cv_status::no_timeout) return true;
    return steady() < until;
  }

  void advance(std::chrono::nanoseconds by) { now_ += by.count(); }
  /// Moves the time of day only, as an operator or NTP does.
  void jump_wall(std::chrono::milliseconds by) { jump_ms_ += by.count(); }

 private:
  const TimestampMs start_;
  std::atomic<std::int64_t> now_{1'000'000'000};
  std::atomic<std::int64_t> jump_ms_{0};
};

}  // namespace takhin::testing
