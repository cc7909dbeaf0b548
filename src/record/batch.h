#pragma once
// Record batch format v2 (Kafka protocol guide, "Record Batch"; KIP-98). Bytes in, bytes out; no I/O, any thread.
// A batch is never re-encoded on its way through: offset, epoch and append time are written into its header in place.

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace takhin::record {

inline constexpr std::size_t kBatchHeaderBytes = 61;
/// Offset and length: what must be read before the size of a batch is known.
inline constexpr std::size_t kBatchPrefixBytes = 12;
inline constexpr std::int8_t kMagic = 2;

enum class Codec : std::uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };
enum class TimestampType : std::uint8_t { kCreateTime = 0, kLogAppendTime = 1 };

/// The header's fields, decoded.
struct BatchHeader {
  Offset base_offset;
  std::int32_t length = 0;  // bytes after this field; the whole batch is length + 12
  LeaderEpoch leader_epoch;
  std::int8_t magic = kMagic;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  TimestampMs base_timestamp;
  TimestampMs max_timestamp;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  std::int32_t record_count = 0;

  std::size_t total_bytes() const { return static_cast<std::size_t>(length) + kBatchPrefixBytes; }
  Offset last_offset() const { return Offset{base_offset.raw + last_offset_delta}; }
  Offset next_offset() const { return Offset{base_offset.raw + last_offset_delta + 1}; }
  Codec codec() const { return static_cast<Codec>(attributes & 0x07); }
  TimestampType timestamp_type() const { return static_cast<TimestampType>((attributes >> 3) & 1); }
  bool is_transactional() const { return (attributes & 0x10) != 0; }
  bool is_control() const { return (attributes & 0x20) != 0; }
  bool has_producer() const { return producer_id >= 0; }
  std::int32_t last_sequence() const;  // wraps at 2^31 - 1 as Kafka's does
};

/// Decodes the 61 bytes; checks magic, a sane length and counts, but neither crc nor that the body is there.
/// kInvalid for an old or unknown magic, kCorrupt for fields that contradict each other, kOutOfRange when `data` is too short.
Result<BatchHeader> parse_header(View data);

/// The crc32c over attributes..end of a whole batch matches its header.
bool crc_matches(View batch);

/// Walks whole batches one after the other. A torn or impossible tail ends the walk: see `valid_bytes`.
class BatchCursor {
 public:
  explicit BatchCursor(View data) : data_(data) {}
  /// The next whole batch, or nothing at the end or where the bytes stop making sense.
  std::optional<BatchHeader> next();
  /// The bytes of the batch that next() just answered.
  View batch() const { return current_; }
  /// How many leading bytes were whole batches so far.
  std::size_t valid_bytes() const { return at_; }

 private:
  View data_;
  View current_;
  std::size_t at_ = 0;
};

struct Header {
  std::string_view key;
  std::optional<View> value;
};
/// One record, borrowed from the decompressed batch.
struct Record {
  Offset offset;
  TimestampMs timestamp;
  std::optional<View> key;
  std::optional<View> value;
  std::vector<Header> headers;
};

/// Decompresses and walks the records of one whole batch in order; stops early when `each` answers false.
/// kCorrupt: bad compression, lengths, counts or offset deltas that are not 0, 1, 2, … up to the header's.
/// Decompression stops at `decompressed_max` bytes (kExhausted).
Result<> for_each_record(View batch, std::size_t decompressed_max, const std::function<bool(const Record&)>& each);

/// Writes offset, leader epoch and, when `append_time` is set, LogAppendTime into a batch in place, and fixes the crc
/// only when it must (offset and epoch are outside of it).
struct Assignment {
  Offset base_offset;
  LeaderEpoch leader_epoch;
  std::optional<TimestampMs> append_time;
};
void assign(std::span<std::byte> batch, const Assignment& how);
/// Puts right a max timestamp that the records contradict, and the crc with it.
void set_max_timestamp(std::span<std::byte> batch, TimestampMs newest);

/// A batch to be made (control batches, recompression, tests, benches).
struct NewRecord {
  std::optional<View> key;
  std::optional<View> value;
  TimestampMs timestamp{};
  std::vector<Header> headers;
};
struct BatchOptions {
  Offset base_offset;
  LeaderEpoch leader_epoch{0};
  Codec codec = Codec::kNone;
  std::optional<int> level;  // of the codec; none: its default
  TimestampType timestamp_type = TimestampType::kCreateTime;
  bool transactional = false;
  bool control = false;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
};
Result<Bytes> build_batch(std::span<const NewRecord> records, const BatchOptions& options);

}  // namespace takhin::record
