#include "tier/engine.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/log.h"
#include "base/worker_pool.h"
#include "tier/archiver.h"
#include "tier/bucket.h"
#include "tier/catalog_index.h"
#include "tier/cold_reader.h"
#include "tier/format.h"
#include "tier/gates.h"
#include "tier/merger.h"
#include "tier/metrics.h"
#include "tier/queries.h"
#include "tier/verifier.h"

namespace takhin::tier {
namespace {

/// Younger unfinished uploads may belong to another process that shares the bucket.
constexpr std::chrono::hours kUploadGrace{24};
/// The sweep at start holds up a stop for no longer than this.
constexpr std::chrono::seconds kSweepTime{3};
constexpr std::size_t kSweepQueueMax = 1;
/// The note that holds a partition's log start, once it is durable in the bucket.
constexpr std::string_view kLogStart = "log_start";
/// The note of a partition whose objects were all listed into this catalogue, whatever it was told of single ones.
constexpr std::string_view kListed = "listed";

class TierEngine final : public Engine {
 public:
  TierEngine(EngineDeps deps, EngineOptions options, std::unique_ptr<Catalog> catalog, std::unique_ptr<ColdReader> cold)
      : deps_(deps),
        options_(std::move(options)),
        catalog_(std::move(catalog)),
        cold_(std::move(cold)),
        bucket_(deps.store, deps.clock),
        gates_(deps.clock),
        log_start_gates_(deps.clock),
        archiver_(deps_, options_, *catalog_, gates_),
        merger_(deps_, options_, *catalog_, *cold_, archiver_, bucket_),
        queries_(*catalog_, *cold_),
        restores_(OperationCounter::make(deps.metrics, kRestoreOperations)),
        sweeper_("tier-sweep", options_.fetch_threads == 0 ? 0 : 1, kSweepQueueMax) {}

  Result<> start() {
    return sweeper_.submit([this] {
      const auto swept = abort_old_uploads(Deadline::in(deps_.clock, kSweepTime));
      if (!swept.ok()) log_info("tier", "unfinished uploads not looked for: {}", swept.error().text);
    });
  }

  // ---- archive
  Result<SegmentEntry> archive(const SealedSegment& segment, Deadline deadline) override {
    return archiver_.archive(segment, deadline);
  }
  Result<> verify(const PartitionRef& partition, Offset base, VerifyDepth depth, Deadline deadline) override;

  Result<std::optional<SegmentEntry>> merge(const PartitionRef& partition, const MergeOrder& order, Deadline deadline) override {
    TRY(const auto hold, gates_.enter(partition, deadline));
    TRY(archiver_.settle(partition, deadline).within("settle an earlier attempt"));
    return merger_.merge(partition, order, deadline);
  }
  Result<std::size_t> remove_replaced(const PartitionRef& partition, Deadline deadline) override {
    TRY(const auto hold, gates_.enter(partition, deadline));
    return merger_.remove_replaced(partition, deadline);
  }

  // ---- catalogue
  std::vector<SegmentEntry> segments(const PartitionRef& partition) const override {
    const auto entries = catalog_->list(partition);
    std::vector<SegmentEntry> out;
    out.reserve(entries.size());
    for (const auto& entry : entries) out.push_back(entry.segment);
    return out;
  }
  PartitionHandle handle(const PartitionRef& partition) const override { return catalog_->handle(partition); }
  std::optional<SegmentEntry> find(const PartitionHandle& partition, Offset offset) const override {
    const auto found = catalog_->find(*partition, offset);
    return found ? std::optional(found->segment) : std::nullopt;
  }
  std::vector<PartitionRef> partitions() const override { return catalog_->partitions(); }
  std::uint64_t log_bytes(const PartitionRef& partition) const override { return catalog_->log_bytes(partition); }
  Result<> refresh(const PartitionRef& partition, bool whole, Deadline deadline) override;

