#pragma once
// The catalogue in memory: per partition an immutable, sorted snapshot. A lookup by handle is one compare-and-swap and a search;
// no lock, no name to hash.

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_set.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/readers.h"
#include "tier/catalog.h"

namespace takhin::tier {

/// What one partition has; sorted by base, never empty. Immutable once made. 72 bytes a segment.
class PartitionSegments {
 public:
  explicit PartitionSegments(const std::vector<CatalogEntry>& sorted);

  /// Which entry Engine::find() is to answer for `offset`; size() when none is.
  std::size_t position_of(Offset offset) const;
  CatalogEntry entry(std::size_t at) const;
  std::vector<CatalogEntry> entries() const;
  std::size_t size() const { return bases_.size(); }
  std::uint64_t log_bytes() const { return log_bytes_; }
  std::uint64_t object_bytes() const { return object_bytes_; }

 private:
  /// All of an entry but its base, in one cache line: with many segments each lookup misses the cache here, once.
  struct alignas(64) Row {
    Offset end;
    TimestampMs max_timestamp;
    std::uint64_t log_bytes;
    std::uint64_t object_bytes;
    Uuid id;
    LeaderEpoch leader_epoch;
    std::uint32_t generation;
    std::uint32_t crc32c;
    bool has_crc32c;
  };
  static_assert(sizeof(Row) == 64);


  std::int64_t first_base_ = 0;
  std::int64_t last_base_ = 0;
  double entries_per_offset_ = 0;
  std::vector<std::int64_t> bases_;  // apart from the rows: a search touches few cache lines
  std::vector<Row> rows_;
  std::vector<std::int64_t> ends_max_;  // of all entries up to this one; only where ranges overlap
  std::uint64_t log_bytes_ = 0;
  std::uint64_t object_bytes_ = 0;
};

/// Sorts by offset and leaves out what others stand for: a lower generation whose range is covered, the larger id of two copies.
std::vector<CatalogEntry> standing(std::vector<CatalogEntry> entries);

/// What a PartitionHandle points to. Made by CatalogIndex only.
class CatalogPartition {
 public:
  explicit CatalogPartition(PartitionRef ref) : ref_(std::move(ref)) {}
  const PartitionRef& ref() const { return ref_; }

 private:
  friend class CatalogIndex;
  const PartitionRef ref_;
  std::shared_ptr<const PartitionSegments> segments_;     // with its shard's lock held
  std::atomic<const PartitionSegments*> for_readers_{nullptr};  // the same
};

/// Any thread; writers of one partition must not race each other. A writer waits for the lookups under way when it replaces a
/// snapshot.
class CatalogIndex {
 public:
  /// The same handle for the same ref as long as somebody holds it or the partition has segments.
  PartitionHandle handle(const PartitionRef& partition);
  std::optional<CatalogEntry> find(const CatalogPartition& partition, Offset offset) const;
  /// Null when there are none.
  std::shared_ptr<const PartitionSegments> get(const PartitionRef& partition) const;
  /// Sorted, see standing(); none forgets the partition.
  void set(const PartitionRef& partition, const std::vector<CatalogEntry>& entries);
  std::vector<PartitionRef> partitions() const;

  std::uint64_t segments() const { return segments_.load(std::memory_order_relaxed); }
  std::uint64_t log_bytes() const { return log_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t object_bytes() const { return object_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kShards = 64;
  using PlacePtr = std::shared_ptr<CatalogPartition>;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const PlacePtr& place) const { return hash_of(place->ref()); }
    std::size_t operator()(const PartitionRef& partition) const { return hash_of(partition); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const PlacePtr& a, const PlacePtr& b) const { return a->ref() == b->ref(); }
    bool operator()(const PlacePtr& a, const PartitionRef& b) const { return a->ref() == b; }
    bool operator()(const PartitionRef& a, const PlacePtr& b) const { return a == b->ref(); }
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    boost::unordered_flat_set<PlacePtr, Hash, Equal> places;
    std::size_t clean_at = 8;  // places; then those that are empty and that nobody holds go
  };
  static std::uint64_t hash_of(const PartitionRef& partition);
  static PlacePtr place_in(Shard& shard, const PartitionRef& partition);
  Shard& shard_of(const PartitionRef& partition) { return shards_[hash_of(partition) >> 58]; }
  const Shard& shard_of(const PartitionRef& partition) const { return shards_[hash_of(partition) >> 58]; }
  void count(const PartitionSegments& segments, bool added);

  std::array<Shard, kShards> shards_;
  Readers readers_;
  std::atomic<std::uint64_t> segments_{0};
  std::atomic<std::uint64_t> log_bytes_{0};
  std::atomic<std::uint64_t> object_bytes_{0};
};

}  // namespace takhin::tier
