#pragma once
// Who fails to authenticate waits for the answer: each address the longer, the more often it fails.

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace takhin::broker::security {

/// Any thread.
class Failures {
 public:
  /// As many may be forgotten passwords; further ones within kWindow wait twice as long each, up to kDelayMax.
  static constexpr int kFree = 5;
  static constexpr std::chrono::seconds kWindow{60};
  static constexpr std::chrono::milliseconds kDelayMax{10'000};
  /// Addresses that are remembered; from further ones an answer waits `base`.
  static constexpr std::size_t kAddressesMax = 10'000;

  Failures(Clock& clock, std::chrono::milliseconds base) : clock_(clock), base_(base) {}

  /// Counts one; how long its answer waits.
  std::chrono::milliseconds add(const std::string& address) {
    const Steady now = clock_.steady();
    const std::lock_guard hold(mutex_);
    if (addresses_.size() >= kAddressesMax && !addresses_.contains(address)) {
      std::erase_if(addresses_, [&](const auto& one) { return now - one.second.last >= kWindow; });
      if (addresses_.size() >= kAddressesMax) return base_;
    }
    Row& row = addresses_[address];
    if (now - row.last >= kWindow) row.count = 0;
    row.last = now;
    ++row.count;
    auto delay = base_;
    for (int over = row.count - kFree; over > 0 && delay < kDelayMax; --over) delay *= 2;
    return std::max(base_, std::min(delay, kDelayMax));
  }

 private:
  struct Row {
    int count = 0;
    Steady last{};
  };
  Clock& clock_;
  const std::chrono::milliseconds base_;
  std::mutex mutex_;
  std::unordered_map<std::string, Row> addresses_;
};

}  // namespace takhin::broker::security