  // ---- cold reads
  std::optional<ColdSlice> read_at_hand(const PartitionHandle& partition, Offset offset, std::uint64_t bytes_max) override {
    return cold_->at_hand(*partition, offset, bytes_max);
  }
  Result<ColdSlice> read(const PartitionHandle& partition, Offset offset, std::uint64_t bytes_max, Deadline deadline) override {
    auto slice = cold_->read(*partition, offset, bytes_max, deadline);
    if (slice.ok() || slice.error().kind != Kind::kNotFound) return slice;
    // Somebody replaced or removed the object since we listed it: look what stands in its place, once.
    TRY(refresh(partition->ref(), true, deadline));
    return cold_->read(*partition, offset, bytes_max, deadline);
  }
  Result<std::optional<TimestampedOffset>> offset_for(const PartitionRef& partition, TimestampMs timestamp,
                                                      Deadline deadline) override {
    TRY(const Offset start, noted_log_start(partition));
    return queries_.offset_for(partition, timestamp, start, deadline);
  }
  Result<std::optional<TimestampedOffset>> offset_of_max_timestamp(const PartitionRef& partition, Deadline deadline) override {
    TRY(const Offset start, noted_log_start(partition));
    return queries_.offset_of_max_timestamp(partition, start, deadline);
  }
  Result<std::vector<AbortedTransaction>> aborted_in(const PartitionRef& partition, Offset from, Offset to,
                                                     Deadline deadline) override {
    return queries_.aborted_in(partition, from, to, deadline);
  }

  Result<StateAtEnd> state_at_end(const PartitionRef& partition, Offset base, Deadline deadline) override;

  // ---- local copies
  Result<> restore(const PartitionRef& partition, Offset base, const std::string& dir, Deadline deadline) override {
    if (cold_->has_local_copy(partition, base)) return done();
    auto result = [&]() -> Result<> {
      TRY(const CatalogEntry entry, entry_at(partition, base));
      return cold_->restore(partition, entry.segment, dir, deadline);
    }();
    restores_.count(result.ok());
    return std::move(result).within(fmt::format("restore {} {}", partition.name(), base.raw));
  }
  Result<> add_local_copy(const PartitionRef& partition, Offset base, const std::string& dir) override {
    TRY(const CatalogEntry entry, entry_at(partition, base));
    return cold_->add_local_copy(partition, entry.segment, dir);
  }
  Result<> drop_local_copy(const PartitionRef& partition, Offset base) override {
    return cold_->drop_local_copy(partition, base);
  }
  bool has_local_copy(const PartitionRef& partition, Offset base) const override {
    return cold_->has_local_copy(partition, base);
  }

  // ---- removal and topics
  Result<> put_log_start(const PartitionRef& partition, Offset start, Deadline deadline) override;
  Result<Offset> get_log_start(const PartitionRef& partition, Deadline deadline) override;
  Result<std::size_t> remove_before(const PartitionRef& partition, Offset offset, Deadline deadline) override;
  Result<> put_topic(const TopicRecord& topic, Deadline deadline) override { return bucket_.put_topic(topic, deadline); }
  Result<std::vector<TopicRecord>> list_topics(Deadline deadline) override { return bucket_.topics(deadline); }
  Result<> delete_topic(const std::string& topic, const Uuid& id, Deadline deadline) override;
  Result<> finish_deletions(Deadline deadline) override;

  AccessTracker& access() override { return access_; }
  EngineStats stats() const override;

 private:
  Result<CatalogEntry> entry_at(const PartitionRef& partition, Offset base) const;
  Result<Offset> noted_log_start(const PartitionRef& partition) const;
  Result<> note_log_start(const PartitionRef& partition, Offset start);
  Result<> drop_local_copies(const PartitionRef& partition, std::span<const CatalogEntry> entries);
  Result<> forget(const PartitionRef& partition, std::span<const CatalogEntry> entries);
  Result<> sweep_topic(const TopicDir& topic, Deadline deadline);
  Result<> abort_old_uploads(Deadline deadline);

