#include "tier/index_check.h"

namespace takhin::tier {
namespace {

constexpr std::uint64_t kIndexIntervalBytes = 4096;  // Kafka's index.interval.bytes

}  // namespace

IndexChecker::IndexChecker(const SealedSegment& segment)
    : segment_(segment),
      builder_(segment.base, kIndexIntervalBytes),
      offset_entries_(segment.offset_index.size() / record::kOffsetEntryBytes),
      time_entries_(segment.time_index.size() / record::kTimeEntryBytes),
      offset_good_(segment.offset_index.size() % record::kOffsetEntryBytes == 0),
      time_good_(segment.time_index.size() % record::kTimeEntryBytes == 0) {}

void IndexChecker::see(const record::BatchHeader& batch, std::uint64_t position) {
  check_offset_entries(batch, position);
  check_time_entries(batch);
  builder_.add(batch, position);
}

/// An entry is good when it points to the begin of a batch, and nothing before that batch has the entry's offset or a later one.
void IndexChecker::check_offset_entries(const record::BatchHeader& batch, std::uint64_t position) {
  for (; offset_good_ && offset_at_ < offset_entries_; ++offset_at_) {
    const auto entry = record::offset_entry(segment_.offset_index, segment_.base, offset_at_);
    if (entry.position > position) return;  // of a later batch
    offset_good_ = entry.position == position && entry.offset > last_offset_entry_ && entry.offset >= batch.base_offset &&
                   entry.offset < segment_.end;
    last_offset_entry_ = entry.offset;
  }
}

/// An entry is good when the batch that holds its offset has its timestamp, and that is newer than all before.
void IndexChecker::check_time_entries(const record::BatchHeader& batch) {
  for (; time_good_ && time_at_ < time_entries_; ++time_at_) {
    const auto entry = record::time_entry(segment_.time_index, segment_.base, time_at_);
    if (entry.offset > batch.last_offset()) return;  // of a later batch
    const bool first_of_batch = time_at_ == 0 || record::time_entry(segment_.time_index, segment_.base, time_at_ - 1).offset <
                                                     batch.base_offset;
    time_good_ = entry.offset >= batch.base_offset && entry.timestamp == batch.max_timestamp && first_of_batch &&
                 entry.timestamp > builder_.newest().timestamp;
  }
}

CheckedIndexes IndexChecker::finish() {
  builder_.finish();
  // Entries that no batch met point past the log; none at all where some belong means that the index was lost.
  offset_good_ = offset_good_ && offset_at_ == offset_entries_ && (offset_entries_ > 0 || builder_.offsets().empty());
  time_good_ = time_good_ && time_at_ == time_entries_ && (time_entries_ > 0 || builder_.times().empty());
  return {.offset = offset_good_ ? segment_.offset_index : builder_.offsets(),
          .time = time_good_ ? segment_.time_index : builder_.times(),
          .offset_rebuilt = !offset_good_,
          .time_rebuilt = !time_good_};
}

}  // namespace takhin::tier
