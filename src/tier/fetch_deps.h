#pragma once
// What the parts of the cold reader share.

#include <atomic>
#include <chrono>

#include "base/worker_pool.h"
#include "tier/catalog.h"
#include "tier/cold_metrics.h"
#include "tier/engine.h"
#include "tier/object_keys.h"
#include "tier/sparse_cache.h"

namespace takhin::tier {

/// A download that takes longer than this has failed, whoever waits for it.
inline constexpr std::chrono::seconds kDownloadTime{60};
/// Objects up to this many chunks come whole with their tail: one GET instead of two.
inline constexpr std::uint64_t kWholeObjectChunks = 2;

/// An archived segment as the fetching parts know it.
struct ColdSegment {
  PartitionRef partition;
  CatalogEntry entry;
  const Uuid& id() const { return entry.segment.id; }
  object::ObjectKey key() const { return {object_name(partition, entry.segment)}; }
};

struct ColdCounters {
  explicit ColdCounters(metrics::Metrics& metrics)
      : hits(metrics.counter(kCacheHits)),
        misses(metrics.counter(kCacheMisses)),
        bypassed(metrics.counter(kCacheBypassedBytes)),
        downloaded(metrics.counter(kColdDownloadedBytes)),
        ahead(metrics.counter(kReadAheadBytes)),
        corrupt(metrics.counter(kCorruptFetches)),
        seconds(metrics.histogram(kColdReadSeconds)) {}
  const metrics::Counter hits, misses, bypassed, downloaded, ahead, corrupt;
  const metrics::Histogram seconds;
  std::atomic<std::uint64_t> hit_count{0}, miss_count{0}, downloaded_bytes{0};

  void hit() { ++hit_count, hits.add(); }
  void miss() { ++miss_count, misses.add(); }
  void got(std::uint64_t bytes) { downloaded_bytes += bytes, downloaded.add(static_cast<double>(bytes)); }
};

/// Borrowed by every part; outlives the pool's threads.
struct FetchDeps {
  object::ObjectStore& store;
  FileSystem& files;
  Clock& clock;
  const Catalog& catalog;
  const EngineOptions& options;
  SparseCache& cache;
  ColdCounters& counters;
  WorkerPool& pool;
  ObjectKeys* keys = nullptr;
};

}  // namespace takhin::tier
