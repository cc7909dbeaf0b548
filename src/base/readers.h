#pragma once
// Who is looking at shared data right now, so that a writer knows when what it replaced can go. A reader pays one uncontended
// compare-and-swap; it waits for nobody and shares no cache line with readers on other threads.

#include <array>
#include <atomic>
#include <cstdint>

namespace takhin {

/// Any thread. For reads that are short and never block: a writer waits for them.
///
/// Reader: `const auto inside = readers.enter();`, load the (sequentially consistent) pointer, look, leave.
/// Writer: store the new pointer, `readers.wait_for_those_inside()`, free the old object.
class Readers {
 public:
  class Inside {
   public:
    ~Inside() { seat_.store(taken_ + 1, std::memory_order_release); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    friend class Readers;
    Inside(std::atomic<std::uint64_t>& seat, std::uint64_t taken) : seat_(seat), taken_(taken) {}
    std::atomic<std::uint64_t>& seat_;
    const std::uint64_t taken_;
  };

  /// Nested calls on one thread are fine. Spins only while all kSeats are taken.
  Inside enter() const {
    for (std::size_t at = home_seat();; at = (at + 1) % kSeats) {
      auto& seat = seats_[at].uses;
      std::uint64_t uses = seat.load(std::memory_order_relaxed);
      if (uses % 2 == 0 && seat.compare_exchange_strong(uses, uses + 1)) return {seat, uses + 1};
    }
  }
  /// Returns when everybody who was inside at the call has left; those who enter meanwhile are not waited for.
  void wait_for_those_inside() const;

 private:
  static constexpr std::size_t kSeats = 64;
  struct alignas(64) Seat {
    std::atomic<std::uint64_t> uses{0};  // odd while somebody sits here
  };
  /// Threads have their thread-local storage far apart: its address tells them from each other without a counter.
  static std::size_t home_seat() {
    static thread_local const char here = 0;
    return (reinterpret_cast<std::uintptr_t>(&here) * 0x9e3779b97f4a7c15u) >> 58;
  }
  static_assert(kSeats == 1u << (64 - 58));

  mutable std::array<Seat, kSeats> seats_;
};

}  // namespace takhin
