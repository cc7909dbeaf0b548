#include "tier/metrics.h"

#include <algorithm>

#include "tier/cold_metrics.h"

namespace takhin::tier {

std::span<const metrics::MetricDef* const> metric_rows() {
  static const auto rows = [] {
    std::array<const metrics::MetricDef*, 2 + kColdMetrics.size()> all{&kArchiveOperations, &kRestoreOperations};
    std::ranges::copy(kColdMetrics, all.begin() + 2);
    return all;
  }();
  return rows;
}

}  // namespace takhin::tier
