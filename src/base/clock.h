#pragma once
// Time as an argument: what cannot be injected cannot be simulated.

#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>

#include "base/types.h"

namespace takhin {

/// A point on a clock that never goes back; its zero means nothing.
using Steady = std::chrono::nanoseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  /// Time of day. Any thread. May jump.
  virtual TimestampMs wall() const = 0;
  /// Any thread. Never goes back.
  virtual Steady steady() const = 0;
  /// Blocks the calling thread.
  virtual void sleep(std::chrono::nanoseconds how_long) = 0;
  /// Waits for a notification until `until`; false when the time ran out. As with any condition variable, wakes for nothing too.
  virtual bool wait(std::condition_variable& cv, std::unique_lock<std::mutex>& lock, Steady until) = 0;
};

/// The moment at which a blocking call must have answered.
struct Deadline {
  Steady at = Steady::max();

  static Deadline in(const Clock& clock, std::chrono::nanoseconds from_now) { return {clock.steady() + from_now}; }
  static Deadline never() { return {}; }
  bool passed(const Clock& clock) const { return clock.steady() >= at; }
  /// Never negative. A deadline that never comes is cut to a day, so that it fits any timer.
  std::chrono::nanoseconds left(const Clock& clock) const {
    const auto now = clock.steady();
    if (now >= at) return {};
    return std::min<std::chrono::nanoseconds>(at - now, std::chrono::hours(24));
  }
  friend Deadline earlier(Deadline a, Deadline b) { return a.at < b.at ? a : b; }
};

}  // namespace takhin
