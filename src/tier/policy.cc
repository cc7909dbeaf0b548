#include "tier/policy.h"

#include <algorithm>

namespace takhin::tier {

std::string_view name_of(Tier tier) {
  switch (tier) {
    case Tier::kHot: return "hot";
    case Tier::kWarm: return "warm";
    case Tier::kCold: return "cold";
  }
  return "unknown";
}

std::int64_t age_ms(TimestampMs now, TimestampMs max_timestamp, TimestampMs modified) {
  // Records need not carry timestamps, and a file that exists in an object store only has no modification time.
  TimestampMs newest = std::min(max_timestamp, modified);
  if (max_timestamp < TimestampMs{0}) newest = modified;
  if (modified < TimestampMs{0}) newest = max_timestamp;
  if (newest < TimestampMs{0}) return 0;
  return std::max<std::int64_t>(0, now.raw - newest.raw);
}

Cost cost_of(const CostInput& input, double hot_rate, double cold_rate, double retrieval_rate) {
  Cost cost;
  cost.hot_usd = input.local_gb * hot_rate;
  cost.cold_usd = input.remote_gb * cold_rate;
  cost.total_usd = cost.hot_usd + cost.cold_usd + input.requests_usd;
  cost.restore_usd = input.restore_gb * retrieval_rate;
  const double all_local = input.total_gb * hot_rate;
  if (all_local > 0) cost.savings_pct = 100 * (all_local - cost.total_usd) / all_local;
  return cost;
}

}  // namespace takhin::tier
