// Opening a partition: whose folder it is, what the checkpoint says, where the log begins, which files are copies of archived
// segments.

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "partition/partition_impl.h"

namespace takhin::partition {
namespace {

constexpr std::size_t kBaseDigits = 20;
constexpr std::string_view kSegmentSuffixes[] = {".log", ".index", ".timeindex", ".txnindex", ".snapshot"};

/// The base offset of a segment's file, nothing for any other name.
std::optional<Offset> base_of(std::string_view name) {
  if (name.size() <= kBaseDigits) return std::nullopt;
  if (std::ranges::find(kSegmentSuffixes, name.substr(kBaseDigits)) == std::end(kSegmentSuffixes)) return std::nullopt;
  std::int64_t base = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kBaseDigits, base);
  if (error != std::errc{} || end != name.data() + kBaseDigits) return std::nullopt;
  return Offset{base};
}

}  // namespace

Result<std::shared_ptr<PartitionImpl>> PartitionImpl::open(const PartitionDeps& deps, PartitionSetup setup) {
  const std::string name = setup.ref.name();
  auto made = std::shared_ptr<PartitionImpl>(new PartitionImpl(deps, std::move(setup)));
  TRY(made->recover().within(name));
  return made;
}

Result<> PartitionImpl::recover() {
  const std::lock_guard hold(change_mutex_);
  TRY(deps_.files.make_dirs(setup_.dir));
  TRY(const auto owner, load_topic_id(deps_.files, setup_.dir));
  if (owner && *owner != ref().topic_id) {
    return fail(Kind::kConflict, "{} belongs to topic id {}", setup_.dir, owner->text());
  }
  if (!owner) TRY(store_topic_id(deps_.files, setup_.dir, ref().topic_id));
  TRY(const auto checkpoint, load_checkpoint(deps_.files, setup_.dir));
  if (checkpoint) checkpoint_ = *checkpoint;
  if (!setup_.created && !setup_.clean_shutdown) {
    TRY(deps_.files.sync_dir(setup_.dir));  // what was read must stay: a kill may have come before its name was on disk
  }
  if (!checkpoint && !setup_.created) TRY(find_out_what_was_lost());
  recall_pins();
  log_start_ = checkpoint_.log_start.raw;
  epoch_ = checkpoint_.leader_epoch;

  log::OpenOptions options;
  options.files = &deps_.files;
  options.clock = &deps_.clock;
  options.dir = setup_.dir;
  options.config = setup_.config.log;
  options.local_start = checkpoint_.local_start;
  options.clean_shutdown = setup_.clean_shutdown;
  TRY(log_, log::Log::open(std::move(options)));
  if (!checkpoint) TRY(store_checkpoint(deps_.files, setup_.dir, checkpoint_).within("write checkpoint"));
  reload_view();
  TRY(fit_log_to_archive());
  if (const auto epochs = log_->epochs(); !epochs.empty()) epoch_ = std::max(epoch_, epochs.back().epoch);
  catalogue_complete_ = knows_all_archived();
  refreshed_ = deps_.engine == nullptr || (setup_.created && view()->archived.empty());
  if (catalogue_complete_) adopt_leftovers();
  if (!catalogue_complete_ && deps_.engine == nullptr) {
    log_warn("partition", "{}: offsets {} to {} are in an object store, but tiering is off: they cannot be read", ref().name(),
             log_start_.load(), checkpoint_.local_start.raw);
  }
  return done();
}

/// Without its pins a partition serves all the same: what was restored by hand may leave early.
void PartitionImpl::recall_pins() {
  if (deps_.engine == nullptr) return;
  auto pins = load_pins(deps_.files, setup_.dir);
  if (!pins.ok()) return log_warn("partition", "{}: what was restored by hand is not held: {}", ref().name(), pins.error().text);
  pinned_until_ = *std::move(pins);
}

