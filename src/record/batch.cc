#include "record/batch.h"

#include <algorithm>
#include <limits>

#include "base/codec.h"
#include "base/crc32c.h"
#include "record/codec.h"
#include "record/layout.h"
#include "record/record_cursor.h"

namespace takhin::record {
namespace {

constexpr std::int32_t kLengthMin = static_cast<std::int32_t>(kBatchHeaderBytes - kBatchPrefixBytes);

std::uint32_t crc_of(View batch) { return crc32c(batch.subspan(layout::kAttributes)); }

BatchHeader decode_header(const std::byte* at) {
  BatchHeader header;
  header.base_offset = Offset{load_be<std::int64_t>(at + layout::kBaseOffset)};
  header.length = load_be<std::int32_t>(at + layout::kLength);
  header.leader_epoch = LeaderEpoch{load_be<std::int32_t>(at + layout::kLeaderEpoch)};
  header.magic = load_be<std::int8_t>(at + layout::kMagic);
  header.crc = load_be<std::uint32_t>(at + layout::kCrc);
  header.attributes = load_be<std::int16_t>(at + layout::kAttributes);
  header.last_offset_delta = load_be<std::int32_t>(at + layout::kLastOffsetDelta);
  header.base_timestamp = TimestampMs{load_be<std::int64_t>(at + layout::kBaseTimestamp)};
  header.max_timestamp = TimestampMs{load_be<std::int64_t>(at + layout::kMaxTimestamp)};
  header.producer_id = load_be<std::int64_t>(at + layout::kProducerId);
  header.producer_epoch = load_be<std::int16_t>(at + layout::kProducerEpoch);
  header.base_sequence = load_be<std::int32_t>(at + layout::kBaseSequence);
  header.record_count = load_be<std::int32_t>(at + layout::kRecordCount);
  return header;
}

void write_nullable(Bytes& out, const std::optional<View>& data) {
  ByteWriter(out).varint(data ? static_cast<std::int64_t>(data->size()) : -1);
  if (data) append(out, *data);
}

void write_record(Bytes& out, Bytes& scratch, const NewRecord& record, std::int64_t timestamp_delta, std::size_t offset_delta) {
  scratch.clear();
  ByteWriter body(scratch);
  body.be<std::int8_t>(0);
  body.varint(timestamp_delta);
  body.varint(static_cast<std::int64_t>(offset_delta));
  write_nullable(scratch, record.key);
  write_nullable(scratch, record.value);
  body.varint(static_cast<std::int64_t>(record.headers.size()));
  for (const Header& header : record.headers) {
    write_nullable(scratch, view_of(header.key));
    write_nullable(scratch, header.value);
  }
  ByteWriter(out).varint(static_cast<std::int64_t>(scratch.size()));
  append(out, scratch);
}

std::int16_t attributes_of(const BatchOptions& options) {
  int bits = static_cast<int>(options.codec) | static_cast<int>(options.timestamp_type) << 3;
  if (options.transactional) bits |= 0x10;
  if (options.control) bits |= 0x20;
  return static_cast<std::int16_t>(bits);
}

}  // namespace

std::int32_t BatchHeader::last_sequence() const {
  if (base_sequence < 0) return -1;
  constexpr std::int64_t kSequences = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
  return static_cast<std::int32_t>((std::int64_t{base_sequence} + last_offset_delta) % kSequences);
}

Result<BatchHeader> parse_header(View data) {
  if (data.size() <= layout::kMagic) return fail(Kind::kOutOfRange, "{} bytes are no batch header", data.size());
  const auto magic = load_be<std::int8_t>(data.data() + layout::kMagic);
  if (magic != kMagic) return fail(Kind::kInvalid, "batch magic {} is not supported, only {}", magic, kMagic);
  if (data.size() < kBatchHeaderBytes) return fail(Kind::kOutOfRange, "{} bytes are no batch header", data.size());
  const BatchHeader header = decode_header(data.data());
  if (header.length < kLengthMin) return fail(Kind::kCorrupt, "batch length {} is impossible", header.length);
  if (header.last_offset_delta < 0 || header.record_count < 0 || header.record_count - 1 > header.last_offset_delta) {
    return fail(Kind::kCorrupt, "batch has {} records but last offset delta {}", header.record_count, header.last_offset_delta);
  }
  if (header.base_offset.raw < 0 ||
      header.base_offset.raw > std::numeric_limits<std::int64_t>::max() - header.last_offset_delta - 1) {
    return fail(Kind::kCorrupt, "base offset {} is impossible", header.base_offset.raw);
  }
  if (header.codec() > Codec::kZstd) return fail(Kind::kCorrupt, "unknown compression {}", header.attributes & 0x07);
  return header;
}

bool crc_matches(View batch) {
  if (batch.size() < kBatchHeaderBytes) return false;
  return load_be<std::uint32_t>(batch.data() + layout::kCrc) == crc_of(batch);
}

std::optional<BatchHeader> BatchCursor::next() {
  const View rest = data_.subspan(at_);
  auto header = parse_header(rest);
  if (!header.ok() || header->total_bytes() > rest.size()) return std::nullopt;
  current_ = rest.first(header->total_bytes());
  at_ += current_.size();
  return *header;
}

Result<> for_each_record(View batch, std::size_t decompressed_max, const std::function<bool(const Record&)>& each) {
  TRY(const BatchHeader header, parse_header(batch));
  Bytes buffer;
  TRY(const View plain, plain_records(header, batch, decompressed_max, buffer));
  RecordCursor cursor(header, plain);
  Record record;
  for (;;) {
    TRY(const auto raw, cursor.next());
    if (!raw) return done();
    record.offset = Offset{header.base_offset.raw + raw->offset_delta};
    // Unsigned, because a hostile delta may wrap; the sum is only a number then.
    record.timestamp = header.timestamp_type() == TimestampType::kLogAppendTime
                           ? header.max_timestamp
                           : TimestampMs{static_cast<std::int64_t>(static_cast<std::uint64_t>(header.base_timestamp.raw) +
                                                                   static_cast<std::uint64_t>(raw->timestamp_delta))};
    record.key = raw->key;
    record.value = raw->value;
    decode_headers(*raw, record.headers);
    if (!each(record)) return done();
  }
}

void assign(std::span<std::byte> batch, const Assignment& how) {
  TAKHIN_ASSERT(batch.size() >= kBatchHeaderBytes, "offsets are given to whole batches");
  store_be(batch.data() + layout::kBaseOffset, how.base_offset.raw);
  store_be(batch.data() + layout::kLeaderEpoch, how.leader_epoch.raw);
  if (!how.append_time) return;
  const auto attributes = load_be<std::int16_t>(batch.data() + layout::kAttributes);
  store_be(batch.data() + layout::kAttributes, static_cast<std::int16_t>(attributes | 0x08));
  store_be(batch.data() + layout::kMaxTimestamp, how.append_time->raw);
  store_be(batch.data() + layout::kCrc, crc_of(batch));
}

void set_max_timestamp(std::span<std::byte> batch, TimestampMs newest) {
  TAKHIN_ASSERT(batch.size() >= kBatchHeaderBytes, "times are given to whole batches");
  store_be(batch.data() + layout::kMaxTimestamp, newest.raw);
  store_be(batch.data() + layout::kCrc, crc_of(batch));
}

Result<Bytes> build_batch(std::span<const NewRecord> records, const BatchOptions& options) {
  if (records.empty()) return fail(Kind::kInvalid, "a batch needs a record");
  Bytes plain;
  Bytes scratch;
  TimestampMs newest = records.front().timestamp;
  for (std::size_t i = 0; i < records.size(); ++i) {
    newest = std::max(newest, records[i].timestamp);
    write_record(plain, scratch, records[i], records[i].timestamp.raw - records.front().timestamp.raw, i);
  }
  Bytes packed;
  if (options.codec != Codec::kNone) {
    TRY(packed, compress(options.codec, plain, options.level));
  }
  const View body = options.codec == Codec::kNone ? View(plain) : View(packed);
  const std::size_t length = body.size() + kBatchHeaderBytes - kBatchPrefixBytes;
  if (length > std::numeric_limits<std::int32_t>::max()) return fail(Kind::kInvalid, "a batch of {} bytes is too long", length);

  Bytes out;
  out.reserve(length + kBatchPrefixBytes);
  ByteWriter writer(out);
  writer.be(options.base_offset.raw);
  writer.be(static_cast<std::int32_t>(length));
  writer.be(options.leader_epoch.raw);
  writer.be(kMagic);
  writer.be<std::uint32_t>(0);
  writer.be(attributes_of(options));
  writer.be(static_cast<std::int32_t>(records.size() - 1));
  writer.be(records.front().timestamp.raw);
  writer.be(newest.raw);
  writer.be(options.producer_id);
  writer.be(options.producer_epoch);
  writer.be(options.base_sequence);
  writer.be(static_cast<std::int32_t>(records.size()));
  append(out, body);
  store_be(out.data() + layout::kCrc, crc_of(out));
  return out;
}

}  // namespace takhin::record
