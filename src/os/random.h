#pragma once
// Randomness from the kernel.

#include "base/random.h"

namespace takhin::os {

/// getrandom(2): fit for keys. About 0.3 us a call.
class SystemRandom : public Random {
 public:
  void fill(std::span<std::byte> into) override;
};

}  // namespace takhin::os
