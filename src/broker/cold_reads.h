#pragma once
// Reads of a Fetch that must go to the object store, in a pool of their own, so that they never delay a hot one.

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "base/worker_pool.h"
#include "metrics/metrics.h"
#include "partition/partition.h"

namespace takhin::broker {

/// Any thread. Borrows the pool, which is stopped before this goes.
class ColdReads {
 public:
  ColdReads(WorkerPool& pool, metrics::Counter started, metrics::Counter refused)
      : pool_(pool), started_(started), refused_(refused) {}

  /// Calls `then` once, on a thread of the pool. False, and never a call, when the pool is full.
  bool read(std::shared_ptr<partition::Partition> partition, const partition::ReadRequest& request, Deadline deadline,
            std::function<void(Result<partition::ReadAnswer>)> then);
  /// Fills the cache for the next request. Nothing when that is being done already, however often a busy client asks.
  void prefetch(std::shared_ptr<partition::Partition> partition, const partition::ReadRequest& request, Deadline deadline);

 private:
  using Key = std::pair<const partition::Partition*, Offset>;

  WorkerPool& pool_;
  const metrics::Counter started_;
  const metrics::Counter refused_;
  std::mutex mutex_;
  std::set<Key> prefetching_;
};

}  // namespace takhin::broker
