#pragma once
// Turns a sealed segment into a segment object, streaming: reads the log once, in order, and holds a chunk and a read at a time.

#include <functional>

#include "base/result.h"
#include "tier/format.h"
#include "tier/segment.h"

namespace takhin::tier {

inline constexpr std::uint64_t kLogReadBytes = 4 * kMiB;  // one pread of the log
/// Compression must save this much, or bytes stay as they are.
inline constexpr unsigned kWorthwhilePercent = 5;
/// So many chunks are tried before an object counts as one that does not shrink.
inline constexpr unsigned kCompressionTries = 4;

/// The data key of an object to be written, and how its directory keeps it.
struct Sealing {
  std::shared_ptr<const ObjectCipher> cipher;
  Envelope envelope;
};

struct WriteOptions {
  std::uint64_t chunk_bytes = kMiB;
  int zstd_level = 1;                // 0 = off
  const Sealing* sealing = nullptr;  // borrowed; null: not encrypted. Of the entry's id, and never used before
};

/// What was written, for verification.
struct Written {
  std::uint64_t object_bytes = 0;
  std::uint32_t object_crc = 0;  // crc32c of the whole object
  std::uint64_t tail_bytes = 0;
  std::uint32_t tail_crc = 0;    // crc32c of its last `tail_bytes`
  TimestampMs max_timestamp = kNoTimestamp;  // as the batches say
  bool offset_index_rebuilt = false;
  bool time_index_rebuilt = false;
};

/// Takes the object's bytes in order; borrowed for the call.
using Sink = std::function<Result<>(View)>;

/// Checks every batch (crc, offsets ascending inside [base, end)) and the indexes against them on the way; an index that fails
/// is rebuilt. kCorrupt: the log is damaged, torn or shorter than it says. kInvalid: not a segment that can be archived. Else
/// the sink's errors. Memory: chunk_bytes + kLogReadBytes + the largest batch + its compressed form. Any thread, retry-safe.
Result<Written> write_segment(const SealedSegment& segment, const SegmentEntry& entry, const WriteOptions& options,
                              const Sink& sink);

}  // namespace takhin::tier
