#include "os/clock.h"

#include <thread>

namespace takhin::os {

TimestampMs SystemClock::wall() const {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return TimestampMs{std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count()};
}

Steady SystemClock::steady() const { return std::chrono::steady_clock::now().time_since_epoch(); }

void SystemClock::sleep(std::chrono::nanoseconds how_long) { std::this_thread::sleep_for(how_long); }

bool SystemClock::wait(std::condition_variable& cv, std::unique_lock<std::mutex>& lock, Steady until) {
  if (until == Steady::max()) {  // no timer holds it
    cv.wait(lock);
    return true;
  }
  return cv.wait_until(lock, std::chrono::steady_clock::time_point(until)) == std::cv_status::no_timeout;
}

}  // namespace takhin::os
