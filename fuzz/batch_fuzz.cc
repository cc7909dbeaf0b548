// Bytes that pretend to be record batches: headers, walks, records, compressed bodies, markers, indexes. The crc would
// keep the fuzzer out of nothing here: none of these functions looks at it.

#include <span>

#include "record/codec.h"
#include "record/control.h"
#include "record/index_format.h"

namespace {

using namespace takhin;

constexpr std::size_t kPlainMax = 256 * kKiB;

void walk_batches(View given) {
  record::BatchCursor cursor(given);
  std::size_t before = 0;
  while (const auto header = cursor.next()) {
    TAKHIN_ASSERT(cursor.batch().size() == header->total_bytes(), "a batch of another size than it says");
    TAKHIN_ASSERT(cursor.valid_bytes() == before + header->total_bytes() && cursor.valid_bytes() <= given.size(),
                  "a walk past the end");
    before = cursor.valid_bytes();
    std::int64_t last = header->base_offset.raw - 1;
    std::int32_t seen = 0;
    const auto walked = record::for_each_record(cursor.batch(), kPlainMax, [&](const record::Record& record) {
      TAKHIN_ASSERT(record.offset.raw > last && record.offset <= header->last_offset(), "an offset outside of its batch");
      last = record.offset.raw;
      ++seen;
      return true;
    });
    TAKHIN_ASSERT(!walked.ok() || seen == header->record_count, "a batch with another count than it says");
    if (header->is_control()) (void)record::marker_of(cursor.batch());
    Bytes copy = copy_of(cursor.batch());
    record::assign(copy, {.base_offset = Offset{7}, .leader_epoch = LeaderEpoch{1}, .append_time = TimestampMs{5}});
    TAKHIN_ASSERT(record::crc_matches(copy), "a stamped batch has a sound crc");
  }
}

void check_codec(record::Codec codec, View given) {
  const auto plain = record::decompress(codec, given, kPlainMax);
  TAKHIN_ASSERT(!plain.ok() || plain->size() <= kPlainMax, "more than was allowed");
  const auto packed = record::compress(codec, given);
  TAKHIN_ASSERT(packed.ok(), "any bytes can be compressed");
  const auto back = record::decompress(codec, *packed, given.size());
  TAKHIN_ASSERT(back.ok() && *back == copy_of(given), "compressed bytes come back");
}

void check_indexes(View given) {
  constexpr Offset kBase{100};
  constexpr Offset kEnd{100'000};
  if (record::check_offset_index(given, kBase, kEnd, kMiB).ok()) {
    const auto found = record::floor_offset(given, kBase, Offset{5000});
    TAKHIN_ASSERT(found.offset <= Offset{5000} && found.position < kMiB, "a search that overshoots");
  }
  if (record::check_time_index(given, kBase, kEnd).ok()) {
    TAKHIN_ASSERT(record::floor_time(given, kBase, TimestampMs{5000}).timestamp <= TimestampMs{5000}, "a search that overshoots");
  }
  if (record::check_txn_index(given, kBase, kEnd).ok()) {
    std::vector<record::TxnEntry> out;
    record::aborted_between(given, Offset{150}, Offset{5000}, out);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View given(reinterpret_cast<const std::byte*>(data), size);
  (void)record::parse_header(given);
  walk_batches(given);
  if (size == 0) return 0;
  check_codec(static_cast<record::Codec>(data[0] % 5), given.subspan(1));
  check_indexes(given.subspan(1));
  return 0;
}
