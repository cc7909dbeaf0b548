#include "tier/cold_reader.h"

#include <algorithm>

#include "base/log.h"
#include "tier/batch_seek.h"
#include "tier/catalog_index.h"
#include "tier/read_ahead.h"
#include "tier/restorer.h"

namespace takhin::tier {
namespace {

/// What the cache counts for itself becomes metrics when somebody looks. Holds the cache weakly: metrics may outlive the engine.
void export_cache(metrics::Metrics& metrics, const std::shared_ptr<SparseCache>& cache) {
  struct Exported {
    metrics::Counter evictions, rejected, wasted;
    metrics::Gauge bytes;
    SparseCache::Stats last;
  };
  auto exported = std::make_shared<Exported>();
  exported->evictions = metrics.counter(kCacheEvictions);
  exported->rejected = metrics.counter(kCacheRejected);
  exported->wasted = metrics.counter(kReadAheadWastedBytes);
  exported->bytes = metrics.gauge(kCacheBytes);
  metrics.at_scrape([exported, weak = std::weak_ptr(cache)] {
    const auto cache = weak.lock();
    if (!cache) return;
    const auto now = cache->stats();
    exported->evictions.add(static_cast<double>(now.evictions - exported->last.evictions));
    exported->rejected.add(static_cast<double>(now.rejected - exported->last.rejected));
    exported->wasted.add(static_cast<double>(now.wasted_bytes - exported->last.wasted_bytes));
    exported->bytes.set(static_cast<double>(now.bytes));
    exported->last = now;
  });
}

/// From the batch on: up to `bytes_max`, what is there, but the batch in any case.
ByteRange cut(const FoundBatch& batch, ByteRange there, std::uint64_t bytes_max) {
  const std::uint64_t room = there.end - batch.range.begin;
  return {batch.range.begin, std::max(batch.range.end, batch.range.begin + std::min(bytes_max, room))};
}

class ColdReaderImpl final : public ColdReader {
 public:
  ColdReaderImpl(const EngineDeps& deps, const EngineOptions& options, const Catalog& catalog, std::shared_ptr<SparseCache> cache)
      : options_(options),
        cache_(std::move(cache)),
        counters_(deps.metrics),
        pool_("cold-read", options.fetch_threads, options.fetch_queue_max),
        deps_{deps.store, deps.files, deps.clock, catalog, options_, *cache_, counters_, pool_, deps.keys},
        local_(deps.files),
        tails_(deps_),
        fetcher_(deps_, tails_),
        restorer_(deps_, tails_, fetcher_, local_),
        ahead_(deps_, tails_, fetcher_, local_) {
    export_cache(deps.metrics, cache_);
  }
  ~ColdReaderImpl() override { pool_.stop(); }  // while the parts its tasks land in are still there

  Result<std::shared_ptr<const Tail>> tail(const PartitionRef& partition, const SegmentEntry& entry, Deadline deadline) override {
    if (auto known = tails_.peek(entry.id)) return known;
    TRY(const ColdSegment segment, resolve(partition, entry, deadline));
    return tails_.get(segment, deadline);
  }

  Result<FileSlice> log_range(const PartitionRef& partition, const SegmentEntry& entry, ByteRange range,
                              Deadline deadline) override;

  std::optional<ColdSlice> at_hand(const CatalogPartition& partition, Offset offset, std::uint64_t bytes_max) override {
    auto slice = read_once(partition, offset, bytes_max, std::nullopt);
    if (!slice.ok()) return std::nullopt;
    counters_.hit();
    return *std::move(slice);
  }

  Result<ColdSlice> read(const CatalogPartition& partition, Offset offset, std::uint64_t bytes_max, Deadline deadline) override {
    if (auto slice = at_hand(partition, offset, bytes_max)) return *std::move(slice);
    counters_.miss();
    const Steady began = deps_.clock.steady();
    const auto entry = deps_.catalog.find(partition, offset);
    auto slice = read_once(partition, offset, bytes_max, deadline);
    if (!slice.ok() && slice.error().kind == Kind::kNotFound) {
      // The object was replaced or removed under us. The catalogue may know its successor by now.
      const auto now = deps_.catalog.find(partition, offset);
      if (entry) forget_object(entry->segment.id);
      if (now && (!entry || now->segment.id != entry->segment.id)) slice = read_once(partition, offset, bytes_max, deadline);
    }
    counters_.seconds.observe(std::chrono::duration<double>(deps_.clock.steady() - began).count());
    return slice;
  }

  Result<> restore(const PartitionRef& partition, const SegmentEntry& entry, const std::string& dir, Deadline deadline) override {
    TRY(const ColdSegment segment, resolve(partition, entry, deadline));
    return restorer_.restore(segment, dir, deadline);
  }
  Result<> add_local_copy(const PartitionRef& partition, const SegmentEntry& entry, const std::string& dir) override {
    return local_.add(partition, entry, dir);
  }
  Result<> drop_local_copy(const PartitionRef& partition, Offset base) override { return local_.drop(partition, base); }
  bool has_local_copy(const PartitionRef& partition, Offset base) const override { return local_.has(partition, base); }

