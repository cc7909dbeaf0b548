#include "object/breaker.h"

#include <algorithm>

#include "base/log.h"

namespace takhin::object {

void Breaker::note(const Error* failure) {
  const bool reached = failure == nullptr || failure->kind != Kind::kUnavailable;
  if (reached && !is_open_) return;  // as nearly always: no lock
  const std::lock_guard lock(mutex_);
  if (reached) {
    if (!is_open_.exchange(false)) return;
    next_ = Steady::max();
    interval_ = kBreakerLookFirst;
    open_gauge_.set(0);
    log_info("object", "{} is reached again", name_);
    return;
  }
  const Steady now = clock_.steady();
  if (is_open_ && now < next_) return;  // a call that was under way, not the look
  if (!is_open_.exchange(true)) log_warn("object", "{} cannot be reached, its replica is read: {}", name_, failure->text);
  open_gauge_.set(1);
  next_ = now + interval_;
  interval_ = std::min<std::chrono::nanoseconds>(interval_ * 2, kBreakerLookLongest);
}

Steady Breaker::look_at() const {
  const std::lock_guard lock(mutex_);
  return next_;
}

}  // namespace takhin::object
