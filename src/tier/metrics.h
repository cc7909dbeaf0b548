#pragma once
// Metrics of the engine's verbs; the others of this room are in cold_metrics.h.

#include <span>

#include "metrics/metrics.h"

namespace takhin::tier {

inline constexpr metrics::MetricDef kArchiveOperations{"tiered_storage_archive_operations_total", metrics::Type::kCounter,
                                                       "Segments archived, by result; what was archived already does not count."};
inline constexpr metrics::MetricDef kRestoreOperations{"tiered_storage_restore_operations_total", metrics::Type::kCounter,
                                                       "Segments brought back to local disk, by result."};

inline constexpr metrics::MetricDef kMergeOperations{"tier_merge_operations_total", metrics::Type::kCounter,
                                                     "Runs of small archived segments made one object, by result."};

inline constexpr metrics::MetricDef kKeyFailures{
    "tier_key_failures_total", metrics::Type::kCounter,
    "Attempts to open an encrypted segment that failed for its key: unknown, refused, or another one under its id."};
inline constexpr metrics::MetricDef kLostKeyObjects{
    "tier_lost_key_objects", metrics::Type::kGauge,
    "Segments that could not be opened for want of their key when they were last asked for; at most 4,096 are counted."};

/// The rows of this room.
std::span<const metrics::MetricDef* const> metric_rows();

/// An operation counted by result.
struct OperationCounter {
  metrics::Counter success;
  metrics::Counter failure;

  static OperationCounter make(metrics::Metrics& metrics, const metrics::MetricDef& def) {
    return {metrics.counter(def, {{"result", "success"}}), metrics.counter(def, {{"result", "failure"}})};
  }
  void count(bool ok) const { (ok ? success : failure).add(); }
};

}  // namespace takhin::tier
