#include "record/index_builder.h"

#include <algorithm>

namespace takhin::record {
namespace {
constexpr std::size_t kWindowBytes = kMiB;
}

IndexBuilder::IndexBuilder(Offset base, std::uint64_t interval_bytes, Bytes offsets, Bytes times)
    : base_(base), interval_(interval_bytes), offsets_(std::move(offsets)), times_(std::move(times)) {
  const std::size_t entries = times_.size() / kTimeEntryBytes;
  if (entries > 0) newest_ = time_entry(times_, base_, entries - 1);
}

void IndexBuilder::add(const BatchHeader& header, std::uint64_t position) {
  // A batch that compaction emptied keeps its timestamp, but no record has it.
  if (header.record_count > 0 && header.max_timestamp > newest_.timestamp) {
    newest_ = {.timestamp = header.max_timestamp, .offset = header.last_offset()};
  }
  if (since_entry_ > interval_) {
    append_entry(offsets_, base_, OffsetEntry{.offset = header.last_offset(), .position = position});
    add_time();
    since_entry_ = 0;
  }
  since_entry_ += header.total_bytes();
}

void IndexBuilder::add_time() {
  const std::size_t entries = times_.size() / kTimeEntryBytes;
  const TimestampMs last = entries == 0 ? kNoTimestamp : time_entry(times_, base_, entries - 1).timestamp;
  if (newest_.timestamp > last) append_entry(times_, base_, newest_);
}

Result<std::uint64_t> scan_batches(const File& log, ByteRange range,
                                   const std::function<Result<Scan>(const ScannedBatch&)>& each) {
  std::uint64_t at = range.begin;
  std::size_t want = kWindowBytes;
  Bytes window;
  while (at < range.end) {
    window.resize(static_cast<std::size_t>(std::min<std::uint64_t>(want, range.end - at)));
    TRY(const std::size_t got, log.read_at(at, window));
    BatchCursor cursor{View(window).first(got)};
    std::size_t passed = 0;
    while (const auto header = cursor.next()) {
      TRY(const Scan scan, each({.header = *header, .bytes = cursor.batch(), .position = at + passed}));
      if (scan == Scan::kStop) return at + passed;
      passed = cursor.valid_bytes();
    }
    at += passed;
    if (got < window.size()) return at;  // the file is shorter than promised
    want = kWindowBytes;
    if (passed > 0) continue;
    const auto header = parse_header(window);
    if (!header.ok() || at + header->total_bytes() > range.end) return at;
    want = header->total_bytes();
  }
  return at;
}

Result<BuiltIndexes> rebuild_indexes(const File& log, std::uint64_t log_bytes, Offset base, std::uint64_t interval_bytes) {
  IndexBuilder builder(base, interval_bytes);
  BuiltIndexes out;
  out.end = base;
  TRY(out.valid_bytes, scan_batches(log, {0, log_bytes}, [&](const ScannedBatch& batch) -> Result<Scan> {
        const bool rises = batch.header.base_offset >= out.end && batch.header.last_offset().raw - base.raw <= INT32_MAX;
        if (!rises || !crc_matches(batch.bytes)) return Scan::kStop;
        builder.add(batch.header, batch.position);
        out.end = batch.header.next_offset();
        out.last_epoch = std::max(out.last_epoch, batch.header.leader_epoch);
        return Scan::kGoOn;
      }));
  builder.finish();
  out.newest = builder.newest();
  out.offset_index = builder.offsets();
  out.time_index = builder.times();
  return out;
}

}  // namespace takhin::record
