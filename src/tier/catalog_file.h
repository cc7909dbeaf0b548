#pragma once
// The catalogue on disk: one SQLite file, WAL, every commit synced. It can be read with the sqlite3 shell while takhin runs.

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tier/catalog.h"

namespace takhin::tier {

/// One thread at a time. Errors: kCorrupt not a catalogue or damaged, kExhausted disk full, kUnavailable otherwise.
class CatalogFile {
 public:
  using PartitionKey = std::int64_t;

  /// Opens or makes it.
  static Result<std::unique_ptr<CatalogFile>> open(const std::string& path);
  ~CatalogFile();
  CatalogFile(const CatalogFile&) = delete;
  CatalogFile& operator=(const CatalogFile&) = delete;

  Result<> load_partitions(const std::function<void(PartitionKey, PartitionRef)>& each) const;
  /// By partition, then offset. kCorrupt for rows that no catalogue wrote.
  Result<> load_segments(const std::function<void(PartitionKey, const CatalogEntry&)>& each) const;

  /// The number of `partition`, made when new.
  Result<PartitionKey> partition_key(const PartitionRef& partition);
  /// All of it in one transaction, synced on return.
  Result<> replace(PartitionKey partition, std::span<const CatalogEntry> added, std::span<const SegmentEntry> removed);
  /// With its notes.
  Result<> remove_partition(PartitionKey partition);
  Result<> put_note(PartitionKey partition, std::string_view name, std::string_view value);
  Result<std::string> get_note(const PartitionRef& partition, std::string_view name) const;

 private:
  class Statement;
  explicit CatalogFile(sqlite3* db) : db_(db) {}
  Result<> prepare_schema();
  Result<> run(const char* sql) const;
  Result<std::int64_t> number(const char* sql) const;
  Result<> transact(const std::function<Result<>()>& body);
  Error error(std::string_view doing) const;

  sqlite3* db_;
};

}  // namespace takhin::tier
