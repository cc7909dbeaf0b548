#pragma once
// Many small objects become one: background work of a partition's cold part.

#include <deque>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "tier/archiver.h"
#include "tier/bucket.h"
#include "tier/cold_reader.h"
#include "tier/merge_plan.h"

namespace takhin::tier {

/// Sources that a merge failed over; beyond it the oldest may be tried once more.
inline constexpr std::size_t kMergeRefusedMax = 10'000;
/// How long a source is left alone whose key is lost or that the store does not give out: an operator may mend that. Damaged ones
/// are left alone as long as this process runs.
inline constexpr auto kMergeParkTime = std::chrono::hours(1);
/// The same for one in an archive class, where each attempt asks for it.
inline constexpr auto kMergeFrozenTime = std::chrono::hours(24);

/// Runs that fail for good in one call, at the most: the rest of the partition waits for the next one.
inline constexpr int kMergeFailuresMax = 8;

/// The result has a higher generation than its sources and stands for their range, in the catalogue at once and in every later
/// listing; so at each moment either the sources or the result are read, whatever crashes. The sources stay for the grace period
/// and go in offset order. Both need the partition's gate, held by the caller. Any thread. Borrows everything.
class Merger {
 public:
  Merger(const EngineDeps& deps, const EngineOptions& options, Catalog& catalog, ColdReader& cold, Archiver& archiver,
         Bucket& bucket);

  /// One run, if there is one: see plan_merge(). As Engine::merge.
  Result<std::optional<SegmentEntry>> merge(const PartitionRef& partition, const MergeOrder& order, Deadline deadline);
  /// As Engine::remove_replaced.
  Result<std::size_t> remove_replaced(const PartitionRef& partition, Deadline deadline);
  /// To be told of what a listing of everything showed: when others stand for some of it, remove_replaced() will look.
  Result<> note_listed(const PartitionRef& partition, std::span<const CatalogEntry> listed);

 private:
  struct Sources {
    SealedSegment segment;
    SegmentEntry entry;
  };
  Result<SegmentEntry> merge_run(const PartitionRef& partition, std::span<const CatalogEntry> run, const MergeOrder& order,
                                 Deadline deadline, std::optional<Uuid>& culprit);
  Result<Sources> put_together(const PartitionRef& partition, std::span<const CatalogEntry> run, const MergeOrder& order,
                               Deadline deadline, std::optional<Uuid>& culprit);
  bool seals(const std::string& key_id) const;
  Result<bool> stands(const PartitionRef& partition, const CatalogEntry& by, const Bucket::Listed& listed, Deadline deadline);
  Result<> note_replaced(const PartitionRef& partition);
  std::optional<CatalogEntry> replaced_by(const PartitionRef& partition, const SegmentEntry& entry) const;
  bool is_refused(const PartitionRef& partition, const CatalogEntry& entry) const;
  void refuse(std::span<const CatalogEntry> run, const std::optional<Uuid>& culprit, std::chrono::nanoseconds for_how_long);

  const EngineDeps deps_;
  const EngineOptions options_;
  Catalog& catalog_;
  ColdReader& cold_;
  Archiver& archiver_;
  Bucket& bucket_;
  const OperationCounter operations_;

  mutable std::mutex mutex_;
  std::unordered_map<Uuid, Steady> refused_;  // until when
  std::deque<Uuid> refused_order_;  // oldest first
};

}  // namespace takhin::tier
