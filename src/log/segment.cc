#include "log/segment.h"

#include <algorithm>

#include "base/log.h"
#include "log/names.h"

namespace takhin::log {
namespace {
/// A few headers of small batches, or one header of a large one: little enough to be cheap, enough to rarely need another.
constexpr std::size_t kHeaderWindowBytes = 4 * kKiB;

template <class Wanted>
Result<std::optional<FoundBatch>> find_first(const File& log, ByteRange range, Wanted wanted) {
  std::array<std::byte, kHeaderWindowBytes> window;
  std::uint64_t at = range.begin;
  while (at < range.end) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(window.size(), range.end - at));
    TRY(const std::size_t got, log.read_at(at, std::span(window).first(want)));
    const std::uint64_t window_begin = at;
    const std::uint64_t window_end = at + got;
    do {
      const auto header = record::parse_header(View(window).first(got).subspan(static_cast<std::size_t>(at - window_begin)));
      if (!header.ok() || at + header->total_bytes() > range.end) return fail(Kind::kCorrupt, "no batch at position {}", at);
      if (wanted(*header)) return std::optional<FoundBatch>({*header, at});
      at += header->total_bytes();
    } while (at + record::kBatchHeaderBytes <= window_end);
  }
  return std::optional<FoundBatch>();
}

}  // namespace

Result<std::optional<FoundBatch>> find_batch(const File& log, ByteRange range, Offset offset) {
  return find_first(log, range, [&](const record::BatchHeader& header) { return header.last_offset() >= offset; });
}
Result<std::optional<FoundBatch>> find_batch(const File& log, ByteRange range, TimestampMs timestamp) {
  return find_first(log, range, [&](const record::BatchHeader& header) { return header.max_timestamp >= timestamp; });
}

Result<std::shared_ptr<File>> write_plain(FileSystem& fs, const std::string& path, View data) {
  TRY(auto file, fs.open(path, OpenMode::kReadWrite));
  TRY(file->truncate(0));
  if (!data.empty()) {
    TRY(file->write_at(0, data).within(path));
  }
  return file;
}

std::optional<RecentBatches::Entry> RecentBatches::find(Offset offset) const {
  std::uint64_t first = count_ > ring_.size() ? count_ - ring_.size() : 0;
  std::uint64_t last = count_;  // the wanted entry, if any, is the last one in [first, last) that begins at or below `offset`
  while (last - first > 1) {
    const std::uint64_t middle = first + (last - first) / 2;
    (ring_[middle % ring_.size()].base <= offset ? first : last) = middle;
  }
  if (first == last) return std::nullopt;
  const Entry& entry = ring_[first % ring_.size()];
  if (offset < entry.base || offset >= entry.end) return std::nullopt;
  return entry;
}

Result<std::shared_ptr<const SegmentData>> SegmentCache::get(const Segment& segment, std::uint64_t index_interval) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto at = entries_.find(segment.base); at != entries_.end()) {
      order_.splice(order_.begin(), order_, at->second.used);
      return at->second.data;
    }
  }
  TRY(auto data, load(segment, index_interval));
  put(segment.base, data);
  return data;
}

void SegmentCache::put(Offset base, std::shared_ptr<const SegmentData> data) {
  const std::scoped_lock lock(mutex_);
  if (const auto at = entries_.find(base); at != entries_.end()) {
    at->second.data = std::move(data);
    order_.splice(order_.begin(), order_, at->second.used);
    return;
  }
  if (entries_.size() >= kOpenSealedMax) {
    entries_.erase(order_.back());
    order_.pop_back();
  }
  order_.push_front(base);
  entries_.emplace(base, Entry{std::move(data), order_.begin()});
}

void SegmentCache::forget(Offset base) {
  const std::scoped_lock lock(mutex_);
  const auto at = entries_.find(base);
  if (at == entries_.end()) return;
  order_.erase(at->second.used);
  entries_.erase(at);
}

void SegmentCache::clear() {
  const std::scoped_lock lock(mutex_);
  entries_.clear();
  order_.clear();
}

Result<std::shared_ptr<const SegmentData>> SegmentCache::load(const Segment& segment, std::uint64_t index_interval) const {
  const auto path = [&](std::string_view suffix) { return segment_path(dir_, segment.base, suffix); };
  auto data = std::make_shared<SegmentData>();
  TRY(data->log, fs_.open(path(kLogSuffix), OpenMode::kRead));
  TRY(const std::uint64_t size, data->log->size());
  if (size < segment.bytes) return fail(Kind::kCorrupt, "{} has {} of {} bytes", path(kLogSuffix), size, segment.bytes);
  auto offsets = read_whole(fs_, path(kOffsetIndexSuffix));
  auto times = read_whole(fs_, path(kTimeIndexSuffix));
  const bool sound = offsets.ok() && times.ok() &&
                     record::check_offset_index(*offsets, segment.base, segment.end, segment.bytes).ok() &&
                     record::check_time_index(*times, segment.base, segment.end).ok();
  if (sound) {
    data->offsets = *std::move(offsets);
    data->times = *std::move(times);
  } else {
    log_warn("log", "{}: indexes are missing or damaged, rebuilding them", path(kLogSuffix));
    TRY(auto built, record::rebuild_indexes(*data->log, segment.bytes, segment.base, index_interval));
    if (built.valid_bytes != segment.bytes) {
      return fail(Kind::kCorrupt, "{} is damaged at position {}", path(kLogSuffix), built.valid_bytes);
    }
    data->offsets = std::move(built.offset_index);
    data->times = std::move(built.time_index);
    TRY(write_atomically(fs_, path(kOffsetIndexSuffix), data->offsets));
    TRY(write_atomically(fs_, path(kTimeIndexSuffix), data->times));
  }
  if (segment.has_txns) {
    TRY(data->txns, read_whole(fs_, path(kTxnIndexSuffix)));
    TRY(record::check_txn_index(data->txns, segment.base, segment.end).within(path(kTxnIndexSuffix)));
  }
  return std::shared_ptr<const SegmentData>(std::move(data));
}

}  // namespace takhin::log
