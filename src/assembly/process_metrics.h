#pragma once
// What every Prometheus client library tells of its process, under the names they all use.

#include <span>

#include "base/clock.h"
#include "metrics/metrics.h"

namespace takhin::assembly {

std::span<const metrics::MetricDef* const> process_metric_rows();
/// Read at each scrape, from /proc.
void export_process(metrics::Metrics& metrics, const Clock& clock);

}  // namespace takhin::assembly
