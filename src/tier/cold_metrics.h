#pragma once
// Metrics of cold reads, one row each.

#include <array>

#include "metrics/metrics.h"

namespace takhin::tier {

inline constexpr double kColdReadSecondsBuckets[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                    0.25,   0.5,   1,      2.5,   5,    10,    30};

inline constexpr metrics::MetricDef kCacheHits{"tier_cache_hits_total", metrics::Type::kCounter,
                                               "Cold reads answered from local disk."};
inline constexpr metrics::MetricDef kCacheMisses{"tier_cache_misses_total", metrics::Type::kCounter,
                                                 "Cold reads that had to wait for the object store."};
inline constexpr metrics::MetricDef kCacheEvictions{"tier_cache_evictions_total", metrics::Type::kCounter,
                                                    "Chunks that made room for others in the cache."};
inline constexpr metrics::MetricDef kCacheRejected{"tier_cache_rejected_total", metrics::Type::kCounter,
                                                   "Cached chunks that failed their checksum after a restart."};
inline constexpr metrics::MetricDef kCacheBytes{"tier_cache_bytes", metrics::Type::kGauge, "Log bytes in the cache."};
inline constexpr metrics::MetricDef kCacheBypassedBytes{
    "tier_cache_bypassed_bytes_total", metrics::Type::kCounter,
    "Log bytes served from memory because the cache had no room that was not in use, or its disk was full."};
inline constexpr metrics::MetricDef kColdReadSeconds{"tier_cold_read_seconds", metrics::Type::kHistogram,
                                                     "Time of a cold read that had to wait, from the call to its answer.",
                                                     kColdReadSecondsBuckets};
inline constexpr metrics::MetricDef kColdDownloadedBytes{"tier_cold_downloaded_bytes_total", metrics::Type::kCounter,
                                                         "Stored bytes that cold reads and restores got from the object store."};
inline constexpr metrics::MetricDef kReadAheadBytes{"tier_readahead_bytes_total", metrics::Type::kCounter,
                                                    "Log bytes that were fetched before a reader asked for them."};
inline constexpr metrics::MetricDef kReadAheadWastedBytes{"tier_readahead_wasted_bytes_total", metrics::Type::kCounter,
                                                          "Log bytes fetched ahead and evicted unread."};
inline constexpr metrics::MetricDef kCorruptFetches{"tier_corrupt_fetches_total", metrics::Type::kCounter,
                                                    "Chunks whose stored bytes failed their checksum when they arrived."};

inline constexpr std::array kColdMetrics{&kCacheHits,       &kCacheMisses,        &kCacheEvictions,  &kCacheRejected,
                                         &kCacheBytes,      &kCacheBypassedBytes, &kColdReadSeconds, &kColdDownloadedBytes,
                                         &kReadAheadBytes,  &kReadAheadWastedBytes, &kCorruptFetches};

}  // namespace takhin::tier
