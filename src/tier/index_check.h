#pragma once
// Holds a segment's offset and time index against its batches, and builds them anew beside it: whichever index contradicts the log is
// replaced by the built one, so that a damaged index is never archived.

#include "record/batch.h"
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
  void build(const record::BatchHeader& batch, std::uint64_t position);
  void build_time_entry();

  const SealedSegment& segment_;
  std::size_t offset_at_ = 0;  // next entry to be met, in bytes
  std::size_t time_at_ = 0;
  bool offset_good_ = true;
  bool time_good_ = true;
  std::int64_t last_offset_entry_ = -1;
  TimestampMs last_time_entry_ = kNoTimestamp;

  Bytes built_offset_;
  Bytes built_time_;
  std::uint64_t since_entry_ = 0;
  TimestampMs max_timestamp_ = kNoTimestamp;
  Offset max_timestamp_offset_;
  TimestampMs built_timestamp_ = kNoTimestamp;
};

}  // namespace takhin::tier
