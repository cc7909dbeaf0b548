#pragma once
// One segment: what is known of it without opening a file, what is in memory while it is being read, and how to find a
// batch in it.

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/file.h"
#include "record/index_builder.h"

namespace takhin::log {

/// Sealed segments of one log whose file and indexes are kept open; the others cost an open per read.
inline constexpr std::size_t kOpenSealedMax = 8;
/// Batches at the tail of a log that are found without looking into the file.
inline constexpr std::size_t kRecentBatchesMax = 128;

/// The facts of a sealed segment.
struct Segment {
  Offset base;
  Offset end;
  std::uint64_t bytes = 0;
  record::TimeEntry newest;  // newest timestamp, last offset of the first batch that has it
  TimestampMs modified{};
  bool has_txns = false;     // there is a .txnindex
  TimestampMs first = kNoTimestamp;  // newest one of the first batch, where it is known without opening the file
};

/// Immutable; shared by readers.
struct SegmentData {
  std::shared_ptr<const File> log;
  Bytes offsets;
  Bytes times;
  Bytes txns;
};

/// The batch that a search ended at.
struct FoundBatch {
  record::BatchHeader header;
  std::uint64_t position = 0;
};
/// The first batch in `range` that ends after `offset`; nothing when there is none. `range` begins at a batch. Reads
/// headers only. kCorrupt when the bytes are no batches.
Result<std::optional<FoundBatch>> find_batch(const File& log, ByteRange range, Offset offset);
/// The same for the first batch with a record at or after `timestamp`.
Result<std::optional<FoundBatch>> find_batch(const File& log, ByteRange range, TimestampMs timestamp);

/// Writes a file that a crash may cut: everything in it is checked when it is read. Answers the open file, to be synced later.
Result<std::shared_ptr<File>> write_plain(FileSystem& fs, const std::string& path, View data);

/// Where the last appended batches lie. Guarded by the log.
class RecentBatches {
 public:
  struct Entry {
    Offset base;
    Offset end;
    std::uint64_t position = 0;
    std::uint64_t bytes = 0;
  };
  void push(const Entry& entry) { ring_[count_++ % ring_.size()] = entry; }
  void clear() { count_ = 0; }
  /// The batch that holds `offset`, if it is one of these.
  std::optional<Entry> find(Offset offset) const;

 private:
  std::array<Entry, kRecentBatchesMax> ring_{};
  std::uint64_t count_ = 0;
};

/// The segment that grows. Guarded by the log; `log` is shared with readers.
struct ActiveSegment {
  ActiveSegment(Offset base_offset, std::uint64_t interval) : base(base_offset), end(base_offset), index(base_offset, interval) {}

  Offset base;
  Offset end;
  std::uint64_t bytes = 0;
  std::shared_ptr<File> log;
  record::IndexBuilder index;
  Bytes txns;
  TimestampMs first_timestamp = kNoTimestamp;  // newest one of the first batch: segment.ms counts from it
  TimestampMs begun{};                         // time of day of the first append
  TimestampMs modified{};
  RecentBatches recent;
};

/// Files and indexes of sealed segments, the last used ones kept. Any thread.
class SegmentCache {
 public:
  SegmentCache(FileSystem& fs, std::string dir) : fs_(fs), dir_(std::move(dir)) {}
  /// Opens and checks on a miss; offset and time indexes that fail their check are rebuilt from the log and written anew.
  /// kNotFound when the files are gone, kCorrupt when the log or its transaction index is damaged.
  Result<std::shared_ptr<const SegmentData>> get(const Segment& segment, std::uint64_t index_interval);
  void put(Offset base, std::shared_ptr<const SegmentData> data);
  void forget(Offset base);
  void clear();

 private:
  struct Entry {
    std::shared_ptr<const SegmentData> data;
    std::list<Offset>::iterator used;
  };
  Result<std::shared_ptr<const SegmentData>> load(const Segment& segment, std::uint64_t index_interval) const;

  FileSystem& fs_;
  const std::string dir_;
  std::mutex mutex_;
  std::list<Offset> order_;  // last used first
  std::unordered_map<Offset, Entry> entries_;
};

}  // namespace takhin::log