  const EngineDeps deps_;
  const EngineOptions options_;
  const std::unique_ptr<Catalog> catalog_;
  const std::unique_ptr<ColdReader> cold_;
  AccessTracker access_;
  Bucket bucket_;
  Gates gates_;
  Gates log_start_gates_;  // apart, so that retention does not wait for an upload
  Archiver archiver_;
  Merger merger_;
  Queries queries_;
  const OperationCounter restores_;
  WorkerPool sweeper_;  // last: its task uses the others
};

Result<CatalogEntry> TierEngine::entry_at(const PartitionRef& partition, Offset base) const {
  const auto found = catalog_->find(partition, base);
  if (!found || found->segment.base != base) {
    return fail(Kind::kNotFound, "{} has no archived segment at {}", partition.name(), base.raw);
  }
  return *found;
}

Result<> TierEngine::verify(const PartitionRef& partition, Offset base, VerifyDepth depth, Deadline deadline) {
  TRY(const CatalogEntry entry, entry_at(partition, base));
  const object::ObjectKey key{object_name(partition, entry.segment)};
  const auto check = [&]() -> Result<> {
    TRY(const auto info, deps_.store.head(key, deadline));
    if (info.size != entry.object_bytes) {
      return fail(Kind::kCorrupt, "the store has {} bytes, on record are {}", info.size, entry.object_bytes);
    }
    if (info.crc32c && entry.crc32c && *info.crc32c != *entry.crc32c) {
      return fail(Kind::kCorrupt, "the store says crc32c {:08x}, on record is {:08x}", *info.crc32c, *entry.crc32c);
    }
    if (depth == VerifyDepth::kHead) return done();
    return read_back(deps_.store, deps_.keys, partition, entry, options_.fetch_bytes_max, deadline);
  };
  return check().within(key.name);
}

Result<> TierEngine::refresh(const PartitionRef& partition, bool whole, Deadline deadline) {
  TRY(const auto hold, gates_.enter(partition, deadline));
  TRY(archiver_.settle(partition, deadline).within("settle an earlier attempt"));
  const auto known = catalog_->list(partition);
  // A catalogue that was lost may know the newest object already, and none of the older ones.
  TRY(const std::string note, catalog_->get_note(partition, kListed));
  const bool from_first = whole || known.empty() || note.empty();
  const std::string after = from_first ? "" : object_name(partition, known.back().segment);
  TRY(auto listed, bucket_.segments(partition, after, deadline));
  TRY(archiver_.leave_out_damaged(partition, listed));
  TRY(catalog_->add(partition, listed));
  if (from_first && note.empty()) TRY(catalog_->put_note(partition, kListed, "1"));
  if (!whole) return done();
  TRY(merger_.note_listed(partition, listed));
  std::set<Uuid> there;
  for (const CatalogEntry& entry : listed) there.insert(entry.segment.id);
  std::vector<CatalogEntry> vanished;
  std::ranges::copy_if(known, std::back_inserter(vanished), [&](const CatalogEntry& e) { return !there.contains(e.segment.id); });
  if (!vanished.empty()) {
    TRY(forget(partition, vanished));
    TRY(catalog_->add(partition, listed));  // what a vanished one stood for counts again
  }
  TRY(get_log_start(partition, deadline));
  return done();
}

Result<StateAtEnd> TierEngine::state_at_end(const PartitionRef& partition, Offset base, Deadline deadline) {
  TRY(const CatalogEntry entry, entry_at(partition, base));
  TRY(const auto tail, cold_->tail(partition, entry.segment, deadline));
  const auto copy = [&](SectionKind kind) {
    const View bytes = tail->section(kind);
    return Bytes(bytes.begin(), bytes.end());
  };
  return StateAtEnd{copy(SectionKind::kProducerSnapshot), copy(SectionKind::kLeaderEpochs)};
}

Result<> TierEngine::drop_local_copies(const PartitionRef& partition, std::span<const CatalogEntry> entries) {
  for (const CatalogEntry& entry : entries) TRY(cold_->drop_local_copy(partition, entry.segment.base));
  return done();
}

Result<> TierEngine::forget(const PartitionRef& partition, std::span<const CatalogEntry> entries) {
  if (entries.empty()) return done();
  std::vector<Uuid> ids;
  std::vector<SegmentEntry> segments;
  const auto slot = access_.intern(partition);
  for (const CatalogEntry& entry : entries) {
    ids.push_back(entry.segment.id);
    segments.push_back(entry.segment);
    access_.forget(slot, entry.segment.base);
  }
  TRY(catalog_->remove(partition, ids));
  cold_->forget(partition, segments);
  return done();
}

Result<Offset> TierEngine::noted_log_start(const PartitionRef& partition) const {
  TRY(const std::string text, catalog_->get_note(partition, kLogStart));
  Offset start = kNoOffset;
  std::from_chars(text.data(), text.data() + text.size(), start.raw);
  return start;
}

Result<> TierEngine::note_log_start(const PartitionRef& partition, Offset start) {
  return catalog_->put_note(partition, kLogStart, std::to_string(start.raw));
}

Result<> TierEngine::put_log_start(const PartitionRef& partition, Offset start, Deadline deadline) {
  TRY(const auto hold, log_start_gates_.enter(partition, deadline));
  TRY(Offset known, noted_log_start(partition));
  if (known == kNoOffset) {
    TRY(known, bucket_.get_log_start(partition, deadline));
  }
  if (start > known) {
    TRY(bucket_.put_log_start(partition, start, deadline));
    known = start;
  }
  return note_log_start(partition, known);
}

Result<Offset> TierEngine::get_log_start(const PartitionRef& partition, Deadline deadline) {
  TRY(const auto hold, log_start_gates_.enter(partition, deadline));
  TRY(const Offset start, bucket_.get_log_start(partition, deadline));
  TRY(const Offset noted, noted_log_start(partition));
  if (start > noted) TRY(note_log_start(partition, start));
  return start;
}

Result<std::size_t> TierEngine::remove_before(const PartitionRef& partition, Offset offset, Deadline deadline) {
  TRY(const auto hold, gates_.enter(partition, deadline));
  TRY(Offset start, noted_log_start(partition));
  if (start < offset) {
    TRY(start, get_log_start(partition, deadline));
  }
  if (start < offset) {
    return fail(Kind::kConflict, "{}: log start {} is on record, removal below {} was asked for", partition.name(), start.raw,
                offset.raw);
  }
  // Objects first: were they forgotten first, a crash in between would leave objects that nobody pays attention to. An entry
  // without its object hurts nobody, because it lies below the log start.
  auto removed = options_.write_once ? Bucket::Removed{.met = offset} : bucket_.remove_before(partition, offset, deadline);
  std::vector<CatalogEntry> gone = catalog_->list(partition);
  std::erase_if(gone, [&](const CatalogEntry& e) {
    return e.segment.end > offset || e.segment.base > removed.met || std::ranges::count(removed.failed, e.segment.id) > 0;
  });
  TRY(drop_local_copies(partition, gone));
  TRY(forget(partition, gone));
  if (removed.error) return std::move(*removed.error).within("remove segments");
  return removed.count;
}

Result<> TierEngine::delete_topic(const std::string& topic, const Uuid& id, Deadline deadline) {
  const TopicDir dir{topic, id};
  TRY(bucket_.put_tombstone(dir, deadline).within("tombstone"));
  return sweep_topic(dir, deadline);
}

Result<> TierEngine::finish_deletions(Deadline deadline) {
  TRY(abort_old_uploads(deadline));
  TRY(const auto tombstones, bucket_.tombstones(deadline));
  std::optional<Error> first;
  for (const TopicDir& topic : tombstones) {
    auto swept = sweep_topic(topic, deadline);
    if (!swept.ok() && !first) first = std::move(swept).error();
  }
  return first ? Result<>(*std::move(first)) : done();
}

/// The tombstone stands: from here on the topic does not exist, for readers at once, in the bucket when its objects are gone.
Result<> TierEngine::sweep_topic(const TopicDir& topic, Deadline deadline) {
  const auto doing = fmt::format("delete topic {}", topic.topic);
  TRY(gates_.close_topic(topic.id, deadline).within(doing));
  TRY(log_start_gates_.close_topic(topic.id, deadline).within(doing));
  for (const PartitionRef& partition : catalog_->partitions()) {
    if (partition.topic_id != topic.id || partition.topic != topic.topic) continue;
    const auto entries = catalog_->list(partition);
    TRY(drop_local_copies(partition, entries).within(doing));
    TRY(forget(partition, entries).within(doing));
    TRY(catalog_->remove_partition(partition).within(doing));
    access_.forget_partition(access_.intern(partition));
  }
  return options_.write_once ? done() : bucket_.remove_topic(topic, deadline).within(doing);
}

Result<> TierEngine::abort_old_uploads(Deadline deadline) {
  const auto grace = std::chrono::duration_cast<std::chrono::milliseconds>(kUploadGrace).count();
  TRY(const std::size_t aborted, deps_.store.abort_uploads("", TimestampMs{deps_.clock.wall().raw - grace}, deadline));
  if (aborted > 0) log_info("tier", "aborted {} unfinished uploads older than a day", aborted);
  return done();
}

EngineStats TierEngine::stats() const {
  const auto cold = cold_->stats();
  return {.segments = catalog_->segments(),
          .log_bytes = catalog_->log_bytes(),
          .cache_hits = cold.hits,
          .cache_misses = cold.misses,
          .cache_bytes = cold.cache_bytes,
          .uploaded_bytes = archiver_.uploaded_bytes(),
          .downloaded_bytes = cold.downloaded_bytes,
          .put_requests = deps_.meter == nullptr ? 0 : deps_.meter->put_class(),
          .get_requests = deps_.meter == nullptr ? 0 : deps_.meter->get_class()};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(EngineDeps deps, EngineOptions options) {
  TRY(deps.files.make_dirs(options.cache_dir).within("cache directory"));
  TRY(deps.files.make_dirs(parent_of(options.catalog_path)).within("catalogue directory"));
  TRY(auto catalog, Catalog::open(deps.files, options.catalog_path));
  TRY(auto cold, ColdReader::open(deps, options, *catalog));
  auto engine = std::make_unique<TierEngine>(deps, std::move(options), std::move(catalog), std::move(cold));
  TRY(engine->start());
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace takhin::tier
