#pragma once
// Chance that a seed replays.

#include <cstring>
#include <mutex>

#include "base/random.h"

namespace takhin::testing {

/// splitmix64. Any thread; the order of calls decides who gets what.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : state_(seed) {}

  void fill(std::span<std::byte> into) override {
    const std::lock_guard hold(mutex_);
    for (std::size_t at = 0; at < into.size(); at += sizeof(std::uint64_t)) {
      const std::uint64_t value = step();
      std::memcpy(into.data() + at, &value, std::min(sizeof value, into.size() - at));
    }
  }

 private:
  std::uint64_t step() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::mutex mutex_;
  std::uint64_t state_;
};

}  // namespace takhin::testing
