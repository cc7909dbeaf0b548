#pragma once
// Offset and time index of one segment, grown batch by batch exactly as Kafka's broker grows them; and the
// bounded-memory walk over a segment's file that recovery, archiving and verification share.

#include <functional>

#include "base/file.h"
#include "base/result.h"
#include "record/batch.h"
#include "record/index_format.h"

namespace takhin::record {

/// Feeds on batches in log order. One thread at a time.
class IndexBuilder {
 public:
  /// An entry is due once `interval_bytes` of batches passed since the last one (index.interval.bytes).
  IndexBuilder(Offset base, std::uint64_t interval_bytes) : base_(base), interval_(interval_bytes) {}
  /// Goes on where files were closed: `offsets` and `times` are their checked contents.
  IndexBuilder(Offset base, std::uint64_t interval_bytes, Bytes offsets, Bytes times);

  /// `header` is a batch that begins at `position` of the log; its last offset is within 2^31 of the base.
  void add(const BatchHeader& header, std::uint64_t position);
  /// The last time entry, written when a segment is sealed or closed. May be called again.
  void finish() { add_time(); }

  void set_interval(std::uint64_t bytes) { interval_ = bytes; }
  const Bytes& offsets() const { return offsets_; }  // .index
  const Bytes& times() const { return times_; }      // .timeindex
  /// Newest timestamp so far and the last offset of the first batch that has it.
  TimeEntry newest() const { return newest_; }

 private:
  void add_time();

  Offset base_;
  std::uint64_t interval_;
  std::uint64_t since_entry_ = 0;
  TimeEntry newest_;
  Bytes offsets_;
  Bytes times_;
};

/// One whole batch met by scan_batches; the views live until the callback returns.
struct ScannedBatch {
  BatchHeader header;
  View bytes;
  std::uint64_t position = 0;
};
enum class Scan { kGoOn, kStop };

/// Walks the whole batches of `range` in order and answers the position after the last whole one that was visited
/// (before the one the callback stopped at). Bytes that are no whole batch end the walk without an error: compare with
/// range.end. Does not look at the crc. Memory: 1 MiB or the largest batch. Errors are those of the file and of `each`.
Result<std::uint64_t> scan_batches(const File& log, ByteRange range,
                                   const std::function<Result<Scan>(const ScannedBatch&)>& each);

struct BuiltIndexes {
  Bytes offset_index;
  Bytes time_index;
  std::uint64_t valid_bytes = 0;  // whole batches, crc checked, offsets rising from the base
  Offset end;                     // last offset + 1; the base when empty
  TimeEntry newest;
  LeaderEpoch last_epoch = kNoEpoch;
};
/// Reads the first `log_bytes` of a segment and builds its indexes anew. Stops without an error at the first damaged
/// batch: a sealed segment whose valid_bytes are fewer than log_bytes is corrupt. Cost: one pass over the log.
Result<BuiltIndexes> rebuild_indexes(const File& log, std::uint64_t log_bytes, Offset base, std::uint64_t interval_bytes);

}  // namespace takhin::record
