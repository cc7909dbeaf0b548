#include "partition/flusher.h"

#include <pthread.h>

#include <utility>

namespace takhin::partition {

Flusher::Flusher() : thread_([this] { run(); }) { pthread_setname_np(thread_.native_handle(), "flusher"); }

Flusher::~Flusher() { stop(); }

void Flusher::request(std::weak_ptr<Flushable> what) {
  {
    const std::lock_guard hold(mutex_);
    if (!stopping_) {
      requested_.push_back(std::move(what));
      wake_.notify_one();
      return;
    }
  }
  if (const auto alive = what.lock()) alive->flush();
}

void Flusher::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Flusher::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !requested_.empty(); });
    if (requested_.empty()) return;
    const auto round = std::exchange(requested_, {});
    lock.unlock();
    for (const auto& what : round) {
      if (const auto alive = what.lock()) alive->flush();
    }
    lock.lock();
  }
}

}  // namespace takhin::partition
