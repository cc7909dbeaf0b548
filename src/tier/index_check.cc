#include "tier/index_check.h"

#include "base/codec.h"

namespace takhin::tier {
namespace {

constexpr std::size_t kOffsetEntryBytes = 8;  // i32 offset - base, i32 position
constexpr std::size_t kTimeEntryBytes = 12;   // i64 timestamp, i32 offset - base
constexpr std::uint64_t kIndexIntervalBytes = 4096;  // Kafka's index.interval.bytes

}  // namespace

IndexChecker::IndexChecker(const SealedSegment& segment)
    : segment_(segment),
      offset_good_(segment.offset_index.size() % kOffsetEntryBytes == 0),
      time_good_(segment.time_index.size() % kTimeEntryBytes == 0) {}

void IndexChecker::see(const record::BatchHeader& batch, std::uint64_t position) {
  check_offset_entries(batch, position);
  check_time_entries(batch);
  build(batch, position);
}

/// An entry is good when it points to the begin of a batch, and nothing before that batch has the entry's offset or a later one.
void IndexChecker::check_offset_entries(const record::BatchHeader& batch, std::uint64_t position) {
  while (offset_good_ && offset_at_ < segment_.offset_index.size()) {
    const std::byte* entry = segment_.offset_index.data() + offset_at_;
    const std::int64_t offset = load_be<std::int32_t>(entry);
    const auto at = static_cast<std::uint64_t>(load_be<std::uint32_t>(entry + 4));
    if (at > position) return;  // of a later batch
    offset_good_ = at == position && offset > last_offset_entry_ && segment_.base.raw + offset >= batch.base_offset.raw &&
                   segment_.base.raw + offset < segment_.end.raw;
    last_offset_entry_ = offset;
    offset_at_ += kOffsetEntryBytes;
  }
}

/// An entry is good when the batch that holds its offset has its timestamp, and that is newer than all before.
void IndexChecker::check_time_entries(const record::BatchHeader& batch) {
  while (time_good_ && time_at_ < segment_.time_index.size()) {
    const std::byte* entry = segment_.time_index.data() + time_at_;
    const TimestampMs timestamp{load_be<std::int64_t>(entry)};
    const Offset offset{segment_.base.raw + load_be<std::int32_t>(entry + 8)};
    if (offset > batch.last_offset()) return;  // of a later batch
    time_good_ = offset >= batch.base_offset && timestamp == batch.max_timestamp && timestamp > last_time_entry_ &&
                 timestamp > max_timestamp_;
    last_time_entry_ = timestamp;
    time_at_ += kTimeEntryBytes;
  }
}

/// As Kafka's LogSegment.append: an entry for the first batch after each interval.
void IndexChecker::build(const record::BatchHeader& batch, std::uint64_t position) {
  if (batch.max_timestamp > max_timestamp_) {
    max_timestamp_ = batch.max_timestamp;
    max_timestamp_offset_ = batch.last_offset();
  }
  if (since_entry_ > kIndexIntervalBytes && position <= INT32_MAX) {
    ByteWriter out(built_offset_);
    out.be(static_cast<std::int32_t>((batch.last_offset() - segment_.base).raw));
    out.be(static_cast<std::int32_t>(position));
    build_time_entry();
    since_entry_ = 0;
  }
  since_entry_ += batch.total_bytes();
}

void IndexChecker::build_time_entry() {
  if (max_timestamp_ <= built_timestamp_) return;
  ByteWriter out(built_time_);
  out.be(max_timestamp_.raw);
  out.be(static_cast<std::int32_t>((max_timestamp_offset_ - segment_.base).raw));
  built_timestamp_ = max_timestamp_;
}

CheckedIndexes IndexChecker::finish() {
  build_time_entry();
  // Entries that no batch met point past the log; none at all where some belong means that the index was lost.
  offset_good_ = offset_good_ && offset_at_ == segment_.offset_index.size() &&
                 (!segment_.offset_index.empty() || built_offset_.empty());
  time_good_ = time_good_ && time_at_ == segment_.time_index.size() && (!segment_.time_index.empty() || built_time_.empty());
  CheckedIndexes out;
  out.offset_rebuilt = !offset_good_;
  out.time_rebuilt = !time_good_;
  out.offset = offset_good_ ? segment_.offset_index : std::move(built_offset_);
  out.time = time_good_ ? segment_.time_index : std::move(built_time_);
  return out;
}

}  // namespace takhin::tier
