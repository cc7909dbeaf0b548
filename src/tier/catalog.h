#pragma once
// What is archived: an in-memory index over SQLite. A cache of the bucket: losing it costs one listing per partition.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tier/segment.h"

namespace takhin::tier {

struct CatalogEntry {
  SegmentEntry segment;
  std::uint64_t object_bytes = 0;
  std::optional<std::uint32_t> crc32c;  // of the object, when we wrote it or the listing told
};

/// Reads from any thread: a lookup takes no lock, a list copies an immutable snapshot. Writes are serialised inside, durable on
/// return (one fsync each), and readers see them after that. Notes are read from disk.
class Catalog {
 public:
  /// A damaged or foreign file is moved to `path`.damaged with one log line, and the catalogue starts empty (the caller then
  /// lists). `path` is SQLite's own affair, `files` only moves it; ":memory:" keeps nothing.
  static Result<std::unique_ptr<Catalog>> open(FileSystem& files, const std::string& path);
  virtual ~Catalog() = default;

  /// Adds all or none. A higher generation replaces the lower ones whose offsets it covers; adding what is there is success.
  virtual Result<> add(const PartitionRef& partition, std::span<const CatalogEntry> entries) = 0;
  virtual Result<> remove(const PartitionRef& partition, std::span<const Uuid> ids) = 0;
  virtual Result<> remove_partition(const PartitionRef& partition) = 0;

  virtual PartitionHandle handle(const PartitionRef& partition) const = 0;
  virtual std::optional<CatalogEntry> find(const CatalogPartition& partition, Offset offset) const = 0;  // as Engine::find
  /// For those who come rarely: hashes the name first.
  std::optional<CatalogEntry> find(const PartitionRef& partition, Offset offset) const {
    return find(*handle(partition), offset);
  }
  virtual std::vector<CatalogEntry> list(const PartitionRef& partition) const = 0;                   // by offset
  virtual std::vector<PartitionRef> partitions() const = 0;
  virtual std::uint64_t segments() const = 0;   // counters, kept
  virtual std::uint64_t log_bytes() const = 0;
  virtual std::uint64_t log_bytes(const PartitionRef& partition) const = 0;
  virtual std::uint64_t object_bytes() const = 0;

  /// A small durable note beside a partition, such as its log start. Empty when never set.
  virtual Result<> put_note(const PartitionRef& partition, std::string_view name, std::string_view value) = 0;
  virtual Result<std::string> get_note(const PartitionRef& partition, std::string_view name) const = 0;
};

}  // namespace takhin::tier
