#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cmath>
#include <map>
#include <mutex>

#include "tier/policy.h"

namespace takhin::tier {
namespace {

constexpr std::size_t kShards = 64;
constexpr std::uint32_t kNone = UINT32_MAX;
constexpr double kHourMs = 3600'000;

struct Key {
  std::uint32_t slot = 0;
  std::int64_t base = 0;
  bool operator==(const Key&) const = default;
};

std::uint64_t mix(const Key& key) {
  std::uint64_t z = (static_cast<std::uint64_t>(key.base) + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u + key.slot;
  z = (z ^ (z >> 31)) * 0x94d049bb133111ebu;
  return z ^ (z >> 29);
}
struct KeyHash {
  using is_avalanching = void;
  std::size_t operator()(const Key& key) const { return mix(key); }
};

/// One segment, in its shard's list from most to least recently read.
struct Entry {
  Key key;
  std::uint64_t count = 0;
  std::uint64_t read_bytes = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::uint32_t newer = kNone;
  std::uint32_t older = kNone;
};

AccessStats stats_of(const Entry& entry, TimestampMs now) {
  const double hours = std::max(1.0, static_cast<double>(now.raw - entry.first) / kHourMs);
  const double idle_ms = static_cast<double>(std::max<std::int64_t>(0, now.raw - entry.last));
  const double fade = std::exp2(-std::floor(idle_ms / static_cast<double>(kAccessHalfLifeMs)));
  return {entry.count, TimestampMs{entry.first}, TimestampMs{entry.last}, entry.read_bytes,
          static_cast<double>(entry.count) / hours * fade};
}

class alignas(64) Shard {
 public:
  void record(const Key& key, std::uint64_t bytes, std::int64_t now, std::size_t entries_max) {
    const std::lock_guard lock(mutex_);
    const auto at = index_.find(key);
    const std::uint32_t i = at != index_.end() ? at->second : add(key, now, entries_max);
    Entry& entry = entries_[i];
    ++entry.count;
    entry.read_bytes += bytes;
    entry.last = std::max(entry.last, now);
    if (newest_ == i) return;
    unlink(i);
    link(i);
  }
  std::optional<AccessStats> stats(const Key& key, TimestampMs now) const {
    const std::lock_guard lock(mutex_);
    const auto at = index_.find(key);
    if (at == index_.end()) return std::nullopt;
    return stats_of(entries_[at->second], now);
  }
  template <class Each>
  void for_each(Each each) const {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t i = newest_; i != kNone; i = entries_[i].older) each(entries_[i]);
  }
  void forget(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (const auto at = index_.find(key); at != index_.end()) drop(at->second);
  }
  void forget_slot(std::uint32_t slot) {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t i = newest_; i != kNone;) {
      const std::uint32_t older = entries_[i].older;
      if (entries_[i].key.slot == slot) drop(i);
      i = older;
    }
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return index_.size();
  }

 private:
  std::uint32_t add(const Key& key, std::int64_t now, std::size_t entries_max) {
    if (index_.size() >= entries_max) drop(oldest_);
    std::uint32_t i = 0;
    if (!free_.empty()) {
      i = free_.back();
      free_.pop_back();
    } else {
      i = static_cast<std::uint32_t>(entries_.size());
      entries_.emplace_back();
    }
    entries_[i] = {key, 0, 0, now, now, kNone, kNone};
    index_.emplace(key, i);
    link(i);
    return i;
  }
  void drop(std::uint32_t i) {
    unlink(i);
    index_.erase(entries_[i].key);
    free_.push_back(i);
  }
  void link(std::uint32_t i) {
    entries_[i].newer = kNone;
    entries_[i].older = newest_;
    (newest_ != kNone ? entries_[newest_].newer : oldest_) = i;
    newest_ = i;
  }
  void unlink(std::uint32_t i) {
    const Entry& entry = entries_[i];
    (entry.newer != kNone ? entries_[entry.newer].older : newest_) = entry.older;
    (entry.older != kNone ? entries_[entry.older].newer : oldest_) = entry.newer;
  }

  mutable std::mutex mutex_;
  boost::unordered_flat_map<Key, std::uint32_t, KeyHash> index_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::uint32_t newest_ = kNone;
  std::uint32_t oldest_ = kNone;
};

}  // namespace

struct AccessTracker::Impl {
  explicit Impl(std::size_t segments_max) : shard_max(std::max<std::size_t>(1, segments_max / kShards)) {}

  Shard& shard(const Key& key) { return shards[(mix(key) >> 24) % kShards]; }  // bits the map inside does not use

  const std::size_t shard_max;
  std::array<Shard, kShards> shards;
  std::mutex mutex;  // of the names; never taken by record()
  std::map<PartitionRef, Slot> slots;
  std::map<Slot, PartitionRef> names;
  Slot next = 0;
};

AccessTracker::AccessTracker(std::size_t segments_max) : impl_(std::make_unique<Impl>(segments_max)) {}
AccessTracker::~AccessTracker() = default;

AccessTracker::Slot AccessTracker::intern(const PartitionRef& partition) {
  const std::lock_guard lock(impl_->mutex);
  const auto [at, fresh] = impl_->slots.try_emplace(partition, impl_->next);
  if (fresh) impl_->names.emplace(impl_->next++, partition);
  return at->second;
}

void AccessTracker::record(Slot partition, Offset base, std::uint64_t bytes, TimestampMs now) {
  const Key key{partition, base.raw};
  impl_->shard(key).record(key, bytes, now.raw, impl_->shard_max);
}

std::optional<AccessStats> AccessTracker::stats(Slot partition, Offset base, TimestampMs now) const {
  const Key key{partition, base.raw};
  return impl_->shard(key).stats(key, now);
}

std::vector<AccessTracker::Top> AccessTracker::top(std::size_t n, TimestampMs now) const {
  struct Found {
    Key key;
    AccessStats stats;
  };
  std::vector<Found> best;  // a heap: the least busy of the best in front
  const auto busier = [](const Found& a, const Found& b) { return a.stats.average_hz > b.stats.average_hz; };
  if (n == 0) return {};
  for (const Shard& shard : impl_->shards) {
    shard.for_each([&](const Entry& entry) {
      Found found{entry.key, stats_of(entry, now)};
      if (best.size() == n) {
        if (!busier(found, best.front())) return;
        std::ranges::pop_heap(best, busier);
        best.pop_back();
      }
      best.push_back(found);
      std::ranges::push_heap(best, busier);
    });
  }
  std::ranges::sort(best, busier);
  std::vector<Top> top;
  const std::lock_guard lock(impl_->mutex);
  for (const Found& found : best) {
    const auto name = impl_->names.find(found.key.slot);
    if (name != impl_->names.end()) top.push_back({name->second, Offset{found.key.base}, found.stats});
  }
  return top;
}

std::size_t AccessTracker::tracked() const {
  std::size_t count = 0;
  for (const Shard& shard : impl_->shards) count += shard.size();
  return count;
}

void AccessTracker::forget(Slot partition, Offset base) {
  const Key key{partition, base.raw};
  impl_->shard(key).forget(key);
}

void AccessTracker::forget_partition(Slot partition) {
  {
    const std::lock_guard lock(impl_->mutex);
    const auto name = impl_->names.find(partition);
    if (name == impl_->names.end()) return;
    impl_->slots.erase(name->second);
    impl_->names.erase(name);
  }
  for (Shard& shard : impl_->shards) shard.forget_slot(partition);
}

}  // namespace takhin::tier
