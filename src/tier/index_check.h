#pragma once
// Holds a segment's offset and time index against its batches, and builds them anew beside it: whichever index contradicts the
// log is replaced by the built one, so that a damaged index is never archived.

#include "record/batch.h"
#include "record/index_builder.h"
#include "tier/segment.h"

namespace takhin::tier {

struct CheckedIndexes {
  Bytes offset;  // Kafka's .index
  Bytes time;    // Kafka's .timeindex
  bool offset_rebuilt = false;
  bool time_rebuilt = false;
};

/// One thread. Borrows the segment.
class IndexChecker {
 public:
  explicit IndexChecker(const SealedSegment& segment);
  /// Every batch of the log, in order, with its position.
  void see(const record::BatchHeader& batch, std::uint64_t position);
  CheckedIndexes finish();

 private:
  void check_offset_entries(const record::BatchHeader& batch, std::uint64_t position);
  void check_time_entries(const record::BatchHeader& batch);

  const SealedSegment& segment_;
  record::IndexBuilder builder_;
  std::size_t offset_at_ = 0;  // next entry to be met
  std::size_t time_at_ = 0;
  const std::size_t offset_entries_;
  const std::size_t time_entries_;
  bool offset_good_;
  bool time_good_;
  Offset last_offset_entry_ = kNoOffset;
};

}  // namespace takhin::tier
