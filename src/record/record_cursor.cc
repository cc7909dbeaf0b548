#include "record/record_cursor.h"

#include "record/codec.h"

namespace takhin::record {
namespace {

/// Length-prefixed bytes where -1 means null; a reader that failed is noticed by the caller.
std::optional<View> nullable_bytes(ByteReader& reader) {
  const std::int64_t size = reader.varint();
  if (size == -1) return std::nullopt;
  if (size < 0) {
    reader.fail();
    return std::nullopt;
  }
  return reader.bytes(static_cast<std::size_t>(size));
}

bool skip_headers(ByteReader& reader, std::int32_t count) {
  for (std::int32_t i = 0; i < count && reader.ok(); ++i) {
    if (!nullable_bytes(reader)) return false;  // a header's key is never null
    nullable_bytes(reader);
  }
  return reader.ok();
}

}  // namespace

Result<std::optional<RawRecord>> RecordCursor::next() {
  if (seen_ == header_.record_count) {
    if (reader_.left() > 0) return fail(Kind::kCorrupt, "{} bytes after the last record", reader_.left());
    return std::optional<RawRecord>{};
  }
  const View rest = plain_.subspan(reader_.position());
  const std::int64_t size = reader_.varint();
  if (!reader_.ok() || size < 0 || static_cast<std::uint64_t>(size) > reader_.left()) {
    return fail(Kind::kCorrupt, "record {} of {} does not fit its batch", seen_, header_.record_count);
  }
  const View body = reader_.bytes(static_cast<std::size_t>(size));
  ByteReader in(body);
  RawRecord record;
  record.whole = rest.first(rest.size() - reader_.left());
  in.be<std::int8_t>();  // attributes, unused so far
  record.timestamp_delta = in.varint();
  const std::int64_t delta = in.varint();
  record.key = nullable_bytes(in);
  record.value = nullable_bytes(in);
  const std::int64_t headers = in.varint();
  if (!in.ok() || headers < 0 || static_cast<std::uint64_t>(headers) > in.left()) {
    return fail(Kind::kCorrupt, "record {} of {} is malformed", seen_, header_.record_count);
  }
  record.header_count = static_cast<std::int32_t>(headers);
  record.headers = body.subspan(in.position());
  if (!skip_headers(in, record.header_count) || in.left() > 0) {
    return fail(Kind::kCorrupt, "record {} of {} has malformed headers", seen_, header_.record_count);
  }
  if (delta <= last_delta_ || delta > header_.last_offset_delta) {
    return fail(Kind::kCorrupt, "record {} of {} has offset delta {}", seen_, header_.record_count, delta);
  }
  record.offset_delta = last_delta_ = static_cast<std::int32_t>(delta);
  if (seen_ == header_.last_offset_delta && record.offset_delta != seen_) {
    return fail(Kind::kCorrupt, "offset deltas have gaps though no record is missing");
  }
  ++seen_;
  return std::optional<RawRecord>(record);
}

Result<View> plain_records(const BatchHeader& header, View batch, std::size_t plain_max, Bytes& buffer) {
  if (header.length < 0 || batch.size() < kBatchHeaderBytes || batch.size() != header.total_bytes()) {
    return fail(Kind::kCorrupt, "batch of {} bytes says it has {}", batch.size(), header.total_bytes());
  }
  const View body = batch.subspan(kBatchHeaderBytes);
  if (header.codec() == Codec::kNone) return body;
  TRY(buffer, decompress(header.codec(), body, plain_max));
  return View(buffer);
}

void decode_headers(const RawRecord& record, std::vector<Header>& out) {
  out.clear();
  ByteReader in(record.headers);
  for (std::int32_t i = 0; i < record.header_count; ++i) {
    const auto key = nullable_bytes(in);
    const auto value = nullable_bytes(in);
    TAKHIN_ASSERT(in.ok() && key.has_value(), "the cursor checked these headers");
    out.push_back({text_of(*key), value});
  }
}

}  // namespace takhin::record
