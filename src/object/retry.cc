#include "object/retry.h"

#include <algorithm>

namespace takhin::object {

bool Backoff::again(const Error& error) {
  if (!is_transient(error.kind) || attempts_ >= policy_.attempts_max) return false;
  const auto first = error.kind == Kind::kThrottled ? policy_.throttled_first : policy_.transient_first;
  constexpr int kDoublingsMax = 20;
  const auto ceiling = std::min(first * (std::int64_t{1} << std::min(attempts_ - 1, kDoublingsMax)), policy_.pause_max);
  const std::chrono::milliseconds pause(random_.below(static_cast<std::uint64_t>(ceiling.count()) + 1));
  if (pause >= deadline_.left(clock_)) return false;
  clock_.sleep(pause);
  ++attempts_;
  return true;
}

}  // namespace takhin::object
