#pragma once
// A job under way that several callers wait for. Who gives up leaves the job alone; who comes later joins it.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace takhin::tier {

/// Any thread. Shared by the job and its waiters; what landed lives as long as the last of them.
template <class T>
class Flight {
 public:
  /// Once per flight; later calls change nothing (so that a guard can land a job that was dropped).
  void land(T outcome) {
    std::vector<std::function<void(const T&)>> waiting;
    {
      const std::lock_guard lock(mutex_);
      if (landed_) return;
      landed_ = std::move(outcome);
      waiting.swap(then_);
    }
    wake_.notify_all();
    for (const auto& call : waiting) call(*landed_);
  }

  /// Null when `deadline` comes first.
  const T* wait(Clock& clock, Deadline deadline) {
    std::unique_lock lock(mutex_);
    while (!landed_) {
      if (deadline.passed(clock)) return nullptr;
      const Steady until = clock.steady() + deadline.left(clock);
      clock.wait(wake_, lock, until);
    }
    return &*landed_;
  }

  /// Called once it landed: at once, or on the thread that lands it.
  void then(std::function<void(const T&)> call) {
    {
      const std::lock_guard lock(mutex_);
      if (!landed_) {
        then_.push_back(std::move(call));
        return;
      }
    }
    call(*landed_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<T> landed_;  // never changes once set
  std::vector<std::function<void(const T&)>> then_;
};

}  // namespace takhin::tier
