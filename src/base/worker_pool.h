#pragma once
// A fixed number of threads over a bounded queue. Blocking work of one sort gets one pool, so that it cannot starve another.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace takhin {

class WorkerPool {
 public:
  /// `name` shows in `top -H` (cut to 15 characters). Without threads submit() runs the task itself before it returns: for
  /// simulations, where a seed must decide the order of everything.
  WorkerPool(std::string name, std::size_t threads, std::size_t queue_max);
  /// Finishes the tasks that run, drops the ones that wait.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Any thread. kExhausted when the queue is full, kClosed after stop(). The task must not throw.
  Result<> submit(std::function<void()> task);
  /// Finishes what runs, drops what waits, joins the threads. Idempotent.
  void stop();
  std::size_t waiting() const;

 private:
  void run();

  const std::string name_;
  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace takhin
