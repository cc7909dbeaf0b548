#include "tier/metrics.h"

#include <algorithm>

#include "tier/cold_metrics.h"
#include "tier/topic_meter.h"

namespace takhin::tier {

std::span<const metrics::MetricDef* const> metric_rows() {
  static const auto rows = [] {
    std::array<const metrics::MetricDef*, 7 + kColdMetrics.size()> all{&kArchiveOperations, &kRestoreOperations,
                                                                            &kTopicRequests, &kTopicBytes, &kMergeOperations,
                                                                            &kKeyFailures, &kLostKeyObjects};
    std::ranges::copy(kColdMetrics, all.begin() + 7);
    return all;
  }();
  return rows;
}

}  // namespace takhin::tier
