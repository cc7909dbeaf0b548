#include "broker/quotas/quotas.h"

#include <algorithm>

namespace takhin::broker::quotas {
namespace {

std::size_t index(Quota quota) { return static_cast<std::size_t>(quota); }

std::int32_t to_ms(std::int64_t ms) {
  return static_cast<std::int32_t>(std::min<std::int64_t>(ms, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

Result<std::unique_ptr<Quotas>> Quotas::open(FileSystem& files, Clock& clock, std::string path, const QuotaOptions& options,
                                             const QuotaCounters& counters) {
  TRY(auto store, Store::open(files, std::move(path)));
  return std::unique_ptr<Quotas>(new Quotas(clock, std::move(store), options, counters));
}

Quotas::Quotas(Clock& clock, std::unique_ptr<Store> store, const QuotaOptions& options, const QuotaCounters& counters)
    : clock_(clock), store_(std::move(store)), options_(options), counters_(counters) {
  publish();
}

void Quotas::publish() { kinds_.store(store_->table()->kinds(), std::memory_order_relaxed); }

Result<> Quotas::apply(const std::vector<Change>& changes) {
  TRY(store_->apply(changes));
  publish();
  return done();
}

// With the lock held. Whoever is used goes to the front, so the back is who was silent longest.
Quotas::Use& Quotas::use_of(Quota quota, Uses& uses, std::string scope) {
  const Steady now = clock_.steady();
  if (const auto found = uses.by_scope.find(scope); found != uses.by_scope.end()) {
    uses.by_age.splice(uses.by_age.begin(), uses.by_age, found->second);
  } else {
    uses.by_age.push_front({.scope = std::move(scope), .rate = {}, .bucket = {}, .used = now});
    uses.by_scope.emplace(uses.by_age.front().scope, uses.by_age.begin());
  }
  uses.by_age.front().used = now;
  while (uses.by_age.size() > kTrackedMax || now - uses.by_age.back().used >= kForgetAfter) {
    uses.by_scope.erase(uses.by_age.back().scope);
    uses.by_age.pop_back();
  }
  counters_.of[index(quota)].tracked.set(static_cast<double>(uses.by_age.size()));
  return uses.by_age.front();
}

std::int32_t Quotas::record(Quota quota, const Client& client, double value) {
  auto match = store_->table()->match(quota, client);
  if (!match) return 0;
  Uses& uses = uses_[index(quota)];
  const std::int64_t now = now_ms();
  const std::lock_guard hold(uses.mutex);
  Rate& rate = use_of(quota, uses, std::move(match->scope)).rate;
  rate.record(options_.window, value, now);
  const std::int64_t wait = rate.throttle_ms(options_.window, match->limit, now);
  // Of time on a core a client is never held longer than one window: what it took can only be guessed before.
  return to_ms(quota == Quota::kRequest ? std::min(wait, options_.window.ms) : wait);
}

void Quotas::take_back(Quota quota, const Client& client, double value) {
  auto match = store_->table()->match(quota, client);
  if (!match) return;
  Uses& uses = uses_[index(quota)];
  const std::int64_t now = now_ms();
  const std::lock_guard hold(uses.mutex);
  use_of(quota, uses, std::move(match->scope)).rate.record(options_.window, -value, now);
}

double Quotas::most_at_once(Quota quota, const Client& client) {
  const auto match = store_->table()->match(quota, client);
  if (!match) return std::numeric_limits<double>::infinity();
  return match->limit * std::max(1, options_.window.samples - 1) * options_.window.seconds();
}

Quotas::Taken Quotas::take(const Client& client, double changes, bool strict) {
  auto match = store_->table()->match(Quota::kMutation, client);
  if (!match) return {};
  const Window& window = options_.mutations;
  Uses& uses = uses_[index(Quota::kMutation)];
  const std::int64_t now = now_ms();
  const std::lock_guard hold(uses.mutex);
  TokenBucket& bucket = use_of(Quota::kMutation, uses, std::move(match->scope)).bucket;
  const std::int64_t debt = bucket.throttle_ms(window, match->limit, now);
  if (strict && debt > 0) return {false, to_ms(debt)};
  bucket.take(window, match->limit, changes, now);
  return {true, strict ? 0 : to_ms(bucket.throttle_ms(window, match->limit, now))};
}

void Quotas::throttled(Quota quota, std::int32_t ms, bool first) const {
  const auto& counters = counters_.of[index(quota)];
  counters.seconds.add(static_cast<double>(ms) / 1000);
  if (first) counters.requests.add();
}

std::size_t Quotas::tracked(Quota quota) const {
  const Uses& uses = uses_[index(quota)];
  const std::lock_guard hold(uses.mutex);
  return uses.by_age.size();
}

}  // namespace takhin::broker::quotas
