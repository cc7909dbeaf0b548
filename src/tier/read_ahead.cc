#include "tier/read_ahead.h"

#include <algorithm>

namespace takhin::tier {
namespace {

/// One reader's window must leave room for what others read.
constexpr std::uint64_t kCacheShare = 4;

std::uint64_t window_limit(const EngineOptions& options) {
  const std::uint64_t limit = std::min(options.readahead_bytes_max, options.cache_bytes_max / kCacheShare);
  return limit < options.chunk_bytes ? 0 : limit;  // a cache of a few chunks has no room for guesses
}

}  // namespace

ReadAhead::ReadAhead(FetchDeps& deps, TailStore& tails, Fetcher& fetcher, LocalCopies& local)
    : deps_(deps),
      tails_(tails),
      fetcher_(fetcher),
      local_(local),
      window_max_(window_limit(deps.options)),
      window_first_(std::min(kFirstChunks * deps.options.chunk_bytes, window_max_)),
      // A quarter of the threads stays free for those who wait.
      flights_max_(std::max<std::size_t>(1, deps.options.fetch_threads * 3 / 4)) {}

std::uint64_t ReadAhead::window_at(const ColdSegment& segment, ByteRange missing) {
  if (window_max_ == 0) return 0;
  const PartitionKey key{segment.partition.topic_id, segment.partition.partition};
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto at = shard.partitions.find(key);
  if (at == shard.partitions.end()) return 0;
  const Reader* const reader = reader_at(at->second, segment, missing.begin);
  // A cached run ends where this chunk begins, or it was cut inside of this chunk before that was evicted.
  return reader == nullptr ? 0 : std::max(reader->window, window_first_);
}

void ReadAhead::on_read(const ColdSegment& segment, ByteRange read) {
  if (window_max_ == 0) return;
  const PartitionKey key{segment.partition.topic_id, segment.partition.partition};
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const std::uint64_t tick = ++shard.tick;
  Readers& readers = shard.partitions[key];
  readers.used = tick;
  if (Reader* const reader = reader_at(readers, segment, read.begin)) {
    reader->used = tick;
    advance(*reader, segment, read);
    fetch_ahead(*reader, segment.partition);
  } else {
    begin(readers, segment, read, tick);
  }
  if (shard.partitions.size() > kPartitionsMax / kShards) forget_one(shard);
}

// The reader that goes on at `position`: inside or at the end of what it got (the last batch may have been cut), or at
// the start of
// the segment after the one it finished.
ReadAhead::Reader* ReadAhead::reader_at(Readers& readers, const ColdSegment& segment, std::uint64_t position) {
  const Offset base = segment.entry.segment.base;
  for (Reader& reader : readers.readers) {
    const bool same = reader.base == base && reader.last.begin <= position && position <= reader.last.end;
    const bool next = reader.segment_end <= base && reader.last.end == reader.log_bytes && position == 0;
    if (same || next) return &reader;
  }
  return nullptr;
}

void ReadAhead::forget_one(Shard& shard) {
  const auto oldest = std::ranges::min_element(shard.partitions, {}, [](const auto& partition) { return partition.second.used; });
  shard.partitions.erase(oldest);
}

void ReadAhead::begin(Readers& readers, const ColdSegment& segment, ByteRange read, std::uint64_t tick) {
  if (readers.readers.size() == kReadersMax) readers.readers.erase(std::ranges::min_element(readers.readers, {}, &Reader::used));
  const SegmentEntry& entry = segment.entry.segment;
  readers.readers.push_back({entry.base, entry.end, entry.log_bytes, read, 0, 0, segment.entry, read.end,
                             deps_.cache.stats().wasted_bytes, tick});
}

void ReadAhead::advance(Reader& reader, const ColdSegment& segment, ByteRange read) {
  const SegmentEntry& entry = segment.entry.segment;
  const bool same = reader.base == entry.base;
  const std::uint64_t from = same ? reader.last.end : 0;
  if (same && read.end <= from) return;  // asked for the same again
  const std::uint64_t progress = read.end - from;
  reader.ahead -= std::min(reader.ahead, progress);
  reader.base = entry.base;
  reader.segment_end = entry.end;
  reader.log_bytes = entry.log_bytes;
  reader.last = read;
  const std::uint64_t wasted = deps_.cache.stats().wasted_bytes;
  if (std::exchange(reader.wasted, wasted) != wasted) {
    reader.window = 0;
  } else {
    reader.window = std::clamp(reader.window * 2, window_first_, window_max_);
  }
  if (reader.ahead == 0) {
    reader.next = segment.entry;
    reader.next_position = read.end;
  }
}

void ReadAhead::fetch_ahead(Reader& reader, const PartitionRef& partition) {
  while (reader.ahead < reader.window && fetcher_.ahead_flights() < flights_max_ &&
         deps_.cache.stats().ahead_bytes < deps_.options.cache_bytes_max / 2) {
    if (reader.next_position >= reader.next.segment.log_bytes) {
      if (!next_segment(reader, partition)) return;
    } else if (!step(reader, {partition, reader.next})) {
      return;
    }
  }
}

bool ReadAhead::next_segment(Reader& reader, const PartitionRef& partition) {
  auto next = deps_.catalog.find(partition, reader.next.segment.end);
  if (!next || next->segment.end <= reader.next.segment.end) return false;
  reader.next = *std::move(next);
  reader.next_position = 0;
  return true;
}

// One more GET for this reader; false when that has to wait.
bool ReadAhead::step(Reader& reader, const ColdSegment& next) {
  const auto passed_to = [&](std::uint64_t position) {
    reader.ahead += position - reader.next_position;
    reader.next_position = position;
  };
  const std::uint64_t log_bytes = next.entry.segment.log_bytes;
  if (local_.has(next.partition, next.entry.segment.base)) return passed_to(log_bytes), true;
  const auto run_limit = [window = reader.window](const Tail& tail, std::uint64_t from) {
    const std::uint64_t to = from + window;
    return to >= tail.log_bytes ? tail.chunks.size() : std::max(tail.chunk_at(to), tail.chunk_at(from) + 1);
  };
  if (const auto tail = tails_.peek(next.id())) {
    const std::size_t first = tail->chunk_at(reader.next_position);
    const std::size_t end = fetcher_.prefetch(next, tail, first, run_limit(*tail, reader.next_position));
    if (end == first) return false;
    return passed_to(end == tail->chunks.size() ? log_bytes : tail->chunks[end].log_position), true;
  }
  if (next.entry.object_bytes <= deps_.options.fetch_bytes_max && log_bytes <= window_max_) {
    if (!tails_.load_ahead(next, [](const TailStore::TailPtr&) {})) return false;
    return passed_to(log_bytes), true;
  }
  const bool asked = tails_.load_ahead(next, [this, next, run_limit](const TailStore::TailPtr& tail) {
    static_cast<void>(fetcher_.prefetch(next, tail, 0, run_limit(*tail, 0)));
  });
  static_cast<void>(asked);  // refused or not: its chunks can be named only once the tail is here
  return false;
}

}  // namespace takhin::tier
