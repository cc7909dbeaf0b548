#pragma once
// From a sealed segment to an object that is there, whole and on record.

#include <atomic>

#include "tier/catalog.h"
#include "tier/engine.h"
#include "tier/gates.h"
#include "tier/metrics.h"
#include "tier/segment_writer.h"

namespace takhin::tier {

/// The note of a partition that holds the name of its one object that was begun and is not on record yet.
inline constexpr std::string_view kReservedNote = "reserved";
/// The note of a partition that holds the names of its damaged objects in a write-once bucket, one a line.
inline constexpr std::string_view kDamagedNote = "damaged";
/// Names in that note. Beyond it nothing more of the partition is archived: the store is not to be trusted.
inline constexpr std::size_t kDamagedNamesMax = 64;

/// Order: settle what an earlier attempt left, put the fresh name on record as reserved, upload, verify, record. Only then
/// may the caller drop its copy. A crash or failure leaves at most one reserved object per partition, and nobody takes it
/// in unverified: settle() reads it back and adopts or removes it. In a write-once bucket it is not removed but noted as
/// damaged: it stands for nothing here, and the next attempt has a higher generation, so that nobody else takes it for the
/// segment either. Any thread; one archive per partition at a time. Borrows everything.
class Archiver {
 public:
  Archiver(const EngineDeps& deps, const EngineOptions& options, Catalog& catalog, Gates& gates);

  /// As Engine::archive.
  Result<SegmentEntry> archive(const SealedSegment& segment, Deadline deadline);
  /// Reserves, uploads, verifies and records `entry`; its name may get a higher timestamp, and then another id. The caller holds
  /// the partition's gate and has settled.
  Result<SegmentEntry> upload(const SealedSegment& segment, SegmentEntry entry, Deadline deadline);
  /// The caller holds the partition's gate. Nothing reserved: no request. Else 1 HEAD, and reading the object back if it is
  /// there.
  Result<> settle(const PartitionRef& partition, Deadline deadline);
  /// Takes those that are noted as damaged out of a listing of the partition.
  Result<> leave_out_damaged(const PartitionRef& partition, std::vector<CatalogEntry>& listed) const;
  /// Payload of the objects this process finished.
  std::uint64_t uploaded_bytes() const { return uploaded_bytes_.load(std::memory_order_relaxed); }

 private:
  Result<std::optional<SegmentEntry>> find_archived(const SealedSegment& segment) const;
  Result<SegmentEntry> archive_gated(const SealedSegment& segment, Deadline deadline);
  Result<std::optional<Sealing>> make_sealing(const std::string& key_id, const Uuid& object) const;
  Result<> record(const PartitionRef& partition, const CatalogEntry& entry);
  Result<> verify(const object::ObjectKey& key, const Written& written, std::optional<std::uint32_t> finished_crc,
                  Deadline deadline);
  void take_back(const PartitionRef& partition, const SegmentEntry& entry);
  Result<std::vector<std::string>> damaged(const PartitionRef& partition) const;
  Result<std::uint32_t> next_generation(const SealedSegment& segment) const;
  Result<> discard(const PartitionRef& partition, const object::ObjectKey& key, Deadline deadline);

  const EngineDeps deps_;
  const EngineOptions options_;
  Catalog& catalog_;
  Gates& gates_;
  const OperationCounter operations_;
  std::atomic<std::uint64_t> uploaded_bytes_{0};
};

}  // namespace takhin::tier
