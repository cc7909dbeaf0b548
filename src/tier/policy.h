#pragma once
// Hot, warm or cold: a pure decision from age and access, and the book of accesses it reads.

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "tier/segment.h"

namespace takhin::tier {

enum class Tier : std::uint8_t {
  kHot,   // on local disk only
  kWarm,  // in the object store and on local disk
  kCold,  // in the object store only
};
std::string_view name_of(Tier tier);

struct PolicyOptions {
  std::int64_t warm_age_ms = 72LL * 3600 * 1000;
  std::int64_t cold_age_ms = 168LL * 3600 * 1000;
  double hot_access_hz_min = 10.0;        // accesses per hour
  std::uint64_t hot_access_count_min = 100;
};

/// Age for the policy: now minus the newest record timestamp, which counts at most as the file's modification time, so that a
/// timestamp in the future pins nothing. Never negative.
std::int64_t age_ms(TimestampMs now, TimestampMs max_timestamp, TimestampMs modified);

/// Where a sealed segment should be. A segment read often enough stays local whatever its age: then kWarm at the most.
/// Without a branch: a sweep's ages come in any order.
constexpr Tier desired_tier(const PolicyOptions& options, std::int64_t age_ms, double access_hz, std::uint64_t access_count) {
  const bool aged = age_ms >= options.warm_age_ms;
  const bool old = aged & (age_ms > options.cold_age_ms);
  const bool busy = (access_hz >= options.hot_access_hz_min) & (access_count >= options.hot_access_count_min);
  return static_cast<Tier>(static_cast<int>(aged) + static_cast<int>(old & !busy));
}
static_assert(static_cast<int>(Tier::kHot) == 0 && static_cast<int>(Tier::kWarm) == 1 && static_cast<int>(Tier::kCold) == 2);

/// An access rate halves every time this much passes without an access, so that an old burst fades.
inline constexpr std::int64_t kAccessHalfLifeMs = 24LL * 3600 * 1000;

struct AccessStats {
  std::uint64_t count = 0;
  TimestampMs first;
  TimestampMs last;
  std::uint64_t read_bytes = 0;
  /// Per hour: accesses / hours since the first one (at least one hour), halved with every kAccessHalfLifeMs without one.
  double average_hz = 0;
};

/// Who read what, how often. Any thread; record() is made for the fetch path (no allocation for a known segment). In memory only.
class AccessTracker {
 public:
  using Slot = std::uint32_t;
  /// Beyond `segments_max` (spread over shards) the least recently read are forgotten.
  explicit AccessTracker(std::size_t segments_max = 1'000'000);
  ~AccessTracker();
  /// The number to call this partition by; the same for the same ref until forget_partition(). Never given to another one.
  Slot intern(const PartitionRef& partition);
  void record(Slot partition, Offset base, std::uint64_t bytes, TimestampMs now);
  std::optional<AccessStats> stats(Slot partition, Offset base, TimestampMs now) const;
  struct Top {
    PartitionRef partition;
    Offset base;
    AccessStats stats;
  };
  /// The busiest segments, highest average_hz first. Looks at every tracked segment: for a scrape, not for a fetch.
  std::vector<Top> top(std::size_t n, TimestampMs now) const;
  std::size_t tracked() const;
  void forget(Slot partition, Offset base);
  void forget_partition(Slot partition);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Monthly cost of what is where; rates are configuration.
struct CostRates {
  double ssd_gb_month = 0.10;
  double s3_gb_month = 0.023;
  double glacier_gb_month = 0.004;
  double retrieval_gb = 0.01;
  double put_per_1000 = 0.005;
  double get_per_1000 = 0.0004;
};
struct CostInput {
  double local_gb = 0;    // on local disk, 1 GB = 10^9 bytes; a warm segment counts here and as remote
  double remote_gb = 0;   // in the object store
  double total_gb = 0;    // every byte of log once: what "all local" would hold
  double requests_usd = 0;
  double restore_gb = 0;  // mean size of a segment: what one restore reads
};
struct Cost {
  double hot_usd = 0;       // local_gb at hot_rate
  double cold_usd = 0;      // remote_gb at cold_rate
  double total_usd = 0;     // hot + cold + requests
  double savings_pct = 0;   // against total_gb at hot_rate; negative when tiering costs more; 0 when empty
  double restore_usd = 0;   // restore_gb at retrieval_rate
};
/// Rates in USD per GB-month and per GB. Which ones are "hot" and "cold" is the caller's choice: SSD and S3 Standard,
/// SSD and Glacier,
/// or S3 Standard and Glacier as in the old documents' example.
Cost cost_of(const CostInput& input, double hot_rate, double cold_rate, double retrieval_rate);

}  // namespace takhin::tier
