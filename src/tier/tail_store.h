#pragma once
// The tails of segments: in memory (bounded), beside the chunks in the cache, or one ranged GET away.

#include <list>
#include <unordered_map>

#include "tier/fetch_deps.h"
#include "tier/flight.h"

namespace takhin::tier {

/// Any thread. Single flight per segment; a failed load is never kept.
class TailStore {
 public:
  using TailPtr = std::shared_ptr<const Tail>;
  /// Tails kept in memory; the newest one always, whatever its size.
  static constexpr std::uint64_t kMemoryBytesMax = 128 * kMiB;

  explicit TailStore(FetchDeps& deps, std::uint64_t memory_bytes_max = kMemoryBytesMax)
      : deps_(deps), memory_bytes_max_(memory_bytes_max) {}

  /// From memory or the cache's file, never from the store; null when neither has it.
  TailPtr peek(const Uuid& segment);
  /// kUnavailable after the deadline; the download goes on. kNotFound: the object is gone. kCorrupt: twice in a row.
  /// Cost: 1 GET, 2 when the tail is larger than the guess. Small objects come whole, and their chunks land in the cache.
  Result<TailPtr> get(const ColdSegment& segment, Deadline deadline);
  /// Begins to load it, unless it is there; `then` runs once it is, perhaps on a pool thread, and not at all when the load fails.
  /// False when it is refused (the queue is full). For read-ahead: objects up to one fetch come whole.
  bool load_ahead(const ColdSegment& segment, std::function<void(const TailPtr&)> then);
  /// The tail's stored bytes, once: for the cache, which keeps them beside the chunks.
  std::shared_ptr<const Bytes> take_raw(const Uuid& segment);
  void forget(const Uuid& segment);
  std::uint64_t memory_bytes() const;

 private:
  struct Loaded {
    TailPtr tail;
    std::shared_ptr<const Bytes> raw;
  };
  struct Kept {
    Uuid segment;
    Loaded loaded;
    std::uint64_t bytes = 0;
  };
  using TailFlight = Flight<Result<TailPtr>>;

  Result<std::shared_ptr<TailFlight>> join(const ColdSegment& segment, bool ahead);
  void land(const Uuid& segment, const std::shared_ptr<TailFlight>& flight, Result<Loaded> loaded);
  Result<Loaded> load(const ColdSegment& segment, bool ahead);
  Result<std::optional<Loaded>> load_kept(const ColdSegment& segment, const Opening& how);
  void harvest(const ColdSegment& segment, const Loaded& loaded, View end, bool ahead);
  void keep(const Uuid& segment, Loaded loaded);  // these two with mutex_ held
  void drop(const Uuid& segment);

  FetchDeps& deps_;
  const std::uint64_t memory_bytes_max_;
  mutable std::mutex mutex_;
  std::list<Kept> kept_;  // most recently used first
  std::unordered_map<Uuid, std::list<Kept>::iterator> by_segment_;
  std::unordered_map<Uuid, std::shared_ptr<TailFlight>> flights_;
  std::uint64_t bytes_ = 0;
};

}  // namespace takhin::tier
