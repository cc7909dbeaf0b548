#include "assembly/all_metrics.h"

#include <vector>

#include "assembly/process_metrics.h"
#include "broker/metrics.h"
#include "object/metered.h"
#include "partition/metrics.h"
#include "tier/metrics.h"

namespace takhin::assembly {

std::span<const metrics::MetricDef* const> all_metric_rows() {
  static const std::vector<const metrics::MetricDef*> kRows = [] {
    std::vector<const metrics::MetricDef*> rows;
    const auto add = [&](std::span<const metrics::MetricDef* const> room) {
      rows.insert(rows.end(), room.begin(), room.end());
    };
    add(object::metric_rows());
    add(tier::metric_rows());
    add(partition::kMetricRows);
    add(broker::metric_rows());
    add(process_metric_rows());
    return rows;
  }();
  return kRows;
}

}  // namespace takhin::assembly
