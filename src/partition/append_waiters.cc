#include "partition/append_waiters.h"

#include <vector>

namespace takhin::partition {

std::shared_ptr<AppendWaiters> AppendWaiters::make(std::size_t most) {
  return std::shared_ptr<AppendWaiters>(new AppendWaiters(most));
}

std::shared_ptr<void> AppendWaiters::add(Offset end, std::function<void()> then) {
  std::function<void()> call_now;
  std::uint64_t number = 0;
  {
    const std::lock_guard hold(mutex_);
    if (closed_) {
      call_now = std::move(then);
    } else {
      number = next_number_++;
      waiting_.emplace(number, Waiter{end, std::move(then)});
      if (waiting_.size() > most_) {
        call_now = std::move(waiting_.begin()->second.then);
        waiting_.erase(waiting_.begin());
      }
    }
  }
  if (call_now) call_now();
  if (number == 0) return nullptr;
  return std::shared_ptr<void>(nullptr, [weak = weak_from_this(), number](void*) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    Waiter gone;  // destroyed after the lock: what `then` holds may be anything
    const std::lock_guard hold(self->mutex_);
    const auto at = self->waiting_.find(number);
    if (at == self->waiting_.end()) return;
    gone = std::move(at->second);
    self->waiting_.erase(at);
  });
}

void AppendWaiters::wake(Offset new_end) {
  std::vector<std::function<void()>> due;
  {
    const std::lock_guard hold(mutex_);
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      if (at->second.end >= new_end) {
        ++at;
        continue;
      }
      due.push_back(std::move(at->second.then));
      at = waiting_.erase(at);
    }
  }
  for (const auto& then : due) then();
}

std::size_t AppendWaiters::size() const {
  const std::lock_guard hold(mutex_);
  return waiting_.size();
}

void AppendWaiters::close() {
  std::map<std::uint64_t, Waiter> all;
  {
    const std::lock_guard hold(mutex_);
    closed_ = true;
    all.swap(waiting_);
  }
  for (const auto& [number, waiter] : all) waiter.then();
}

}  // namespace takhin::partition
