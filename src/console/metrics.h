#pragma once
// Gauges that are read from the tiers at each scrape.

#include <span>

#include "metrics/metrics.h"
#include "partition/admin.h"

namespace takhin::console {

inline constexpr std::size_t kFrequencySegmentsMax = 20;  // label values of tier_access_frequency_hz

std::span<const metrics::MetricDef* const> metric_rows();
/// `admin` must outlive the last Metrics::text().
void export_tiers(metrics::Metrics& metrics, const partition::Admin& admin);

}  // namespace takhin::console
