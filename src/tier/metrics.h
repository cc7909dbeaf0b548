#pragma once
// Metrics of the engine's verbs. Rows for docs/metrics.md: metric_rows().

#include <span>

#include "metrics/metrics.h"

namespace takhin::tier {

inline constexpr metrics::MetricDef kArchiveOperations{"tiered_storage_archive_operations_total", metrics::Type::kCounter,
                                                       "Segments archived, by result; what was archived already does not count."};
inline constexpr metrics::MetricDef kRestoreOperations{"tiered_storage_restore_operations_total", metrics::Type::kCounter,
                                                       "Segments brought back to local disk, by result."};

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
