#include "record/batch_filter.h"

#include <algorithm>
#include <limits>

#include "base/codec.h"
#include "base/crc32c.h"
#include "record/codec.h"
#include "record/layout.h"

namespace takhin::record {
namespace {

constexpr std::int16_t kCodecBits = 0x07;
constexpr std::int16_t kTransactionalBit = 0x10;
constexpr std::int16_t kControlBit = 0x20;

void seal(std::span<std::byte> batch) {
  store_be(batch.data() + layout::kLength, static_cast<std::int32_t>(batch.size() - kBatchPrefixBytes));
  store_be(batch.data() + layout::kCrc, crc32c(View(batch).subspan(layout::kAttributes)));
}

std::size_t varint_bytes(std::int64_t value) {
  Bytes scratch;
  ByteWriter(scratch).varint(value);
  return scratch.size();
}

/// The record again, its timestamp counted from another base.
void append_rebased(Bytes& out, const RawRecord& record, std::int64_t timestamp_delta) {
  // Behind the length, one byte of attributes and the old delta everything is as it was.
  ByteReader old(record.whole);
  old.varint();
  const auto attributes = old.be<std::int8_t>();
  old.varint();
  const View rest = record.whole.subspan(old.position());
  ByteWriter writer(out);
  writer.varint(static_cast<std::int64_t>(1 + varint_bytes(timestamp_delta) + rest.size()));
  writer.be(attributes);
  writer.varint(timestamp_delta);
  append(out, rest);
}

std::int64_t timestamp_of(const BatchHeader& header, const RawRecord& record) {
  if (header.timestamp_type() == TimestampType::kLogAppendTime) return header.max_timestamp.raw;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(header.base_timestamp.raw) +
                                   static_cast<std::uint64_t>(record.timestamp_delta));
}

struct Kept {
  std::vector<RawRecord> records;
  std::int32_t read = 0;
  std::int64_t newest = kNoTimestamp.raw;
  bool has_tombstone = false;
};

Result<Kept> choose(const BatchHeader& header, View plain, const std::function<bool(const RawRecord&)>& keep) {
  Kept out;
  RecordCursor cursor(header, plain);
  for (;;) {
    TRY(auto record, cursor.next());
    if (!record) return out;
    ++out.read;
    if (!keep(*record)) continue;
    out.newest = std::max(out.newest, timestamp_of(header, *record));
    out.has_tombstone |= !record->value;
    out.records.push_back(*std::move(record));
  }
}

}  // namespace

std::optional<TimestampMs> delete_horizon(const BatchHeader& header) {
  if ((header.attributes & kHorizonBit) == 0) return std::nullopt;
  return header.base_timestamp;
}

Result<Filtered> filter_batch(const BatchHeader& header, View batch, const FilterOrder& order,
                              const std::function<bool(const RawRecord&)>& keep, Bytes& out) {
  Bytes buffer;
  TRY(const View plain, plain_records(header, batch, order.plain_max, buffer));
  TRY(const Kept kept, choose(header, plain, keep));
  Filtered filtered{.read = kept.read, .kept = static_cast<std::int32_t>(kept.records.size())};
  if (kept.records.empty()) return filtered;
  const bool rebase = order.horizon && !delete_horizon(header) && (kept.has_tombstone || order.needs_horizon);
  if (filtered.kept == filtered.read && !rebase) {
    append(out, batch);
    filtered.same = true;
    return filtered;
  }
  Bytes body;
  body.reserve(plain.size());
  for (const RawRecord& record : kept.records) {
    if (rebase) {
      append_rebased(body, record, timestamp_of(header, record) - order.horizon->raw);
    } else {
      append(body, record.whole);
    }
  }
  if (header.codec() != Codec::kNone) {
    TRY(body, compress(header.codec(), body));
  }
  const std::size_t at = out.size();
  append(out, batch.first(kBatchHeaderBytes));
  append(out, body);
  const std::span<std::byte> made = std::span(out).subspan(at);
  if (made.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    return fail(Kind::kInvalid, "batch at offset {} would become {} bytes", header.base_offset.raw, made.size());
  }
  if (rebase) {
    store_be(made.data() + layout::kAttributes, static_cast<std::int16_t>(header.attributes | kHorizonBit));
    store_be(made.data() + layout::kBaseTimestamp, order.horizon->raw);
  }
  if (header.timestamp_type() == TimestampType::kCreateTime) store_be(made.data() + layout::kMaxTimestamp, kept.newest);
  store_be(made.data() + layout::kRecordCount, filtered.kept);
  seal(made);
  return filtered;
}

void append_empty_batch(Bytes& out, const BatchHeader& of, bool anonymous) {
  const std::size_t at = out.size();
  out.resize(at + kBatchHeaderBytes);
  const std::span<std::byte> made = std::span(out).subspan(at);
  int attributes = of.attributes & ~(kCodecBits | kHorizonBit);
  if (anonymous) attributes &= ~(kTransactionalBit | kControlBit);
  store_be(made.data() + layout::kBaseOffset, of.base_offset.raw);
  store_be(made.data() + layout::kLeaderEpoch, of.leader_epoch.raw);
  store_be(made.data() + layout::kMagic, kMagic);
  store_be(made.data() + layout::kAttributes, static_cast<std::int16_t>(attributes));
  store_be(made.data() + layout::kLastOffsetDelta, of.last_offset_delta);
  store_be(made.data() + layout::kBaseTimestamp, kNoTimestamp.raw);
  store_be(made.data() + layout::kMaxTimestamp, anonymous ? kNoTimestamp.raw : of.max_timestamp.raw);
  store_be(made.data() + layout::kProducerId, anonymous ? std::int64_t{-1} : of.producer_id);
  store_be(made.data() + layout::kProducerEpoch, anonymous ? std::int16_t{-1} : of.producer_epoch);
  store_be(made.data() + layout::kBaseSequence, anonymous ? -1 : of.base_sequence);
  store_be(made.data() + layout::kRecordCount, std::int32_t{0});
  seal(made);
}

}  // namespace takhin::record
