#pragma once
// Chance as an argument, for the same reason as Clock.

#include <cstdint>
#include <span>

#include "base/types.h"

namespace takhin {

class Random {
 public:
  virtual ~Random() = default;
  /// Fills `into`. Any thread. The real one is fit for keys and ids.
  virtual void fill(std::span<std::byte> into) = 0;

  std::uint64_t next() {
    std::uint64_t value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  /// Uniform enough for jitter: in [0, bound), 0 for bound 0.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
};

}  // namespace takhin
