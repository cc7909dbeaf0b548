#pragma once
// Cold reads: plan, single flight, sparse cache, ranged GET, open chunk. And local copies, which are the same thing completed.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tier/catalog.h"
#include "tier/engine.h"
#include "tier/format.h"

namespace takhin::tier {

/// Any thread. Downloads run in a pool of its own, so a caller whose deadline passes cancels nothing.
class ColdReader {
 public:
  static Result<std::unique_ptr<ColdReader>> open(const EngineDeps& deps, const EngineOptions& options, const Catalog& catalog);
  virtual ~ColdReader() = default;

  /// The object's tail, from memory (bounded) or one ranged GET.
  virtual Result<std::shared_ptr<const Tail>> tail(const PartitionRef& partition, const SegmentEntry& entry,
                                                   Deadline deadline) = 0;
  /// Log bytes [range) of a segment as a slice of a local file, fetched as needed; range is inside the log.
  virtual Result<FileSlice> log_range(const PartitionRef& partition, const SegmentEntry& entry, ByteRange range,
                                      Deadline deadline) = 0;
  /// See Engine.
  virtual std::optional<ColdSlice> at_hand(const CatalogPartition& partition, Offset offset, std::uint64_t bytes_max) = 0;
  virtual Result<ColdSlice> read(const CatalogPartition& partition, Offset offset, std::uint64_t bytes_max,
                                 Deadline deadline) = 0;

  virtual Result<> restore(const PartitionRef& partition, const SegmentEntry& entry, const std::string& dir,
                           Deadline deadline) = 0;
  virtual Result<> add_local_copy(const PartitionRef& partition, const SegmentEntry& entry, const std::string& dir) = 0;
  virtual Result<> drop_local_copy(const PartitionRef& partition, Offset base) = 0;
  virtual bool has_local_copy(const PartitionRef& partition, Offset base) const = 0;
  /// Forgets what it holds of removed segments (cache, tails, local copies); readers that have files open go on.
  virtual void forget(const PartitionRef& partition, std::span<const SegmentEntry> entries) = 0;

  struct Stats {
    std::uint64_t hits = 0, misses = 0, cache_bytes = 0, downloaded_bytes = 0;
  };
  virtual Stats stats() const = 0;
};

}  // namespace takhin::tier
