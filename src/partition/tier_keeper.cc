#include "partition/tier_keeper.h"

#include <pthread.h>

#include <algorithm>

#include "base/log.h"

namespace takhin::partition {
namespace {

Steady ms(std::int64_t count) { return std::chrono::milliseconds(count); }

/// Counts tasks down, also those that a stopping pool drops unrun.
class Latch {
 public:
  void add() {
    const std::lock_guard hold(mutex_);
    ++left_;
  }
  void release() {
    const std::lock_guard hold(mutex_);
    if (--left_ == 0) zero_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    zero_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  int left_ = 0;
};

/// Runs `last` when the last copy goes: a task's end, whether it ran or was dropped.
std::shared_ptr<void> at_end(std::function<void()> last) {
  return std::shared_ptr<void>(nullptr, [last = std::move(last)](void*) { last(); });
}

}  // namespace

TierKeeper::TierKeeper(KeeperDeps deps, KeeperOptions options)
    : deps_(std::move(deps)),
      options_(options),
      room_(options.disk_target.is_set() ? std::make_unique<DiskRoom>() : nullptr),
      pool_("tier-pass", options.pass_threads, kPassQueueMax) {}

TierKeeper::~TierKeeper() { stop(); }

void TierKeeper::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "tier-keeper");
}

void TierKeeper::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  pool_.stop();
  std::deque<Due> dropped;
  const std::lock_guard hold(mutex_);
  dropped.swap(due_);
}

void TierKeeper::run() {
  while (!stopping_) {
    tick();
    std::unique_lock lock(mutex_);
    const Steady until = deps_.clock.steady() + ms(options_.local_pass_interval_ms);
    while (!stopping_ && deps_.clock.steady() < until) deps_.clock.wait(wake_, lock, until);
  }
}

void TierKeeper::tick() {
  const auto partitions = deps_.partitions();
  for (const auto& partition : partitions) {
    if (stopping_) return;
    for (const Result<>& step : {partition->roll_if_due(), partition->apply_local_only_retention()}) {
      if (!step.ok() && step.error().kind != Kind::kClosed) {
        log_warn("partition", "{}: {}", partition->ref().name(), step.error().text);
      }
    }
  }
  const Steady now = deps_.clock.steady();
  deps_.uploads.give_up_stalled();
  plan_relief(partitions);
  mark_due(now);
  submit_errands(now);
  submit_due(partitions, now);
}

/// Says of each partition how much it should give so that local disk holds what it should. Appends never wait for that.
void TierKeeper::plan_relief(const std::vector<std::shared_ptr<PartitionImpl>>& partitions) {
  if (!options_.disk_target.is_set()) return;
  DiskUse use{0, deps_.free_bytes()};
  for (const auto& partition : partitions) use.log_bytes += partition->local_bytes();
  const bool relieving = disk_excess_ > 0;
  const std::uint64_t excess = excess_of(options_.disk_target, use, relieving);
  disk_excess_ = excess;
  room_->set(room_of(options_.disk_target, use));
  std::vector<LocalUnits> units;
  if (excess > 0) {
    for (const auto& partition : partitions) units.push_back(partition->local_units(options_.auto_archive));
  }
  const auto plan = partition::plan_relief(units, excess);
  std::uint64_t archived = 0, to_archive = 0;
  {
    const std::lock_guard hold(mutex_);
    for (auto& [partition, debt] : debts_) debt.release_before = kNoOffset;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      debts_[partitions[i]].release_before = plan[i].before;
      archived += plan[i].bytes;
      to_archive += plan[i].bytes_to_archive;
    }
    if (excess > 0) std::ranges::sort(due_, std::greater(), &Due::local_bytes);
  }
  if (excess > 0 && !relieving) {
    log_warn("partition", "local log is {} bytes over its target: {} bytes that are archived go now, {} are archived first",
             excess, archived, to_archive);
  }
}

void TierKeeper::mark_due(Steady now) {
  const std::lock_guard hold(mutex_);
  std::erase_if(debts_, [](const auto& entry) { return entry.first.expired(); });
  const bool archive = options_.auto_archive && now >= next_archive_;
  const bool evaluate = now >= next_evaluate_;
  if (archive) next_archive_ = now + ms(options_.archive_interval_ms);
  if (evaluate) next_evaluate_ = now + ms(options_.evaluate_interval_ms);
  for (auto& [partition, debt] : debts_) {
    debt.archive |= archive;
    debt.evaluate |= evaluate;
  }
}

PassOrder TierKeeper::order(bool archive, bool evaluate) const {
  return {.policy = options_.policy,
          .archive_by_age = archive,
          .evaluate = evaluate,
          .room = room_.get(),
          .stop = &stopping_};
}

void TierKeeper::submit_due(const std::vector<std::shared_ptr<PartitionImpl>>& partitions, Steady now) {
  for (const auto& partition : partitions) {
    const auto what = claim(partition, now);
    if (!what) continue;
    // Let go of without mutex_: it takes it at its end.
    auto over = at_end([this, weak = std::weak_ptr(partition), topic = partition->ref().topic_id] {
      const std::lock_guard hold(mutex_);
      budgeted_.erase(topic);
      if (const auto found = debts_.find(weak); found != debts_.end()) found->second.running = false;
    });
    submit({partition, *what, std::move(over), partition->local_bytes()});
  }
}

