#pragma once
// Archived segments that also stand whole on local disk, in Kafka's own files: left there by the log, or restored.

#include <list>
#include <map>
#include <mutex>

#include "base/file.h"
#include "tier/segment.h"

namespace takhin::tier {

/// `dir`/{base:020}{suffix}, as Kafka names a segment's files.
std::string segment_file(const std::string& dir, Offset base, std::string_view suffix);

/// Any thread.
class LocalCopies {
 public:
  /// Copies kept open, and bytes of their indexes in memory; the others are opened again at their next use.
  static constexpr std::size_t kOpenMax = 256;
  static constexpr std::uint64_t kIndexBytesMax = 64 * kMiB;

  struct Opened {
    std::shared_ptr<const File> log;
    Bytes index;  // .index, empty when there is none: reads then walk from the start
  };

  explicit LocalCopies(FileSystem& files) : files_(files) {}

  /// kNotFound without a .log, kInvalid when its size is not the entry's. Adding it again is success.
  Result<> add(const PartitionRef& partition, const SegmentEntry& entry, const std::string& dir);
  /// Removes the files, the .log first: what a crash leaves is never taken for a segment. An absent copy is success.
  Result<> drop(const PartitionRef& partition, Offset base);
  /// Leaves the files where they are.
  void forget(const PartitionRef& partition, const SegmentEntry& entry);
  bool has(const PartitionRef& partition, Offset base) const;
  /// Null when there is no copy of just this segment, or its file is gone (then it is forgotten).
  std::shared_ptr<const Opened> open(const PartitionRef& partition, const SegmentEntry& entry);

 private:
  struct Key {
    Uuid topic;
    std::int32_t partition = 0;
    Offset base;
    auto operator<=>(const Key&) const = default;
  };
  struct Copy {
    SegmentEntry entry;
    std::string dir;
    std::shared_ptr<const Opened> opened;
    std::list<Key>::iterator open_at;  // while opened
  };
  static Key key_of(const PartitionRef& partition, Offset base) { return {partition.topic_id, partition.partition, base}; }
  void close(Copy& copy);  // with mutex_ held
  void erase(const Key& key);

  FileSystem& files_;
  mutable std::mutex mutex_;
  std::map<Key, Copy> copies_;
  std::list<Key> open_;  // most recently used first
  std::uint64_t index_bytes_ = 0;
};

}  // namespace takhin::tier
