#pragma once
// Fewer requests while the store asks for that, as many as one likes when it does not.

#include <mutex>
#include <optional>

#include "metrics/metrics.h"
#include "object/http.h"

namespace takhin::object::s3 {

inline constexpr metrics::MetricDef kRequestRateLimit{
    "tiered_storage_request_rate_limit", metrics::Type::kGauge,
    "Requests a second that takhin holds itself to since the store asked for fewer, of reads and of writes; 0 = no limit."};
inline constexpr metrics::MetricDef kRequestRateCuts{"tiered_storage_request_rate_cuts_total", metrics::Type::kCounter,
                                                     "Times that the store asked for fewer requests and the limit was lowered."};

/// A refusal for too many requests cuts the rate to this part of what was sent last.
inline constexpr double kCutTo = 0.7;
/// Refusals that come sooner after a cut are of requests that were under way.
inline constexpr auto kCutAgainAfter = std::chrono::seconds(1);
/// The rate grows by this part a second ...
inline constexpr double kGrowthPerSecond = 0.05;
/// ... until it is so many times the one that was refused; then the limit goes.
inline constexpr double kFreeAt = 2.0;
/// Never slower than this: a refusal after a quiet second says little about what the store takes.
inline constexpr double kRatePerSecondMin = 10.0;
/// A request whose turn is later than this is refused here: its caller's backoff waits better.
inline constexpr auto kTurnAfterMax = std::chrono::seconds(20);

/// One adaptive limit on requests per second. Any thread. Costs a mutex per request.
class Pacer {
 public:
  /// `limit` shows the rate, 0 without a limit; `cuts` counts the refusals that lowered it.
  Pacer(std::string name, Clock& clock, metrics::Gauge limit = {}, metrics::Counter cuts = {})
      : name_(std::move(name)), clock_(clock), limit_gauge_(limit), cuts_(cuts) {}

  /// Waits for a turn. kThrottled when it would not come before `deadline` or kTurnAfterMax.
  Result<> wait_for_turn(Deadline deadline);
  /// The store wants fewer requests.
  void cut();
  /// Requests a second; nothing without a limit.
  std::optional<double> limit() const;

 private:
  double sent_per_second(Steady now) const;
  void count(Steady now);
  void grow(Steady now);

  const std::string name_;
  Clock& clock_;
  const metrics::Gauge limit_gauge_;
  const metrics::Counter cuts_;
  mutable std::mutex mutex_;
  double rate_ = 0;     // 0: no limit
  double refused_ = 0;  // the rate at the last cut
  Steady grown_at_{};
  Steady cut_at_{};
  Steady next_turn_{};
  // What was sent, counted over a second and the one before it.
  Steady second_{};
  double in_second_ = 0;
  double in_last_second_ = 0;
};

/// Sends through `below`, reads (GET, HEAD) and writes each at their own pace, as S3 limits them apart
/// ("Best practices design patterns: optimizing Amazon S3 performance"). Any thread. Borrows `clock`.
class PacedTransport final : public HttpTransport {
 public:
  PacedTransport(std::unique_ptr<HttpTransport> below, Clock& clock, metrics::Metrics* metrics = nullptr);
  Result<HttpReply> send(const HttpRequest& request, Deadline deadline) override;

 private:
  const std::unique_ptr<HttpTransport> below_;
  Pacer reads_;
  Pacer writes_;
};

}  // namespace takhin::object::s3
