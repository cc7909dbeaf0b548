#pragma once
// Who waits for a partition to grow: long polls of Fetch.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/types.h"

namespace takhin::partition {

/// Long polls that one partition holds at most; beyond it the oldest is called early, which its client sees as an empty answer.
inline constexpr std::size_t kAppendWaitersMax = 10'000;

/// Any thread. Made by make(), because handles may outlive its owner.
class AppendWaiters : public std::enable_shared_from_this<AppendWaiters> {
 public:
  static std::shared_ptr<AppendWaiters> make(std::size_t most = kAppendWaitersMax);

  /// Calls `then` once, when wake() brings an end past `end`, or at close(). Destroying the handle before cancels it; a call that
  /// has begun on another thread goes on.
  std::shared_ptr<void> add(Offset end, std::function<void()> then);
  /// Calls those who waited at less than `new_end`, on this thread, without holding any lock. To miss nothing: move the end,
  /// then wake(); add(), then look at the end.
  void wake(Offset new_end);
  /// Calls everybody; a later add() calls at once.
  void close();
  std::size_t size() const;

 private:
  struct Waiter {
    Offset end;
    std::function<void()> then;
  };
  explicit AppendWaiters(std::size_t most) : most_(most) {}

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Waiter> waiting_;  // by number, so oldest first
  std::uint64_t next_number_ = 1;
  bool closed_ = false;
};

}  // namespace takhin::partition
