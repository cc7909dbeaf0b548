#include "base/readers.h"

#include <thread>

namespace takhin {

// A reader is seen here, or it took its seat after this load: then, both being sequentially consistent, it loads its pointer
// after the writer has stored the new one.
void Readers::wait_for_those_inside() const {
  for (const Seat& seat : seats_) {
    const std::uint64_t uses = seat.uses.load();
    while (uses % 2 == 1 && seat.uses.load(std::memory_order_acquire) == uses) std::this_thread::yield();
  }
}

}  // namespace takhin
