#pragma once
// Things to do later: long polls that time out, members of groups that fall silent, rebalances that must end.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace takhin::broker {

class Timers {
 public:
  virtual ~Timers() = default;
  /// Runs `task` once after `delay`, unless the handle is destroyed before. Any thread, also from inside a task. A task must
  /// not block, may not throw, and can still be running on the timers' thread while its handle is being destroyed elsewhere:
  /// let it hold what it uses.
  [[nodiscard]] virtual std::shared_ptr<void> after(std::chrono::nanoseconds delay, std::function<void()> task) = 0;
};

/// One thread that sleeps until the next one is due. Destroyed after everything that may call after().
class TimerThread final : public Timers {
 public:
  explicit TimerThread(Clock& clock);
  ~TimerThread() override;
  std::shared_ptr<void> after(std::chrono::nanoseconds delay, std::function<void()> task) override;
  /// Drops what waits, joins the thread. Idempotent.
  void stop();

 private:
  struct State;
  class Handle;
  void run();

  std::shared_ptr<State> state_;  // shared with handles, which may outlive the thread
  std::thread thread_;
};

}  // namespace takhin::broker
