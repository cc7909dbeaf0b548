#pragma once
// When to try again: classified, bounded, with full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog).

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace takhin::object {

struct RetryPolicy {
  int attempts_max = 6;                             // of one call, the first included
  std::chrono::milliseconds transient_first{100};   // the n-th pause is random in [0, first * 2^n], at most pause_max
  std::chrono::milliseconds throttled_first{1000};  // a store that asks for less gets it
  std::chrono::milliseconds pause_max{20'000};
};

/// The attempts of one call. One thread. Borrows clock and random.
class Backoff {
 public:
  Backoff(const RetryPolicy& policy, Clock& clock, Random& random, Deadline deadline)
      : policy_(policy), clock_(clock), random_(random), deadline_(deadline) {}

  /// After a failed attempt: false when `error` will not pass by itself, the attempts are used up or the pause would
  /// not end before the deadline; else pauses and answers true.
  bool again(const Error& error);
  int attempts() const { return attempts_; }

 private:
  const RetryPolicy& policy_;
  Clock& clock_;
  Random& random_;
  const Deadline deadline_;
  int attempts_ = 1;
};

/// Calls `attempt` until it answers something that is not worth another attempt.
template <class Attempt>
auto retried(Backoff backoff, Attempt attempt) -> decltype(attempt()) {
  for (;;) {
    auto answer = attempt();
    if (answer.ok() || !backoff.again(answer.error())) {
      if (!answer.ok() && backoff.attempts() > 1) {
        answer.error().text += fmt::format(" (after {} attempts)", backoff.attempts());
      }
      return answer;
    }
  }
}

}  // namespace takhin::object