  void forget(const PartitionRef& partition, std::span<const SegmentEntry> entries) override {
    for (const SegmentEntry& entry : entries) {
      local_.forget(partition, entry);
      forget_object(entry.id);
    }
  }

  Stats stats() const override {
    return {counters_.hit_count, counters_.miss_count, cache_->stats().bytes, counters_.downloaded_bytes};
  }

 private:
  void forget_object(const Uuid& id) {
    tails_.forget(id);
    fetcher_.forget(id);
    cache_->forget(id);
  }

  /// The object's size is the catalogue's to know; an entry it has lost costs 1 HEAD.
  Result<ColdSegment> resolve(const PartitionRef& partition, const SegmentEntry& entry, Deadline deadline) {
    if (auto known = deps_.catalog.find(partition, entry.base); known && known->segment.id == entry.id) {
      return ColdSegment{partition, *std::move(known)};
    }
    ColdSegment segment{partition, {entry, 0}};
    TRY(const auto info, deps_.store.head(segment.key(), deadline));
    segment.entry.object_bytes = info.size;
    return segment;
  }

  Result<ColdSlice> read_once(const CatalogPartition& partition, Offset offset, std::uint64_t bytes_max,
                              std::optional<Deadline> fetch);
  Result<std::optional<FileSlice>> read_local(const ColdSegment& segment, const LocalCopies::Opened& copy, Offset offset,
                                              std::uint64_t bytes_max);
  Result<std::optional<FileSlice>> read_segment(const ColdSegment& segment, Offset offset, std::uint64_t bytes_max,
                                                std::optional<Deadline> fetch);
  Result<FileSlice> chunks_from(const ColdSegment& segment, const TailStore::TailPtr& tail, std::size_t first,
                                std::uint64_t bytes_from_start, std::optional<Deadline> fetch);
  Result<FileSlice> copy_range(const ColdSegment& segment, const TailStore::TailPtr& tail, ByteRange range, Deadline deadline);