/// A log that ends before what was archived or deleted has lost its tail with the machine's page cache: offsets beyond it
/// were given out already, so it begins anew behind them. What it still has below that is in the bucket or deleted.
Result<> PartitionImpl::fit_log_to_archive() {
  const Offset taken = std::max({checkpoint_.archived_end, Offset{tiered_end_.load()}, checkpoint_.log_start});
  if (log_->end() >= taken) return done();
  log_warn("partition", "{}: log ends at {}, but offsets up to {} were archived or deleted: it goes on from there", ref().name(),
           log_->end().raw, taken.raw);
  Checkpoint to = checkpoint_;
  to.local_start = taken;
  TRY(write_checkpoint(to));
  const std::lock_guard hold(append_mutex_);
  TRY(log_->reset(taken).within("begin the log anew"));
  return done();
}

/// The catalogue holds all that only the bucket can have; what is missing above local_start is archived again.
bool PartitionImpl::knows_all_archived() const {
  return Offset{tiered_end_.load()} >= std::min(checkpoint_.archived_end, log_->local_start());
}

/// Files below the log's start are copies of archived segments that a crash or a restart left: the engine serves them, or
/// they go. Only files whose offsets are archived are ever removed.
void PartitionImpl::adopt_leftovers() {
  if (deps_.engine == nullptr) return;
  const auto listed = deps_.files.list(setup_.dir);
  if (!listed.ok()) return log_warn("partition", "{}: {}", ref().name(), listed.error().text);
  const auto archived = view()->archived;
  const Offset local_start = log_->local_start();
  std::vector<Offset> copies;
  for (const DirEntry& entry : *listed) {
    const auto base = base_of(entry.name);
    if (!base || *base >= local_start || !entry.name.ends_with(".log")) continue;
    if (deps_.engine->has_local_copy(ref(), *base) || deps_.engine->add_local_copy(ref(), *base, setup_.dir).ok()) {
      copies.push_back(*base);
    }
  }
  for (const DirEntry& entry : *listed) {
    const auto base = base_of(entry.name);
    if (!base || *base >= local_start || std::ranges::find(copies, *base) != copies.end()) continue;
    if (*base < Offset{log_start_.load()} || covers(archived, *base, next(*base))) {
      const auto removed = deps_.files.remove(setup_.dir + "/" + entry.name);
      if (!removed.ok()) log_warn("partition", "{}: {}", ref().name(), removed.error().text);
    } else {
      log_warn("partition", "{}: {} is below the log's start and not archived; left alone", ref().name(), entry.name);
    }
  }
  reload_view();
}

/// Takes in what the bucket holds, its log start too. Once at start, and when an archived offset is not found.
Result<> PartitionImpl::refresh(bool whole, Deadline deadline) {
  TRY(deps_.engine->refresh(ref(), whole, deadline).within("list the bucket"));
  TRY(const Offset start, deps_.engine->get_log_start(ref(), deadline).within("read log start"));
  const std::lock_guard hold(change_mutex_);
  TRY(check_open());
  reload_view();
  bucket_log_start_ = start;
  if (start > Offset{log_start_.load()} && start <= log_->end()) {
    Checkpoint to = checkpoint_;
    to.log_start = start;
    TRY(write_checkpoint(to));
    log_start_ = start.raw;
    reload_view();
  }
  const bool complete = knows_all_archived();
  if (!complete) {
    log_error("partition", "{}: offsets {} to {} were archived, but the bucket does not hold them", ref().name(),
              tiered_end_.load(), checkpoint_.archived_end.raw);
  }
  if (const auto all = view()->archived; !all.empty() && all.back().end > log_->end()) {
    log_error("partition", "{}: the bucket holds offsets up to {}, the log ends at {}: another writer?", ref().name(),
              all.back().end.raw, log_->end().raw);
  }
  adopt_leftovers();
  catalogue_complete_ = complete;
  refreshed_ = true;
  return done();
}

}  // namespace takhin::partition
