#include "broker/net/seats.h"

#include <limits>

namespace takhin::broker::net {

std::size_t Seats::limit_of(const std::string& address) const {
  if (const auto found = limits_.address_overrides.find(address); found != limits_.address_overrides.end()) return found->second;
  return limits_.per_address > 0 ? limits_.per_address : std::numeric_limits<std::size_t>::max();
}

Result<Seats::Seat> Seats::take(const std::string& address, std::size_t endpoint) {
  const std::lock_guard hold(mutex_);
  if (total_ >= limits_.total) return fail(Kind::kExhausted, "{} connections are open, the limit", total_);
  const bool counted = endpoint < on_endpoint_.size();
  if (counted && limits_.per_endpoint[endpoint] > 0 && on_endpoint_[endpoint] >= limits_.per_endpoint[endpoint]) {
    return fail(Kind::kExhausted, "{} connections are open on this listener, its limit", on_endpoint_[endpoint]);
  }
  const auto known = by_address_.find(address);
  const std::size_t open = known == by_address_.end() ? 0 : known->second;
  if (open >= limit_of(address)) return fail(Kind::kExhausted, "{} connections are open from {}, the limit", open, address);
  ++total_;
  ++by_address_[address];
  if (counted) ++on_endpoint_[endpoint];
  return Seat(*this, address, endpoint);
}

void Seats::give_back(const std::string& address, std::size_t endpoint) {
  const std::lock_guard hold(mutex_);
  --total_;
  if (endpoint < on_endpoint_.size()) --on_endpoint_[endpoint];
  const auto at = by_address_.find(address);
  TAKHIN_ASSERT(at != by_address_.end(), "a seat is given back once");
  if (--at->second == 0) by_address_.erase(at);
}

std::size_t Seats::taken() const {
  const std::lock_guard hold(mutex_);
  return total_;
}

}  // namespace takhin::broker::net
