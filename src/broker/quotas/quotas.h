#pragma once
// Holds clients to their limits: counts what they have had and says for how long they are to be kept waiting.
// Source: KIP-13, KIP-124, KIP-219, KIP-546, KIP-599; the formulas are Kafka's.

#include <atomic>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "broker/quotas/rate.h"
#include "broker/quotas/store.h"
#include "metrics/metrics.h"

namespace takhin::broker::quotas {

/// Users and client ids whose use is remembered, for each kind. One more: the one that was silent longest is forgotten.
inline constexpr std::size_t kTrackedMax = 10'000;
/// Who was silent for as long is forgotten.
inline constexpr std::chrono::hours kForgetAfter{1};

struct QuotaOptions {
  Window window;     // of bytes and request time
  Window mutations;  // of topics and partitions made and removed: together they are what may be done in one go
};

struct QuotaCounters {
  struct Of {
    metrics::Counter seconds;   // that clients were told to wait
    metrics::Counter requests;  // throttled or refused
    metrics::Gauge tracked;
  };
  std::array<Of, kKinds> of;
};

/// Any thread. With no limit of a kind set, limits() is one load and nothing else is to be called.
class Quotas {
 public:
  /// kCorrupt: the file in `path` is damaged. Everything borrowed outlives it.
  static Result<std::unique_ptr<Quotas>> open(FileSystem& files, Clock& clock, std::string path, const QuotaOptions& options,
                                              const QuotaCounters& counters);

  /// A bit for each kind that somebody has a limit of.
  std::uint8_t kinds() const { return kinds_.load(std::memory_order_relaxed); }

  /// Counts `value` for the client; the milliseconds it must be held for, 0: none. Not for kMutation.
  std::int32_t record(Quota quota, const Client& client, double value);
  /// Of a value that was recorded, but then not given.
  void take_back(Quota quota, const Client& client, double value);
  /// More at once would be held in any case; infinity without a limit.
  double most_at_once(Quota quota, const Client& client);
  /// Counts changes to topics. `strict`: while there is a debt nothing more is counted, and `taken` is false: refuse the change.
  struct Taken {
    bool taken = true;
    std::int32_t throttle_ms = 0;
  };
  Taken take(const Client& client, double changes, bool strict);
  /// For metrics: the client was told to wait for so much longer. `first`: of this request.
  void throttled(Quota quota, std::int32_t ms, bool first) const;

  /// Blocks. See Store.
  Result<> apply(const std::vector<Change>& changes);
  std::shared_ptr<const Table> table() const { return store_->table(); }
  std::size_t tracked(Quota quota) const;

 private:
  struct Use {
    std::string scope;
    Rate rate;
    TokenBucket bucket;
    Steady used{};
  };
  struct Uses {
    mutable std::mutex mutex;  // guards the two below
    std::list<Use> by_age;     // newest first
    std::unordered_map<std::string_view, std::list<Use>::iterator> by_scope;  // keys borrow from the list
  };
  Quotas(Clock& clock, std::unique_ptr<Store> store, const QuotaOptions& options, const QuotaCounters& counters);
  Use& use_of(Quota quota, Uses& uses, std::string scope);
  std::int64_t now_ms() const { return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady()).count(); }
  void publish();

  Clock& clock_;
  const std::unique_ptr<Store> store_;
  const QuotaOptions options_;
  const QuotaCounters counters_;
  std::array<Uses, kKinds> uses_;
  std::atomic<std::uint8_t> kinds_{0};
};

}  // namespace takhin::broker::quotas
