#include "broker/quotas/rate.h"

#include <algorithm>
#include <cmath>

namespace takhin::broker::quotas {

void Rate::record(const Window& window, double value, std::int64_t now_ms) {
  if (samples_.empty()) samples_.push_back({0, now_ms, now_ms});
  if (now_ms - samples_[current_].start_ms >= window.ms) {
    current_ = (current_ + 1) % static_cast<std::size_t>(window.samples + 1);
    if (current_ >= samples_.size()) samples_.emplace_back();
    samples_[current_] = {0, now_ms, now_ms};
  }
  samples_[current_].value += value;
  samples_[current_].last_ms = now_ms;
}

void Rate::forget_old(const Window& window, std::int64_t now_ms) {
  if (samples_.empty()) samples_.push_back({0, now_ms, now_ms});
  for (Sample& sample : samples_) {
    if (now_ms - sample.last_ms >= window.samples * window.ms) sample = {0, now_ms, now_ms};
  }
}

// From the oldest sample that still counts, and never less than all whole windows but the one under way.
std::int64_t Rate::elapsed_ms(const Window& window, std::int64_t now_ms) const {
  const std::int64_t oldest = std::ranges::min(samples_, {}, &Sample::start_ms).start_ms;
  std::int64_t elapsed = now_ms - oldest;
  const std::int64_t whole = elapsed / window.ms;
  const std::int64_t least = window.samples - 1;
  if (whole < least) elapsed += (least - whole) * window.ms;
  return std::max<std::int64_t>(elapsed, 1);
}

double Rate::per_second(const Window& window, std::int64_t now_ms) {
  forget_old(window, now_ms);
  double sum = 0;
  for (const Sample& sample : samples_) sum += sample.value;
  return sum / (static_cast<double>(elapsed_ms(window, now_ms)) / 1000);
}

std::int64_t Rate::throttle_ms(const Window& window, double limit, std::int64_t now_ms) {
  const double rate = per_second(window, now_ms);
  if (rate <= limit) return 0;
  return std::llround(std::min((rate - limit) / limit * static_cast<double>(elapsed_ms(window, now_ms)), 1e15));
}

double TokenBucket::tokens(const Window& window, double limit, std::int64_t now_ms) {
  const double most = window.samples * window.seconds() * limit;
  const double back = limit * static_cast<double>(now_ms - filled_ms_) / 1000;
  tokens_ = fresh_ ? most : std::min(most, tokens_ + back);
  fresh_ = false;
  filled_ms_ = now_ms;
  return tokens_;
}

void TokenBucket::take(const Window& window, double limit, double count, std::int64_t now_ms) {
  tokens_ = tokens(window, limit, now_ms) - count;
}

std::int64_t TokenBucket::throttle_ms(const Window& window, double limit, std::int64_t now_ms) {
  const double left = tokens(window, limit, now_ms);
  return left >= 0 ? 0 : std::llround(std::min(-left / limit * 1000, 1e15));
}

}  // namespace takhin::broker::quotas
