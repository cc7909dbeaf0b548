#include "console/metrics.h"

namespace takhin::console {
namespace {

using metrics::MetricDef;
using metrics::Type;

constexpr MetricDef kSegments{"tiered_storage_segments_total", Type::kGauge, "Segments by policy: hot, warm or cold."};
constexpr MetricDef kArchived{"tiered_storage_archived_segments_total", Type::kGauge, "Segments that are in the object store."};
constexpr MetricDef kTierSegments{"tier_segments_total", Type::kGauge, "Segments by the tier they are in."};
constexpr MetricDef kCost{"tier_storage_cost_monthly_usd", Type::kGauge, "Monthly cost of storage and requests at the configured rates."};
constexpr MetricDef kFrequency{"tier_access_frequency_hz", Type::kGauge, "Reads an hour of the most read segments."};

struct TierGauges {
  metrics::Gauge hot, warm, cold;
  void set(const partition::SegmentCounts& counts) const {
    hot.set(static_cast<double>(counts.hot));
    warm.set(static_cast<double>(counts.warm));
    cold.set(static_cast<double>(counts.cold));
  }
};

TierGauges by_tier(metrics::Metrics& metrics, const MetricDef& def, std::string_view label) {
  return {metrics.gauge(def, {{label, "hot"}}), metrics.gauge(def, {{label, "warm"}}), metrics.gauge(def, {{label, "cold"}})};
}

}  // namespace

std::span<const MetricDef* const> metric_rows() {
  static const MetricDef* const kRows[] = {&kSegments, &kArchived, &kTierSegments, &kCost, &kFrequency};
  return kRows;
}

void export_tiers(metrics::Metrics& metrics, const partition::Admin& admin) {
  const auto policy = by_tier(metrics, kSegments, "policy");
  const auto tier = by_tier(metrics, kTierSegments, "tier");
  const auto archived = metrics.gauge(kArchived);
  const auto cost = metrics.gauge(kCost);
  metrics.at_scrape([&metrics, &admin, policy, tier, archived, cost] {
    const auto counts = admin.segment_counts();
    policy.set(counts);
    tier.set(counts);
    archived.set(static_cast<double>(counts.archived));
    cost.set(admin.cost().cost.total_usd);
    metrics.clear(kFrequency);
    for (const auto& [segment, hz] : admin.top_access_hz(kFrequencySegmentsMax)) {
      metrics.gauge(kFrequency, {{"segment", segment}}).set(hz);
    }
  });
}

}  // namespace takhin::console
