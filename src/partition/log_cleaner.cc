#include "partition/log_cleaner.h"

#include <pthread.h>

#include <algorithm>

#include "base/log.h"

namespace takhin::partition {
namespace {

Steady ms(std::int64_t count) { return std::chrono::milliseconds(count); }

}  // namespace

LogCleaner::LogCleaner(CleanerDeps deps, const CleanerOptions& options)
    : deps_(std::move(deps)),
      options_(options),
      keys_(options.keys_bytes, deps_.random.next()),
      looked_at_(deps_.clock.steady()) {}

LogCleaner::~LogCleaner() { stop(); }

void LogCleaner::start() {
  if (!options_.enabled) return;
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "log-cleaner");
}

void LogCleaner::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void LogCleaner::run() {
  while (!stopping_) {
    if (run_once()) continue;
    std::unique_lock lock(mutex_);
    const Steady until = deps_.clock.steady() + ms(options_.backoff_ms);
    while (!stopping_ && deps_.clock.steady() < until) deps_.clock.wait(wake_, lock, until);
  }
}

bool LogCleaner::waits(const std::shared_ptr<PartitionImpl>& partition) const {
  const auto found = troubled_.find(partition);
  return found != troubled_.end() && deps_.clock.steady() < found->second.not_before;
}

std::shared_ptr<PartitionImpl> LogCleaner::choose() {
  std::shared_ptr<PartitionImpl> best;
  double best_ratio = 0, ratio_max = 0;
  for (const auto& partition : deps_.partitions()) {
    const CleanState state = partition->clean_state();
    if (!state.compacted) continue;
    ratio_max = std::max(ratio_max, state.dirty_ratio());
    {
      const std::lock_guard hold(mutex_);
      if (!state.due || waits(partition)) continue;
    }
    if (best != nullptr && state.dirty_ratio() <= best_ratio) continue;
    best = partition;
    best_ratio = state.dirty_ratio();
  }
  const std::lock_guard hold(mutex_);
  std::erase_if(troubled_, [](const auto& entry) { return entry.first.expired(); });
  stats_.dirty_ratio_max = ratio_max;
  looked_at_ = deps_.clock.steady();
  return best;
}

bool LogCleaner::run_once() {
  const auto partition = choose();
  if (partition == nullptr || stopping_) return false;
  const Offset before = partition->clean_state().dirty;
  const Steady began = deps_.clock.steady();
  const auto cleaned = partition->clean(keys_, [this](std::uint64_t bytes) { return pace(bytes); });
  keys_.release();
  note(partition, cleaned, cleaned.ok() && cleaned->end > before);
  if (cleaned.ok()) {
    log_info("partition",
             "{}: compacted up to offset {}: read {} bytes, wrote {}, kept {} of {} records, {} segments became {}, {} ms",
             partition->ref().name(), cleaned->end.raw, cleaned->bytes_read, cleaned->bytes_written, cleaned->records_kept,
             cleaned->records_read, cleaned->segments_before, cleaned->segments_after,
             std::chrono::duration_cast<std::chrono::milliseconds>(deps_.clock.steady() - began).count());
  }
  return true;
}

/// A partition that failed is set aside: tried again later and later, reported, and in nobody's way.
void LogCleaner::note(const std::shared_ptr<PartitionImpl>& partition, const Result<log::Cleaned>& cleaned, bool moved) {
  const std::lock_guard hold(mutex_);
  const Steady now = deps_.clock.steady();
  if (cleaned.ok()) {
    ++stats_.runs;
    stats_.bytes_read += cleaned->bytes_read;
    stats_.bytes_written += cleaned->bytes_written;
    troubled_.erase(partition);
    if (!moved) troubled_[partition] = {0, now + ms(options_.backoff_ms)};  // its state changed under us
    return;
  }
  if (cleaned.error().kind == Kind::kClosed || cleaned.error().kind == Kind::kConflict) {
    troubled_[partition].not_before = now + ms(options_.backoff_ms);  // closed, or segments were released meanwhile: no fault
    return;
  }
  Trouble& trouble = troubled_[partition];
  const std::int64_t pause = std::min(kSetAsideMostMs, kSetAsideFirstMs << std::min(trouble.failures, 10));
  ++trouble.failures;
  ++stats_.failures;
  trouble.not_before = now + ms(pause);
  log_error("partition", "{}: cannot be compacted, set aside for {} s: {}", partition->ref().name(), pause / 1000,
            cleaned.error().text);
}

Result<> LogCleaner::pace(std::uint64_t bytes) {
  if (stopping_) return fail(Kind::kClosed, "shutting down");
  if (options_.bytes_per_second == 0) return done();
  const double seconds = static_cast<double>(bytes) / static_cast<double>(options_.bytes_per_second);
  paid_until_ = std::max(paid_until_, deps_.clock.steady()) + Steady(static_cast<std::int64_t>(seconds * 1e9));
  std::unique_lock lock(mutex_);
  while (!stopping_ && deps_.clock.steady() < paid_until_) deps_.clock.wait(wake_, lock, paid_until_);
  if (stopping_) return fail(Kind::kClosed, "shutting down");
  return done();
}

CleanerStats LogCleaner::stats() const {
  const std::lock_guard hold(mutex_);
  CleanerStats out = stats_;
  const auto idle = deps_.clock.steady() - looked_at_;
  out.idle_ms = std::chrono::duration_cast<std::chrono::milliseconds>(idle).count();
  for (const auto& [partition, trouble] : troubled_) out.set_aside += trouble.failures > 0 ? 1 : 0;
  return out;
}

}  // namespace takhin::partition
