#include "broker/timers.h"

#include <pthread.h>

namespace takhin::broker {

struct TimerThread::State {
  explicit State(Clock& clock) : clock(clock) {}
  using Key = std::pair<Steady, std::uint64_t>;

  Clock& clock;
  std::mutex mutex;
  std::condition_variable wake;
  std::map<Key, std::function<void()>> waiting;
  std::uint64_t next_id = 0;
  bool stopping = false;
};

class TimerThread::Handle {
 public:
  Handle(std::shared_ptr<State> state, State::Key key) : state_(std::move(state)), key_(key) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    std::function<void()> dropped;  // destroyed outside of the lock: captures may run code
    const std::lock_guard lock(state_->mutex);
    if (const auto at = state_->waiting.find(key_); at != state_->waiting.end()) {
      dropped = std::move(at->second);
      state_->waiting.erase(at);
    }
  }

 private:
  const std::shared_ptr<State> state_;
  const State::Key key_;
};

TimerThread::TimerThread(Clock& clock) : state_(std::make_shared<State>(clock)), thread_([this] { run(); }) {}

TimerThread::~TimerThread() { stop(); }

std::shared_ptr<void> TimerThread::after(std::chrono::nanoseconds delay, std::function<void()> task) {
  const Steady due = state_->clock.steady() + std::max<std::chrono::nanoseconds>(delay, {});
  State::Key key;
  bool first = false;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) return nullptr;
    key = {due, state_->next_id++};
    const auto at = state_->waiting.emplace(key, std::move(task)).first;
    first = at == state_->waiting.begin();
  }
  if (first) state_->wake.notify_one();
  return std::make_shared<Handle>(state_, key);
}

void TimerThread::stop() {
  std::map<State::Key, std::function<void()>> dropped;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    dropped.swap(state_->waiting);
  }
  state_->wake.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TimerThread::run() {
  pthread_setname_np(pthread_self(), "timers");
  std::unique_lock lock(state_->mutex);
  while (!state_->stopping) {
    if (state_->waiting.empty()) {
      state_->wake.wait(lock);
      continue;
    }
    const auto first = state_->waiting.begin();
    if (first->first.first > state_->clock.steady()) {
      state_->clock.wait(state_->wake, lock, first->first.first);
      continue;
    }
    auto task = std::move(first->second);
    state_->waiting.erase(first);
    lock.unlock();
    task();
    task = nullptr;  // outside of the lock: what it holds may drop timers of its own
    lock.lock();
  }
}

}  // namespace takhin::broker
