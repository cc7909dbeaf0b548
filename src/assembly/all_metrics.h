#pragma once

#include <span>

#include "metrics/metrics.h"

namespace takhin::assembly {

/// The metric rows of every room, for docs/metrics.md.
std::span<const metrics::MetricDef* const> all_metric_rows();

}  // namespace takhin::assembly
