#include "tier/merge_plan.h"

#include <algorithm>

namespace takhin::tier {
namespace {

/// Kafka's indexes count offsets and positions from the base in 31 bits.
constexpr std::int64_t kIndexMax = INT32_MAX;

struct Run {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t largest = 0;

  bool worth_it(const MergeLimits& limits) const {
    return count >= std::max<std::size_t>(limits.sources_min, 2) && largest <= bytes / 2;
  }
};

}  // namespace

std::vector<CatalogEntry> plan_merge(std::span<const CatalogEntry> entries, Offset before, const MergeLimits& limits,
                                     const std::function<bool(const CatalogEntry&)>& refused) {
  const std::uint64_t bytes_max = std::min<std::uint64_t>(limits.target_bytes, kIndexMax);
  const auto fits = [&](const CatalogEntry& entry) {
    return entry.segment.log_bytes < limits.small_bytes && entry.segment.end <= before && !refused(entry);
  };
  for (std::size_t first = 0; first < entries.size(); ++first) {
    Run run;
    const Offset base = entries[first].segment.base;
    for (std::size_t at = first; at < entries.size() && run.count < kMergeSourcesMax && fits(entries[at]); ++at) {
      const SegmentEntry& next = entries[at].segment;
      const bool follows = at == first || next.base == entries[at - 1].segment.end;
      if (!follows || run.bytes + next.log_bytes > bytes_max || (next.end - base).raw > kIndexMax) break;
      ++run.count;
      run.bytes += next.log_bytes;
      run.largest = std::max(run.largest, next.log_bytes);
    }
    if (run.worth_it(limits)) return {entries.begin() + static_cast<std::ptrdiff_t>(first),
                                      entries.begin() + static_cast<std::ptrdiff_t>(first + run.count)};
  }
  return {};
}

}  // namespace takhin::tier
