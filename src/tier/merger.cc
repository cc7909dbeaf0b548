#include "tier/merger.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "base/kinds.h"
#include "base/log.h"
#include "record/index_format.h"
#include "tier/object_keys.h"

namespace takhin::tier {
namespace {

/// The note that says from when on (ms since 1970) remove_replaced() should look.
constexpr std::string_view kReplacedNote = "replaced";

/// The logs of some archived segments, one behind the other. Holds one of them at a time. One thread.
class MergedLog final : public File {
 public:
  /// `culprit` (borrowed) is told which source could not be read.
  MergedLog(ColdReader& cold, const PartitionRef& partition, std::vector<CatalogEntry> sources, Deadline deadline,
            std::optional<Uuid>& culprit)
      : cold_(cold), partition_(partition), sources_(std::move(sources)), deadline_(deadline), culprit_(culprit) {
    for (const CatalogEntry& source : sources_) {
      begins_.push_back(bytes_);
      bytes_ += source.segment.log_bytes;
    }
  }
  Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const override {
    std::size_t filled = 0;
    while (filled < into.size() && position + filled < bytes_) {
      const std::uint64_t at = position + filled;
      const auto source = static_cast<std::size_t>(std::ranges::upper_bound(begins_, at) - begins_.begin()) - 1;
      TRY(open(source));
      const std::uint64_t from = at - begins_[source];
      const std::size_t wanted = std::min<std::uint64_t>(into.size() - filled, sources_[source].segment.log_bytes - from);
      TRY(const std::size_t got, open_->file->read_at(from, into.subspan(filled, wanted)));
      if (got != wanted) return fail(Kind::kCorrupt, "{}: log ends early", object_name(partition_, sources_[source].segment));
      filled += wanted;
    }
    return filled;
  }
  Result<> write_at(std::uint64_t, View) override { return refuse(); }
  Result<> sync() override { return refuse(); }
  Result<std::uint64_t> size() const override { return bytes_; }
  Result<> truncate(std::uint64_t) override { return refuse(); }
  Result<> punch(ByteRange) override { return refuse(); }
  int descriptor() const override { return -1; }

 private:
  static Error refuse() { return fail(Kind::kInvalid, "archived segments are read-only"); }
  Result<> open(std::size_t source) const {
    if (open_ && open_at_ == source) return done();
    open_.reset();
    const SegmentEntry& entry = sources_[source].segment;
    auto opened = cold_.log_range(partition_, entry, {0, entry.log_bytes}, deadline_);
    if (!opened.ok()) culprit_ = entry.id;
    TRY(open_, std::move(opened));
    open_at_ = source;
    return done();
  }

