#pragma once
// How much a client has had lately, measured as Kafka measures it, so that the same limit means the same.
// Source: Kafka's Rate over SampledStat, TokenBucket (KIP-599) and QuotaUtils.

#include <cstdint>
#include <vector>

namespace takhin::broker::quotas {

struct Window {
  std::int32_t samples = 11;  // quota.window.num
  std::int64_t ms = 1'000;    // quota.window.size.seconds, of one sample

  double seconds() const { return static_cast<double>(ms) / 1000; }
};

/// A sum over the last windows, one of them under way. One thread at a time. Times are of one steady clock.
class Rate {
 public:
  void record(const Window& window, double value, std::int64_t now_ms);
  /// Per second. A client that has just begun is measured as one that was silent before.
  double per_second(const Window& window, std::int64_t now_ms);
  /// How long nothing must be recorded until the rate is `limit` again; 0 when it is not over it.
  std::int64_t throttle_ms(const Window& window, double limit, std::int64_t now_ms);

 private:
  struct Sample {
    double value = 0;
    std::int64_t start_ms = 0;
    std::int64_t last_ms = 0;
  };
  void forget_old(const Window& window, std::int64_t now_ms);
  std::int64_t elapsed_ms(const Window& window, std::int64_t now_ms) const;

  std::vector<Sample> samples_;  // samples + 1 at most: one may have begun before the window and end in it
  std::size_t current_ = 0;
};

/// Tokens that come back at `limit` a second, up to what all windows together allow. One thread at a time.
class TokenBucket {
 public:
  /// May go below zero: that is a debt.
  void take(const Window& window, double limit, double count, std::int64_t now_ms);
  double tokens(const Window& window, double limit, std::int64_t now_ms);
  /// Until the debt is paid; 0 without one.
  std::int64_t throttle_ms(const Window& window, double limit, std::int64_t now_ms);

 private:
  bool fresh_ = true;
  double tokens_ = 0;
  std::int64_t filled_ms_ = 0;
};

}  // namespace takhin::broker::quotas
