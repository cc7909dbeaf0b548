#pragma once
// The catalogue in memory: per partition an immutable, sorted snapshot. A lookup is one hash, one short lock and a branchless
// search.

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "tier/catalog.h"

namespace takhin::tier {

/// What one partition has; sorted by base. Immutable once made.
class PartitionSegments {
 public:
  explicit PartitionSegments(std::vector<CatalogEntry> sorted);

  const CatalogEntry* find(Offset offset) const;
  const std::vector<CatalogEntry>& entries() const { return entries_; }
  std::uint64_t log_bytes() const { return log_bytes_; }
  std::uint64_t object_bytes() const { return object_bytes_; }

 private:
  static constexpr std::size_t kGuessFrom = 64;
  std::size_t last_at_or_before(std::int64_t offset) const;

  std::vector<std::int64_t> bases_;  // apart from the entries: a search touches a third of the cache lines
  std::vector<std::int64_t> ends_max_;  // of all entries up to this one; only where ranges overlap
  std::vector<CatalogEntry> entries_;
  std::uint64_t log_bytes_ = 0;
  std::uint64_t object_bytes_ = 0;
};

/// Sorts by offset and leaves out what others stand for: a lower generation whose range is covered, the larger id of two copies.
std::vector<CatalogEntry> standing(std::vector<CatalogEntry> entries);

/// Any thread; writers of one partition must not race each other. The lock is held for a search, never for I/O or a copy of all.
class CatalogIndex {
 public:
  std::optional<CatalogEntry> find(const PartitionRef& partition, Offset offset) const;
  /// Null when there are none.
  std::shared_ptr<const PartitionSegments> get(const PartitionRef& partition) const;
  /// Null or empty forgets the partition.
  void set(const PartitionRef& partition, std::shared_ptr<const PartitionSegments> segments);
  std::vector<PartitionRef> partitions() const;

  std::uint64_t segments() const { return segments_.load(std::memory_order_relaxed); }
  std::uint64_t log_bytes() const { return log_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t object_bytes() const { return object_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kShards = 64;
  struct Key {
    std::uint64_t hash;
    PartitionRef partition;
  };
  struct Probe {
    std::uint64_t hash;
    const PartitionRef& partition;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const { return key.hash; }
    std::size_t operator()(const Probe& probe) const { return probe.hash; }
  };
  struct Equal {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return a.hash == b.hash && a.partition == b.partition;
    }
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    boost::unordered_flat_map<Key, std::shared_ptr<const PartitionSegments>, Hash, Equal> map;
  };
  static std::uint64_t hash_of(const PartitionRef& partition);
  Shard& shard_of(std::uint64_t hash) { return shards_[hash >> 58]; }
  const Shard& shard_of(std::uint64_t hash) const { return shards_[hash >> 58]; }

  std::array<Shard, kShards> shards_;
  std::atomic<std::uint64_t> segments_{0};
  std::atomic<std::uint64_t> log_bytes_{0};
  std::atomic<std::uint64_t> object_bytes_{0};
};

}  // namespace takhin::tier