  ColdReader& cold_;
  const PartitionRef partition_;
  const std::vector<CatalogEntry> sources_;
  const Deadline deadline_;
  std::optional<Uuid>& culprit_;
  std::vector<std::uint64_t> begins_;
  std::uint64_t bytes_ = 0;
  mutable std::optional<FileSlice> open_;
  mutable std::size_t open_at_ = 0;
};

/// Adds a source's indexes, its offsets and positions counted anew. `at`: where its log begins in the merged one.
void add_indexes(SealedSegment& to, const Tail& tail, Offset base, std::uint64_t at) {
  const View offsets = tail.section(SectionKind::kOffsetIndex);
  for (std::size_t i = 0; i < offsets.size() / record::kOffsetEntryBytes; ++i) {
    auto entry = record::offset_entry(offsets, base, i);
    entry.position += at;
    record::append_entry(to.offset_index, to.base, entry);
  }
  // A time index rises over the whole segment.
  const View times = tail.section(SectionKind::kTimeIndex);
  for (std::size_t i = 0; i < times.size() / record::kTimeEntryBytes; ++i) {
    const auto entry = record::time_entry(times, base, i);
    const std::size_t known = to.time_index.size() / record::kTimeEntryBytes;
    if (known > 0 && record::time_entry(to.time_index, to.base, known - 1).timestamp >= entry.timestamp) continue;
    record::append_entry(to.time_index, to.base, entry);
  }
  append(to.txn_index, tail.section(SectionKind::kTxnIndex));  // absolute offsets
}

/// For how long a run that failed so is left alone. Nothing: it may be tried again at once. A refusal counts only when it was met
/// at a source: the store's own must be seen by the keeper.
std::optional<std::chrono::nanoseconds> park_time(Kind kind, bool at_source) {
  if (kind == Kind::kCorrupt || kind == Kind::kInvalid) return Steady::max();
  if (!at_source) return std::nullopt;
  if (kind == kFrozen) return kMergeFrozenTime;
  if (kind == kKeyFailed || kind == Kind::kDenied) return kMergeParkTime;
  return std::nullopt;
}

}  // namespace

Merger::Merger(const EngineDeps& deps, const EngineOptions& options, Catalog& catalog, ColdReader& cold, Archiver& archiver,
               Bucket& bucket)
    : deps_(deps),
      options_(options),
      catalog_(catalog),
      cold_(cold),
      archiver_(archiver),
      bucket_(bucket),
      operations_(OperationCounter::make(deps.metrics, kMergeOperations)) {}

Result<std::optional<SegmentEntry>> Merger::merge(const PartitionRef& partition, const MergeOrder& order, Deadline deadline) {
  if (options_.merge.small_bytes == 0 || options_.write_once) return std::optional<SegmentEntry>();
  const auto refused = [&](const CatalogEntry& entry) { return is_refused(partition, entry); };
  for (int failures = 0; failures < kMergeFailuresMax; ++failures) {
    const auto run = plan_merge(catalog_.list(partition), order.before, options_.merge, refused);
    if (run.empty()) break;
    TRY(note_replaced(partition));  // first: whatever happens from here on, what is replaced will be looked for
    std::optional<Uuid> culprit;
    auto merged = merge_run(partition, run, order, deadline, culprit);
    operations_.count(merged.ok());
    if (merged.ok()) return std::optional(*merged);
    const auto park = park_time(merged.error().kind, culprit.has_value());
    if (!park) {
      return std::move(merged).error().within(fmt::format("merge {} {}", partition.name(), run.front().segment.base.raw));
    }
    log_error("tier", "{}: offsets {} to {} are not merged{}: {}", partition.name(), run.front().segment.base.raw,
              run.back().segment.end.raw, *park == Steady::max() ? "" : " for now", merged.error().text);
    // What cannot be written out of one source cannot be out of its neighbours either.
    const bool alone = merged.error().kind != Kind::kInvalid;
    refuse(run, alone ? culprit : std::nullopt, *park);
  }
  return std::optional<SegmentEntry>();
}

Result<SegmentEntry> Merger::merge_run(const PartitionRef& partition, std::span<const CatalogEntry> run, const MergeOrder& order,
                                       Deadline deadline, std::optional<Uuid>& culprit) {
  TRY(Sources sources, put_together(partition, run, order, deadline, culprit));
  SealedSegment& segment = sources.segment;
  if (order.wrap) segment.log = order.wrap(std::move(segment.log), segment.log_bytes);
  return archiver_.upload(segment, sources.entry, deadline);
}

bool Merger::seals(const std::string& key_id) const { return deps_.keys != nullptr && deps_.keys->seals(key_id); }

Result<Merger::Sources> Merger::put_together(const PartitionRef& partition, std::span<const CatalogEntry> run,
                                             const MergeOrder& order, Deadline deadline, std::optional<Uuid>& culprit) {
  Sources out;
  SealedSegment& segment = out.segment;
  segment.partition = partition;
  segment.base = run.front().segment.base;
  segment.end = run.back().segment.end;
  segment.leader_epoch = run.back().segment.leader_epoch;
  segment.max_timestamp = kNoTimestamp;
  segment.key_id = order.key_id;
  segment.zstd_level = order.zstd_level;
  std::uint32_t generation = 0;
  for (const CatalogEntry& source : run) {
    culprit = source.segment.id;
    TRY(const auto tail, cold_.tail(partition, source.segment, deadline));
    if (tail->cipher != nullptr && !seals(order.key_id)) {
      return fail(Kind::kInvalid, "{} is encrypted, and what is written now is not", object_name(partition, source.segment));
    }
    add_indexes(segment, *tail, source.segment.base, segment.log_bytes);
    segment.log_bytes += source.segment.log_bytes;
    segment.max_timestamp = std::max(segment.max_timestamp, source.segment.max_timestamp);
    generation = std::max(generation, source.segment.generation);
    if (&source == &run.back()) {  // both are as of their segment's end, and know all that came before
      segment.producer_snapshot = copy_of(tail->section(SectionKind::kProducerSnapshot));
      segment.leader_epochs = copy_of(tail->section(SectionKind::kLeaderEpochs));
    }
  }
  culprit.reset();
  segment.log = std::make_shared<MergedLog>(cold_, partition, std::vector(run.begin(), run.end()), deadline, culprit);
  out.entry = {.base = segment.base,
               .end = segment.end,
               .max_timestamp = segment.max_timestamp,
               .log_bytes = segment.log_bytes,
               .leader_epoch = segment.leader_epoch,
               .generation = generation + 1,
               .id = Uuid::make(deps_.random)};
  return out;
}

/// A local copy is known by its segment's base and stays usable only while that segment is.
bool Merger::is_refused(const PartitionRef& partition, const CatalogEntry& entry) const {
  if (cold_.has_local_copy(partition, entry.segment.base)) return true;
  const std::lock_guard lock(mutex_);
  const auto at = refused_.find(entry.segment.id);
  return at != refused_.end() && deps_.clock.steady() < at->second;
}

/// The source that failed; the whole run where nobody knows which.
void Merger::refuse(std::span<const CatalogEntry> run, const std::optional<Uuid>& culprit,
                    std::chrono::nanoseconds for_how_long) {
  const Steady until = for_how_long == Steady::max() ? Steady::max() : deps_.clock.steady() + for_how_long;
  const std::lock_guard lock(mutex_);
  for (const CatalogEntry& entry : run) {
    const Uuid& id = entry.segment.id;
    if (culprit && *culprit != id) continue;
    if (refused_.insert_or_assign(id, until).second) refused_order_.push_back(id);
  }
  for (; refused_order_.size() > kMergeRefusedMax; refused_order_.pop_front()) refused_.erase(refused_order_.front());
}

Result<> Merger::note_replaced(const PartitionRef& partition) {
  return catalog_.put_note(partition, kReplacedNote, std::to_string(deps_.clock.wall().raw + options_.merge.grace_ms));
}

Result<> Merger::note_listed(const PartitionRef& partition, std::span<const CatalogEntry> listed) {
  const bool any =
      std::ranges::any_of(listed, [&](const auto& entry) { return replaced_by(partition, entry.segment).has_value(); });
  return any ? note_replaced(partition) : done();
}

/// What stands in the entry's place: an object of a higher generation that holds all of its range.
std::optional<CatalogEntry> Merger::replaced_by(const PartitionRef& partition, const SegmentEntry& entry) const {
  auto by = catalog_.find(partition, entry.base);
  const bool covers = by && by->segment.generation > entry.generation && by->segment.base <= entry.base &&
                      by->segment.end >= entry.end;
  return covers ? std::move(by) : std::nullopt;
}

/// What was replaced may be the last good copy: what stands for it must be in the bucket as it is on record, and open.
Result<bool> Merger::stands(const PartitionRef& partition, const CatalogEntry& by, const Bucket::Listed& listed,
                            Deadline deadline) {
  if (listed.entry.object_bytes != by.object_bytes) return false;
  if (listed.entry.crc32c && by.crc32c && *listed.entry.crc32c != *by.crc32c) return false;
  TRY(cold_.tail(partition, by.segment, deadline).within("before what it replaces goes"));
  return true;
}

Result<std::size_t> Merger::remove_replaced(const PartitionRef& partition, Deadline deadline) {
  TRY(const std::string note, catalog_.get_note(partition, kReplacedNote));
  std::int64_t due = 0;
  if (note.empty() || options_.write_once) return std::size_t{0};
  std::from_chars(note.data(), note.data() + note.size(), due);
  const std::int64_t now = deps_.clock.wall().raw;
  if (now < due) return std::size_t{0};

  TRY(const auto listed, bucket_.listed(partition, deadline));
  std::unordered_map<Uuid, const Bucket::Listed*> there;
  for (const Bucket::Listed& one : listed) there.emplace(one.entry.segment.id, &one);
  std::unordered_map<Uuid, bool> sound;
  std::vector<object::ObjectKey> keys;
  std::vector<SegmentEntry> going;
  std::int64_t again = 0;  // when the next one may go
  for (const auto& [entry, modified] : listed) {
    const auto by = replaced_by(partition, entry.segment);
    const auto found = by ? there.find(by->segment.id) : there.end();
    if (found == there.end()) continue;
    if (const std::int64_t from = found->second->modified.raw + options_.merge.grace_ms; from > now) {
      again = again == 0 ? from : std::min(again, from);
      continue;
    }
    if (!sound.contains(by->segment.id)) {
      TRY(sound[by->segment.id], stands(partition, *by, *found->second, deadline));
    }
    if (!sound[by->segment.id]) continue;
    const std::string name = object_name(partition, entry.segment);
    keys.push_back({name});
    keys.push_back({key_object_name(name)});
    going.push_back(entry.segment);
  }
  if (!keys.empty()) {
    TRY(auto failed, deps_.store.remove(keys, deadline).within("remove replaced segments"));
    cold_.forget(partition, going);
    if (!failed.empty()) return std::move(failed.front().error).within(failed.front().key.name);
  }
  TRY(catalog_.put_note(partition, kReplacedNote, again == 0 ? "" : std::to_string(again)));
  return going.size();
}

}  // namespace takhin::tier