  const EngineOptions options_;
  const std::shared_ptr<SparseCache> cache_;
  ColdCounters counters_;
  WorkerPool pool_;
  FetchDeps deps_;
  LocalCopies local_;
  TailStore tails_;
  Fetcher fetcher_;
  Restorer restorer_;
  ReadAhead ahead_;
};

// Without `fetch` only what is on local disk; its errors then only mean "not at hand".
Result<ColdSlice> ColdReaderImpl::read_once(const CatalogPartition& partition, Offset offset, std::uint64_t bytes_max,
                                            std::optional<Deadline> fetch) {
  auto entry = deps_.catalog.find(partition, offset);
  while (entry) {
    const ColdSegment segment{partition.ref(), *entry};
    TRY(auto slice, read_segment(segment, offset, bytes_max, fetch));
    if (slice) return ColdSlice{*std::move(slice), entry->segment.base};
    // Compaction removed the segment's last records: the next batch is in the next segment.
    const Offset end = entry->segment.end;
    entry = deps_.catalog.find(partition, end);
    if (entry && entry->segment.end <= end) break;
  }
  return fail(Kind::kOutOfRange, "{} has no archived offset {}", partition.ref().name(), offset.raw);
}

Result<std::optional<FileSlice>> ColdReaderImpl::read_segment(const ColdSegment& segment, Offset offset, std::uint64_t bytes_max,
                                                              std::optional<Deadline> fetch) {
  if (const auto copy = local_.open(segment.partition, segment.entry.segment)) {
    return read_local(segment, *copy, offset, bytes_max);
  }
  TailStore::TailPtr tail = tails_.peek(segment.id());
  if (!tail) {
    if (!fetch) return fail(Kind::kUnavailable, "not at hand");
    TRY(tail, tails_.get(segment, *fetch));
  }
  const View index = tail->section(SectionKind::kOffsetIndex);
  for (std::size_t i = tail->chunk_of(offset); i < tail->chunks.size(); ++i) {
    const ByteRange chunk = tail->chunks[i].log_range();
    const std::uint64_t start = indexed_position(index, segment.entry.segment.base, offset, chunk);
    TRY(FileSlice there, chunks_from(segment, tail, i, start - chunk.begin + bytes_max, fetch));
    auto batch = find_batch(*there.file, start, chunk.end, offset);
    if (!batch.ok() && start != chunk.begin) batch = find_batch(*there.file, chunk.begin, chunk.end, offset);
    if (!batch.ok()) return std::move(batch).error().within(segment.key().name);
    if (!*batch) continue;  // compacted away; the next chunk begins with the next batch
    there.range = cut(**batch, there.range, bytes_max);
    cache_->touch(segment.id(), there.range);
    ahead_.on_read(segment, there.range);
    return std::optional(std::move(there));
  }
  return std::optional<FileSlice>();
}

// Chunk `first` and, as far as they are there without a gap or come with the same GET, those after it that hold its first bytes.
Result<FileSlice> ColdReaderImpl::chunks_from(const ColdSegment& segment, const TailStore::TailPtr& tail, std::size_t first,
                                              std::uint64_t bytes_from_start, std::optional<Deadline> fetch) {
  const auto& chunks = tail->chunks;
  const auto past = [&](std::uint64_t bytes) {  // first chunk that begins at or behind the last of so many bytes
    const std::uint64_t left = tail->log_bytes - chunks[first].log_position;
    if (bytes >= left) return chunks.size();
    return std::max(first + 1, tail->chunk_at(chunks[first].log_position + bytes - (bytes > 0 ? 1 : 0)) + 1);
  };
  const std::size_t last = past(bytes_from_start);
  if (!fetch) {
    if (auto slice = fetcher_.at_hand(segment.id(), first, last)) return *std::move(slice);
    return fail(Kind::kUnavailable, "not at hand");
  }
  const std::uint64_t window = ahead_.window_at(segment, chunks[first].log_range());
  const std::size_t ahead_last = std::max(last, past(std::max(bytes_from_start, window)));
  return fetcher_.load(segment, tail, first, last, ahead_last, *fetch);
}

Result<std::optional<FileSlice>> ColdReaderImpl::read_local(const ColdSegment& segment, const LocalCopies::Opened& copy,
                                                            Offset offset, std::uint64_t bytes_max) {
  const ByteRange log{0, segment.entry.segment.log_bytes};
  const std::uint64_t start = indexed_position(copy.index, segment.entry.segment.base, offset, log);
  auto batch = find_batch(*copy.log, start, log.end, offset);
  if (!batch.ok() && start != 0) batch = find_batch(*copy.log, 0, log.end, offset);
  if (!batch.ok()) return std::move(batch).error().within("local copy of " + segment.key().name);
  if (!*batch) return std::optional<FileSlice>();
  const ByteRange range = cut(**batch, log, bytes_max);
  ahead_.on_read(segment, range);
  return std::optional(FileSlice{copy.log, range});
}

Result<FileSlice> ColdReaderImpl::log_range(const PartitionRef& partition, const SegmentEntry& entry, ByteRange range,
                                            Deadline deadline) {
  if (range.end > entry.log_bytes || range.begin > range.end) {
    return fail(Kind::kOutOfRange, "bytes {}..{} of a log of {}", range.begin, range.end, entry.log_bytes);
  }
  if (const auto copy = local_.open(partition, entry)) return FileSlice{copy->log, range};
  if (range.empty()) return FileSlice{std::make_shared<MemoryFile>(range.begin, Bytes()), range};
  TRY(const ColdSegment segment, resolve(partition, entry, deadline));
  TRY(const auto tail, tails_.get(segment, deadline));
  const std::size_t first = tail->chunk_at(range.begin);
  const std::size_t last = tail->chunk_at(range.end - 1) + 1;
  TRY(FileSlice there, fetcher_.load(segment, tail, first, last, last, deadline));
  if (there.range.end < range.end) return copy_range(segment, tail, range, deadline);
  there.range = range;
  cache_->touch(segment.id(), range);
  return there;
}

// Larger than one GET, or than the cache holds at a time: put together in memory, as large as the caller asked for.
Result<FileSlice> ColdReaderImpl::copy_range(const ColdSegment& segment, const TailStore::TailPtr& tail, ByteRange range,
                                             Deadline deadline) {
  Bytes bytes(range.size());
  const std::size_t last = tail->chunk_at(range.end - 1) + 1;
  for (std::uint64_t at = range.begin; at < range.end;) {
    TRY(const FileSlice there, fetcher_.load(segment, tail, tail->chunk_at(at), last, last, deadline));
    const ByteRange part{at, std::min(there.range.end, range.end)};
    TRY(const std::size_t got, there.file->read_at(part.begin, std::span(bytes).subspan(at - range.begin, part.size())));
    if (got != part.size()) return fail(Kind::kCorrupt, "{}: cached bytes end early", segment.key().name);
    cache_->touch(segment.id(), part);
    at = part.end;
  }
  return FileSlice{std::make_shared<MemoryFile>(range.begin, std::move(bytes)), range};
}

}  // namespace

Result<std::unique_ptr<ColdReader>> ColdReader::open(const EngineDeps& deps, const EngineOptions& options,
                                                     const Catalog& catalog) {
  TRY(auto cache, SparseCache::open(deps.files, options.cache_dir, options.cache_bytes_max));
  return std::unique_ptr<ColdReader>(std::make_unique<ColdReaderImpl>(deps, options, catalog, std::move(cache)));
}

}  // namespace takhin::tier
