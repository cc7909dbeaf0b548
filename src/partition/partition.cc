#include <algorithm>

#include "base/log.h"
#include "partition/partition_impl.h"

namespace takhin::partition {

PartitionImpl::PartitionImpl(const PartitionDeps& deps, PartitionSetup setup)
    : deps_(deps), setup_(std::move(setup)), config_(std::make_shared<const TopicConfig>(setup_.config)) {
  if (deps_.engine == nullptr) return;
  slot_ = deps_.engine->access().intern(setup_.ref);
  handle_ = deps_.engine->handle(setup_.ref);
}

PartitionImpl::~PartitionImpl() { append_waiters_->close(); }

Result<> PartitionImpl::check_open() const {
  if (closed_) return fail(Kind::kClosed, "{} is closed", ref().name());
  return done();
}

template <class How>
Result<log::Appended> PartitionImpl::append_with(const How& how) {
  Offset end;
  log::Appended answer;
  {
    const std::lock_guard hold(append_mutex_);
    TRY(check_open());
    if (failed_) return fail(Kind::kUnavailable, "{} takes no appends: an fsync failed, restart to recover", ref().name());
    TRY(answer, how(*log_));
    end = log_->end();
  }
  if (answer.status == log::AppendStatus::kOk) append_waiters_->wake(end);
  return answer;
}

Result<log::Appended> PartitionImpl::append(std::span<std::byte> batches, const log::Admit& admit) {
  return append_with([&](log::Log& log) { return log.append(batches, epoch_, admit); });
}

Result<log::Appended> PartitionImpl::append_marker(const log::TxnEnd& end) {
  return append_with([&](log::Log& log) { return log.append_marker(end, epoch_); });
}

void PartitionImpl::when_durable(Offset end, std::function<void(Result<>)> then) {
  if (!failed_ && (!setup_.flush_on_acks_all || log_->synced_end() >= end)) return then(done());
  bool ask = false;
  {
    const std::lock_guard hold(wait_mutex_);
    if (durable_waiters_.size() < kDurableWaitersMax) {
      durable_waiters_.push_back({end, std::move(then)});
      ask = !std::exchange(flush_requested_, true);
      then = nullptr;
    }
  }
  if (then) return then(fail(Kind::kExhausted, "{}: more than {} appends wait for fsync", ref().name(), kDurableWaitersMax));
  if (ask) deps_.flusher.request(weak_from_this());
}

void PartitionImpl::flush() {
  {
    const std::lock_guard hold(wait_mutex_);
    flush_requested_ = false;  // who comes from now on may not be covered by the sync below
  }
  const Result<> synced = sync_log();
  const Offset synced_end = log_->synced_end();
  std::vector<DurableWaiter> answered;
  {
    const std::lock_guard hold(wait_mutex_);
    std::vector<DurableWaiter> left;
    for (DurableWaiter& waiter : durable_waiters_) {
      const bool covered = !synced.ok() || waiter.end <= synced_end;
      (covered ? answered : left).push_back(std::move(waiter));
    }
    durable_waiters_ = std::move(left);
  }
  for (const DurableWaiter& waiter : answered) waiter.then(synced);
}

Result<> PartitionImpl::sync_log() {
  const std::lock_guard hold(sync_mutex_);
  if (failed_) return fail(Kind::kUnavailable, "{}: an earlier fsync failed", ref().name());
  if (closed_) return fail(Kind::kClosed, "{} is closed", ref().name());
  const Steady began = deps_.clock.steady();
  const auto synced = log_->sync();
  deps_.uploads.note_fsync(deps_.clock.steady() - began);
  if (synced.ok()) return done();
  failed_ = true;  // the kernel drops what it could not write: a second fsync would lie
  log_error("partition", "{}: fsync failed, appends are refused from now on: {}", ref().name(), synced.error().text);
  return synced.error();
}

std::shared_ptr<void> PartitionImpl::when_appended(Offset end, std::function<void()> then) {
  auto handle = append_waiters_->add(end, std::move(then));
  if (const Offset now = log_->end(); now > end) append_waiters_->wake(now);
  return handle;
}

Offsets PartitionImpl::offsets() const {
  Offsets out;
  out.log_start = Offset{log_start_.load()};
  out.high_watermark = log_->end();
  out.last_stable = std::clamp(log_->last_stable(), std::min(out.log_start, out.high_watermark), out.high_watermark);
  out.local_start = std::max(log_->local_start(), out.log_start);
  out.tiered_end = std::max(Offset{tiered_end_.load()}, out.log_start);
  return out;
}

std::shared_ptr<const TopicConfig> PartitionImpl::config() const {
  const std::lock_guard hold(wait_mutex_);
  return config_;
}

void PartitionImpl::set_config(const TopicConfig& config) {
  {
    const std::lock_guard hold(wait_mutex_);
    config_ = std::make_shared<const TopicConfig>(config);
  }
  const std::lock_guard hold(append_mutex_);
  if (!closed_) log_->set_config(config.log);
}

/// The age policy keeps what Kafka's default of seven days would delete just when it becomes cold, so without
/// remote.storage.enable only a retention that the topic itself sets deletes anything while tiering is on.
bool PartitionImpl::retention_applies(const TopicConfig& config) const {
  if (!config.cleanup_delete) return false;
  return deps_.engine == nullptr || config.remote_storage_enable || config.retention_is_set;
}

std::uint64_t PartitionImpl::local_bytes() const { return log_->bytes() + view()->copy_bytes; }

Result<> PartitionImpl::write_checkpoint(const Checkpoint& to) {
  if (to == checkpoint_) return done();
  TRY(store_checkpoint(deps_.files, setup_.dir, to).within("write checkpoint"));
  checkpoint_ = to;
  return done();
}

Result<> PartitionImpl::release_log(Offset before, std::span<const Offset> keep) {
  Offset start = log_->local_start();
  for (const log::SegmentInfo& segment : log_->segments()) {
    if (!segment.sealed || segment.end > before) break;
    start = segment.end;
  }
  if (start <= log_->local_start()) return done();
  TRY(sync_log());  // after this only the snapshot behind them knows their producers
  Checkpoint to = checkpoint_;
  to.local_start = start;
  // What goes is archived or deleted. The note after its archive may have fallen to a crash, and without it a lost catalogue
  // would pass for a complete one.
  if (start > Offset{log_start_.load()}) to.archived_end = std::max(to.archived_end, start);
  TRY(write_checkpoint(to));
  const std::lock_guard hold(append_mutex_);
  TRY(check_open());
  return log_->release_oldest(start, keep);
}

Result<> PartitionImpl::raise_log_start(Offset to, Deadline deadline) {
  const std::lock_guard hold(change_mutex_);
  TRY(check_open());
  if (to <= Offset{log_start_.load()}) return done();
  if (to > log_->end()) {
    return fail(Kind::kOutOfRange, "{}: log start {} is past the end {}", ref().name(), to.raw, log_->end().raw);
  }
  // Else a power loss could leave a log that ends below its start, to go on from there without the state of its producers.
  if (log_->synced_end() < to) TRY(sync_log().within("sync what the log start passes"));
  if (deps_.engine != nullptr && has_archived()) {
    TRY(deps_.engine->put_log_start(ref(), to, deadline).within("put log start"));
    bucket_log_start_ = to;
  }
  Checkpoint next = checkpoint_;
  next.log_start = to;
  TRY(write_checkpoint(next));
  log_start_ = to.raw;
  // From here on it has happened; what could not be removed now is found again by the next pass.
  if (auto removed = remove_below_log_start(deadline); !removed.ok()) {
    log_warn("partition", "{}: log start is {}, removal goes on later: {}", ref().name(), to.raw, removed.error().text);
  }
  return done();
}

Result<> PartitionImpl::remove_below_log_start(Deadline deadline) {
  const Offset start{log_start_.load()};
  TRY(release_log(start, {}).within("remove local segments"));
  const auto before = view();
  if (before->archived.empty() || before->archived.front().end > start) return done();
  if (bucket_log_start_ < start) {  // archived after the log start was raised, or known from the checkpoint only
    TRY(deps_.engine->put_log_start(ref(), start, deadline).within("put log start"));
    bucket_log_start_ = start;
  }
  Offset gone = kNoOffset;
  for (const tier::SegmentEntry& entry : before->archived) {
    if (entry.end > start) break;
    TRY(deps_.engine->drop_local_copy(ref(), entry.base));
    deps_.engine->access().forget(slot_, entry.base);
    gone = std::max(gone, entry.end);
  }
  unpin(gone);
  const auto removed = deps_.engine->remove_before(ref(), start, deadline);
  reload_view();
  if (!removed.ok()) return Error(removed.error()).within("remove objects");
  return done();
}

Result<> PartitionImpl::close() {
  if (closed_) return done();
  flush();  // who waits has a right to an answer
  if (closed_.exchange(true)) return done();
  std::vector<DurableWaiter> left;
  {
    const std::lock_guard hold(wait_mutex_);
    left.swap(durable_waiters_);
  }
  for (const DurableWaiter& waiter : left) waiter.then(fail(Kind::kClosed, "{} is closing", ref().name()));
  append_waiters_->close();
  const std::scoped_lock hold(append_mutex_, sync_mutex_);
  return log_->close();
}

Result<> PartitionImpl::destroy() {
  const auto closed = close();
  if (!closed.ok()) log_warn("partition", "{}: closing a deleted partition: {}", ref().name(), closed.error().text);
  { const std::lock_guard no_compaction(clean_mutex_); }  // one under way ends at its next read, and writes nothing after it
  if (deps_.engine != nullptr) {
    const auto now = view();
    for (const Offset base : now->copies) TRY(deps_.engine->drop_local_copy(ref(), base));
    deps_.engine->access().forget_partition(slot_);
  }
  return remove_partition_folder(deps_.files, setup_.dir);
}

}  // namespace takhin::partition
