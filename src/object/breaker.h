#pragma once
// Remembers that a store cannot be reached, so that not every caller finds out by waiting.

#include <atomic>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "metrics/metrics.h"

namespace takhin::object {

/// The first look at a store that was found to be away, and the longest time between two.
inline constexpr auto kBreakerLookFirst = std::chrono::seconds(1);
inline constexpr auto kBreakerLookLongest = std::chrono::minutes(1);

/// Opens at the first call that could not reach the store, for that call was repeated before it failed; closes when a look or a
/// caller reaches it. Any thread. Borrows clock.
class Breaker {
 public:
  /// `open_gauge` is 1 while it is open.
  Breaker(std::string name, const Clock& clock, metrics::Gauge open_gauge)
      : name_(std::move(name)), clock_(clock), open_gauge_(open_gauge) {
    open_gauge_.set(0);
  }
  bool is_open() const { return is_open_; }
  /// What came of a call, null for success: kUnavailable opens it, any answer of the store itself closes it.
  void note(const Error* failure);
  /// When the store should be looked at; never, while it is closed.
  Steady look_at() const;

 private:
  const std::string name_;
  const Clock& clock_;
  const metrics::Gauge open_gauge_;
  std::atomic<bool> is_open_{false};
  mutable std::mutex mutex_;
  Steady next_ = Steady::max();
  std::chrono::nanoseconds interval_ = kBreakerLookFirst;
};

}  // namespace takhin::object
