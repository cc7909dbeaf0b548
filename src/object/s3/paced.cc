#include "object/s3/paced.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "object/s3/errors.h"

namespace takhin::object::s3 {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr Steady kSecond = std::chrono::seconds(1);

metrics::Gauge limit_of(metrics::Metrics* metrics, std::string_view of) {
  return metrics == nullptr ? metrics::Gauge{} : metrics->gauge(kRequestRateLimit, {{"of", of}});
}
metrics::Counter cuts_of(metrics::Metrics* metrics, std::string_view of) {
  return metrics == nullptr ? metrics::Counter{} : metrics->counter(kRequestRateCuts, {{"of", of}});
}

}  // namespace

void Pacer::count(Steady now) {
  if (now >= second_ + kSecond) {
    in_last_second_ = now >= second_ + 2 * kSecond ? 0 : in_second_;
    in_second_ = 0;
    second_ = now;
  }
  ++in_second_;
}

double Pacer::sent_per_second(Steady now) const {
  if (now >= second_ + 2 * kSecond) return 0;
  return std::max(in_second_, in_last_second_);
}

void Pacer::grow(Steady now) {
  rate_ *= std::pow(1 + kGrowthPerSecond, Seconds(now - grown_at_).count());
  grown_at_ = now;
  if (rate_ >= refused_ * kFreeAt) rate_ = 0;
  limit_gauge_.set(rate_);
  if (rate_ > 0) return;
  log_info("object", "the store takes as many {} as there are again", name_);
}

Result<> Pacer::wait_for_turn(Deadline deadline) {
  Steady turn{};
  {
    const std::lock_guard lock(mutex_);
    const Steady now = clock_.steady();
    if (rate_ > 0) grow(now);
    if (rate_ == 0) {
      count(now);
      return done();
    }
    turn = std::max(now, next_turn_);
    if (turn >= deadline.at || turn > now + kTurnAfterMax) {
      return fail(Kind::kThrottled, "the store takes no more than {:.1f} {} a second now", rate_, name_);
    }
    next_turn_ = turn + std::chrono::duration_cast<Steady>(Seconds(1 / rate_));
    count(turn);
    turn -= now;
  }
  if (turn > Steady{}) clock_.sleep(turn);
  return done();
}

void Pacer::cut() {
  const std::lock_guard lock(mutex_);
  const Steady now = clock_.steady();
  if (rate_ > 0 && now < cut_at_ + kCutAgainAfter) return;
  const double sent = sent_per_second(now);
  const bool is_first = rate_ == 0;
  refused_ = std::max(is_first ? sent : std::min(rate_, sent), kRatePerSecondMin);
  rate_ = std::max(refused_ * kCutTo, kRatePerSecondMin);
  cut_at_ = now;
  grown_at_ = now;
  next_turn_ = std::max(next_turn_, now);
  limit_gauge_.set(rate_);
  cuts_.add();
  if (is_first) log_warn("object", "the store asks for fewer {}: {:.1f} a second for now", name_, rate_);
}

std::optional<double> Pacer::limit() const {
  const std::lock_guard lock(mutex_);
  return rate_ > 0 ? std::optional(rate_) : std::nullopt;
}

PacedTransport::PacedTransport(std::unique_ptr<HttpTransport> below, Clock& clock, metrics::Metrics* metrics)
    : below_(std::move(below)),
      reads_("reads", clock, limit_of(metrics, "reads"), cuts_of(metrics, "reads")),
      writes_("writes", clock, limit_of(metrics, "writes"), cuts_of(metrics, "writes")) {}

Result<HttpReply> PacedTransport::send(const HttpRequest& request, Deadline deadline) {
  Pacer& pacer = request.method == "GET" || request.method == "HEAD" ? reads_ : writes_;
  TRY(pacer.wait_for_turn(deadline));
  auto reply = below_->send(request, deadline);
  if (reply.ok() && reply->status / 100 != 2 && classify(reply->status, code_of(*reply)) == Kind::kThrottled) pacer.cut();
  return reply;
}

}  // namespace takhin::object::s3