/// The order in which passes begin is due_'s, not the pool's: a partition that fills the disk may overtake.
void TierKeeper::submit(Due due) {
  {
    const std::lock_guard hold(mutex_);
    const bool first = disk_excess_ > 0;
    const auto at = first ? std::ranges::upper_bound(due_, due.local_bytes, std::greater(), &Due::local_bytes) : due_.end();
    due_.insert(at, std::move(due));
  }
  if (pool_.submit([this] { run_next(); }).ok()) return;
  Due dropped;  // as many as there are tasks: the last one goes, and is found again at the next tick
  const std::lock_guard hold(mutex_);
  if (due_.empty()) return;
  dropped = std::move(due_.back());
  due_.pop_back();
}

void TierKeeper::run_next() {
  Due due;
  {
    const std::lock_guard hold(mutex_);
    if (due_.empty()) return;
    due = std::move(due_.front());
    due_.pop_front();
  }
  run_one(due.partition, due.order);
}

/// What is to be done with a partition now, marked as running; nothing when that is nothing, or not now.
std::optional<PassOrder> TierKeeper::claim(const std::shared_ptr<PartitionImpl>& partition, Steady now) {
  const bool work = partition->has_store_work();
  const bool budgeted = partition->upload_budget() > 0;
  const std::lock_guard hold(mutex_);
  Debt& debt = debts_[partition];
  debt.archive &= options_.auto_archive;
  if (stopping_ || now < store_not_before_ || debt.running || now < debt.not_before) return std::nullopt;
  const bool relief = debt.release_before != kNoOffset;
  if (!work && !relief && !debt.archive && !debt.evaluate) return std::nullopt;
  if (budgeted && !budgeted_.insert(partition->ref().topic_id).second) return std::nullopt;
  debt.running = true;
  PassOrder what = order(debt.archive, debt.evaluate);
  what.release_before = debt.release_before;
  return what;
}

void TierKeeper::run_one(const std::shared_ptr<PartitionImpl>& partition, PassOrder what) {
  const Result<> result = partition->run_pass(what);
  const std::lock_guard hold(mutex_);
  Debt& debt = debts_[partition];
  if (result.ok()) {
    debt.archive &= !what.archive_by_age;
    debt.evaluate &= !what.evaluate;
  } else if (result.error().kind != Kind::kClosed) {
    log_warn("partition", "{}: {}", partition->ref().name(), result.error().text);
  }
  note(result, debt);
}

/// A store that is away makes everybody wait, any other failure only who met it. mutex_ held.
void TierKeeper::note(const Result<>& result, Debt& debt) {
  const Steady now = deps_.clock.steady();
  if (result.ok()) {
    debt.failures = 0;
    store_failures_ = 0;
    store_trouble_.reset();
    return;
  }
  const Kind kind = result.error().kind;
  if (kind == Kind::kClosed) return;
  if (is_transient(kind) || kind == Kind::kDenied) {
    store_trouble_ = result.error();
    store_not_before_ = now + backoff(++store_failures_);
  } else {
    debt.not_before = now + backoff(++debt.failures);
  }
}

std::chrono::milliseconds TierKeeper::backoff(int failures) {
  const std::int64_t whole = std::min(kBackoffMostMs, kBackoffFirstMs << std::min(failures - 1, 10));
  return std::chrono::milliseconds(whole / 2 +
                                   static_cast<std::int64_t>(deps_.random.below(static_cast<std::uint64_t>(whole / 2 + 1))));
}

void TierKeeper::submit_errands(Steady now) {
  if (!deps_.has_errands()) return;
  {
    const std::lock_guard hold(mutex_);
    if (stopping_ || errands_.running || now < store_not_before_ || now < errands_.not_before) return;
    errands_.running = true;
  }
  auto over = at_end([this] {
    const std::lock_guard hold(mutex_);
    errands_.running = false;
  });
  const auto submitted = pool_.submit([this, over] {
    const Result<> result = deps_.run_errands();
    if (!result.ok() && result.error().kind != Kind::kClosed) log_warn("partition", "{}", result.error().text);
    const std::lock_guard hold(mutex_);
    note(result, errands_);
  });
  if (!submitted.ok()) log_debug("partition", "errands wait: {}", submitted.error().text);
}

Result<> TierKeeper::run_all_now() {
  Latch latch;
  std::mutex error_mutex;
  std::optional<Error> first;
  const auto remember = [&](const Result<>& result) {
    const std::lock_guard hold(error_mutex);
    if (result.ok() || first) return;
    if (result.error().kind == Kind::kClosed && !stopping_) return;  // its topic was deleted under the pass
    first = result.error();
  };
  const auto partitions = deps_.partitions();
  for (const auto& partition : partitions) remember(partition->roll_if_due());
  plan_relief(partitions);
  for (const auto& partition : partitions) {
    latch.add();
    auto over = at_end([&latch] { latch.release(); });
    auto task = [this, partition, over, &remember] {
      PassOrder what = order(options_.auto_archive, true);
      {
        const std::lock_guard hold(mutex_);
        what.release_before = debts_[partition].release_before;
      }
      const Result<> result = partition->run_pass(what);
      remember(result);
      const std::lock_guard hold(mutex_);
      note(result, debts_[partition]);
    };
    over.reset();
    remember(pool_.submit(std::move(task)));
  }
  latch.wait();
  if (deps_.has_errands()) remember(deps_.run_errands());
  const std::lock_guard hold(error_mutex);
  return first ? Result<>(*first) : done();
}

std::optional<Error> TierKeeper::store_trouble() const {
  const std::lock_guard hold(mutex_);
  return store_trouble_;
}

}  // namespace takhin::partition
