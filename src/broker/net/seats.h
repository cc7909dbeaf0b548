#pragma once
// How many connections may be open: of all, on one endpoint, from one address.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace takhin::broker::net {

struct SeatLimits {
  std::size_t total = 10'000;
  std::size_t per_address = 0;                            // 0: only the total
  std::map<std::string, std::size_t> address_overrides;   // by address without port; may be 0, which is nobody
  std::vector<std::size_t> per_endpoint;                  // by number; 0, or not there: only the total
};

/// Any thread.
class Seats {
 public:
  explicit Seats(SeatLimits limits) : limits_(std::move(limits)), on_endpoint_(limits_.per_endpoint.size()) {}

  /// Given back when it goes. Its Seats must outlive it.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept : seats_(std::exchange(other.seats_, nullptr)), address_(std::move(other.address_)),
                                  endpoint_(other.endpoint_) {}
    Seat& operator=(Seat&&) = delete;
    ~Seat() {
      if (seats_ != nullptr) seats_->give_back(address_, endpoint_);
    }

   private:
    friend class Seats;
    Seat(Seats& seats, std::string address, std::size_t endpoint)
        : seats_(&seats), address_(std::move(address)), endpoint_(endpoint) {}
    Seats* seats_ = nullptr;
    std::string address_;
    std::size_t endpoint_ = 0;
  };

  /// kExhausted says which limit is reached.
  Result<Seat> take(const std::string& address, std::size_t endpoint);
  std::size_t taken() const;

 private:
  void give_back(const std::string& address, std::size_t endpoint);
  std::size_t limit_of(const std::string& address) const;

  const SeatLimits limits_;
  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::map<std::string, std::size_t> by_address_;  // no zeros: bounded by `total`
  std::vector<std::size_t> on_endpoint_;
};

}  // namespace takhin::broker::net
