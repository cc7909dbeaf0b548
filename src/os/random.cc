#include "os/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/result.h"

namespace takhin::os {

void SystemRandom::fill(std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t got = ::getrandom(into.data(), into.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    TAKHIN_ASSERT(got > 0, "getrandom does not fail once the kernel is up");
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace takhin::os
