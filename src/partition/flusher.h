#pragma once
// Group commit: one thread that fsyncs whichever logs have somebody waiting.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace takhin::partition {

/// Something with unsynced data and waiters of its own.
class Flushable {
 public:
  virtual ~Flushable() = default;
  /// Syncs what there is and answers everybody who waits. Flusher's thread only.
  virtual void flush() = 0;
};

/// While one round syncs, requests for the next one gather: one fsync per log and round, however many wait. Any thread.
class Flusher {
 public:
  Flusher();
  ~Flusher();
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;

  /// Runs flush() of `what` soon, once. Ask again only after it ran (or began): the caller keeps that flag. After stop() it runs
  /// at once on the calling thread, so that nobody waits for ever.
  void request(std::weak_ptr<Flushable> what);
  /// Serves what was requested, then ends the thread. Idempotent.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::weak_ptr<Flushable>> requested_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace takhin::partition
