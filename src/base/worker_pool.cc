#include "base/worker_pool.h"

#include <pthread.h>

namespace takhin {

WorkerPool::WorkerPool(std::string name, std::size_t threads, std::size_t queue_max)
    : name_(std::move(name)), queue_max_(queue_max) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() { stop(); }

Result<> WorkerPool::submit(std::function<void()> task) {
  const bool runs_here = threads_.empty();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return fail(Kind::kClosed, "{}: stopped", name_);
    if (queue_.size() >= queue_max_) return fail(Kind::kExhausted, "{}: {} tasks wait already", name_, queue_.size());
    if (!runs_here) queue_.push_back(std::move(task));
  }
  if (runs_here) {
    task();
  } else {
    wake_.notify_one();
  }
  return done();
}

void WorkerPool::stop() {
  std::deque<std::function<void()>> dropped;  // destroyed outside of the lock: captures may run code
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void WorkerPool::run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace takhin
