#pragma once
// The machine's clocks.

#include "base/clock.h"

namespace takhin::os {

class SystemClock : public Clock {
 public:
  TimestampMs wall() const override;
  Steady steady() const override;
  void sleep(std::chrono::nanoseconds how_long) override;
  bool wait(std::condition_variable& cv, std::unique_lock<std::mutex>& lock, Steady until) override;
};

}  // namespace takhin::os
