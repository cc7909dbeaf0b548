#include "object/replicator.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/kinds.h"
#include "base/log.h"

namespace takhin::object {
namespace {

/// Removals that may take a HEAD each, of one turn.
constexpr std::size_t kUnsureMax = 50;
/// A thread that finds nothing to do looks again after, at the soonest and at the latest.
constexpr auto kIdleShortest = std::chrono::milliseconds(100);
constexpr auto kIdleLongest = std::chrono::seconds(10);

std::chrono::nanoseconds pause_after(int failures) {
  constexpr int kDoublingsMax = 20;
  const auto pause = kReplicaAgainFirst * (std::int64_t{1} << std::min(failures - 1, kDoublingsMax));
  return std::min<std::chrono::nanoseconds>(pause, kReplicaAgainLongest);
}

}  // namespace

Replicator::Replicator(Stores stores, std::unique_ptr<RemovalJournal> journal, Clock& clock, metrics::Metrics& metrics)
    : stores_(stores),
      journal_(std::move(journal)),
      clock_(clock),
      copied_(metrics.counter(kReplicaCopies, {{"result", "success"}})),
      failed_(metrics.counter(kReplicaCopies, {{"result", "failure"}})),
      bytes_(metrics.counter(kReplicaBytes)),
      waiting_gauge_(metrics.gauge(kReplicaWaiting)),
      lag_gauge_(metrics.gauge(kReplicaLag)),
      removals_gauge_(metrics.gauge(kReplicaRemovals)),
      compared_gauge_(metrics.gauge(kReplicaSynced)) {
  const std::lock_guard lock(mutex_);
  count();
}

Result<std::unique_ptr<Replicator>> Replicator::open(Stores stores, FileSystem& files, const std::string& journal, Clock& clock,
                                                     metrics::Metrics& metrics, std::size_t threads) {
  TRY(auto removals, RemovalJournal::open(files, journal).within("removals of the replica"));
  std::unique_ptr<Replicator> out(new Replicator(stores, std::move(removals), clock, metrics));
  for (std::size_t i = 0; i < threads; ++i) out->threads_.emplace_back([raw = out.get()] { raw->run(); });
  return out;
}

Replicator::~Replicator() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

// ---- what is noted

void Replicator::note_copy(const ObjectKey& key) {
  if (journal_->has(key.name)) journal_->drop(std::span(&key, 1));
  const std::lock_guard lock(mutex_);
  enqueue(key.name);
  count();
  wake_.notify_one();
}

/// mutex_ held. One that waits already keeps its place: it will be read as it is then.
void Replicator::enqueue(const std::string& name) {
  if (const auto known = by_name_.find(name); known != by_name_.end()) {
    Copy& copy = copies_.at(known->second);
    copy.again = copy.running;
    return;
  }
  if (copies_.size() >= kReplicaQueueMax) {
    ++overflows_;
    if (compare_failures_ == 0) compare_at_ = std::min(compare_at_, clock_.steady());
    return;
  }
  const Steady now = clock_.steady();
  by_name_.emplace(name, next_number_);
  copies_.emplace(next_number_++, Copy{.name = name, .since = now, .next = now});
}

Result<> Replicator::note_removals(std::span<const ObjectKey> keys) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = next_number_++;
  }
  TRY(journal_->add(keys, number));
  const std::lock_guard lock(mutex_);
  count();
  return done();
}

void Replicator::confirm_removals(std::span<const ObjectKey> keys) {
  journal_->confirm(keys);
  wake_.notify_one();
}

void Replicator::doubt_removals(std::span<const ObjectKey> keys) {
  journal_->doubt(keys);
  wake_.notify_one();
}

void Replicator::forget_removals(std::span<const ObjectKey> keys) { journal_->drop(keys); }

bool Replicator::is_going(const ObjectKey& key) const { return journal_->has(key.name); }

std::size_t Replicator::waiting() const {
  const std::lock_guard lock(mutex_);
  return copies_.size();
}

bool Replicator::is_settled() const {
  const std::lock_guard lock(mutex_);
  return knows_all() && copies_.empty() && journal_->size() == 0;
}

/// mutex_ held.
void Replicator::count() {
  const auto lag = copies_.empty() ? Steady{} : clock_.steady() - copies_.begin()->second.since;
  waiting_gauge_.set(static_cast<double>(copies_.size()));
  lag_gauge_.set(std::chrono::duration<double>(lag).count());
  removals_gauge_.set(static_cast<double>(journal_->size()));
  compared_gauge_.set(compared_ ? 1 : 0);
}

// ---- the background

void Replicator::run() {
  while (!stopping_) {
    if (turn()) continue;
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    count();
    clock_.wait(wake_, lock, next_time(clock_.steady()));
  }
}

/// mutex_ held.
Steady Replicator::next_time(Steady now) const {
  Steady next = std::min(now + kIdleLongest, stores_.breaker.look_at());
  if (!stores_.breaker.is_open()) {
    for (const auto& [number, copy] : copies_) next = std::min(next, copy.running ? next : std::max(copy.next, copy_at_));
    next = std::min(next, compare_at_);
    if (journal_->size() > 0) next = std::min(next, remove_at_);
  }
  return std::max(next, now + kIdleShortest);
}

bool Replicator::turn() {
  const Steady now = clock_.steady();
  if (look_at_first(now)) return true;
  if (stores_.breaker.is_open()) return false;
  return copy_one(now) || remove_some(now) || compare_some(now);
}

bool Replicator::look_at_first(Steady now) {
  {
    const std::lock_guard lock(mutex_);
    if (looking_ || stores_.breaker.look_at() > now) return false;
    looking_ = true;
  }
  const auto answer = stores_.first.list("", "", soon());
  stores_.breaker.note(answer.ok() ? nullptr : &answer.error());
  const std::lock_guard lock(mutex_);
  looking_ = false;
  return true;
}

// ---- copies

bool Replicator::copy_one(Steady now) {
  std::uint64_t number = 0;
  std::string name;
  {
    const std::lock_guard lock(mutex_);
    if (now < copy_at_) return false;
    const auto is_due = [&](const auto& one) { return !one.second.running && one.second.next <= now; };
    const auto due = std::ranges::find_if(copies_, is_due);
    if (due == copies_.end()) return false;
    number = due->first;
    name = due->second.name;
    due->second.running = true;
  }
  copied(number, copy({name}));
  return true;
}

void Replicator::copied(std::uint64_t number, const Result<>& answer) {
  const std::lock_guard lock(mutex_);
  Copy& copy = copies_.at(number);
  copy.running = false;
  (answer.ok() ? copied_ : failed_).add();
  const Steady now = clock_.steady();
  if (answer.ok()) {
    if (std::exchange(copy_failures_, 0) > 0) log_info("object", "objects are copied to the replica again");
    copy_at_ = Steady{};
  } else if (is_transient(answer.error().kind)) {
    if (++copy_failures_ == 1) log_warn("object", "objects are not copied to the replica for now: {}", answer.error().text);
    copy_at_ = now + pause_after(copy_failures_);  // everybody's trouble
    copy.again = true;
  } else {
    if (++copy.failures == 1) log_warn("object", "{} is not copied to the replica: {}", copy.name, answer.error().text);
    copy.next = now + pause_after(copy.failures);
    copy.again = answer.error().kind != kFrozen;  // that may take for ever; comparing the stores finds it again
  }
  if (!std::exchange(copy.again, false)) {
    by_name_.erase(copy.name);
    copies_.erase(number);
  }
  count();
}

/// Success also when the object is gone.
Result<> Replicator::copy(const ObjectKey& key) {
  const auto info = stores_.first.head(key, soon());
  stores_.breaker.note(info.ok() ? nullptr : &info.error());
  if (!info.ok()) return info.error().kind == Kind::kNotFound ? done() : Result<>(info.error());
  if (info->size > kReplicaPieceBytes) return copy_pieces(*info);
  const auto body = stores_.first.get(key, {0, info->size}, soon());
  if (!body.ok()) return body.error().kind == Kind::kNotFound ? done() : Result<>(body.error());
  if (info->crc32c && crc32c(*body) != *info->crc32c) {
    return fail(Kind::kCorrupt, "{} fails the crc32c that its store reports", key.name);
  }
  TRY(const ObjectInfo put, stores_.second.put(key, *body, When::kAlways, soon()).within("replica"));
  if (put.crc32c && *put.crc32c != crc32c(*body)) return fail(Kind::kCorrupt, "{} arrived damaged in the replica", key.name);
  bytes_.add(static_cast<double>(info->size));
  return done();
}

Result<> Replicator::copy_pieces(const ObjectInfo& info) {
  const std::uint64_t pieces = 1 + info.size / kReplicaPieceBytes;
  const Deadline deadline = Deadline::in(clock_, kReplicaCallTime * static_cast<std::int64_t>(pieces));
  TRY(auto upload, stores_.second.upload(info.key, When::kAlways, deadline).within("replica"));
  std::uint32_t crc = 0;
  for (std::uint64_t at = 0; at < info.size; at += kReplicaPieceBytes) {
    if (stopping_) return fail(Kind::kUnavailable, "shutting down");
    const ByteRange range{at, std::min(at + kReplicaPieceBytes, info.size)};
    const auto piece = stores_.first.get(info.key, range, soon());
    if (!piece.ok()) return piece.error().kind == Kind::kNotFound ? done() : Result<>(piece.error());
    crc = crc32c(*piece, crc);
    TRY(upload->write(*piece).within("replica"));
  }
  if (info.crc32c && crc != *info.crc32c) {
    return fail(Kind::kCorrupt, "{} fails the crc32c that its store reports", info.key.name);
  }
  TRY(const ObjectInfo finished, upload->finish().within("replica"));
  if (finished.size != info.size || (finished.crc32c && *finished.crc32c != crc)) {
    return fail(Kind::kCorrupt, "{} arrived damaged in the replica", info.key.name);
  }
  bytes_.add(static_cast<double>(info.size));
  return done();
}

// ---- removals

bool Replicator::remove_some(Steady now) {
  std::vector<RemovalJournal::Due> due;
  {
    const std::lock_guard lock(mutex_);
    if (removing_ || now < remove_at_ || !knows_all()) return false;
    due = journal_->some(kRemoveBatchMax, copies_.empty() ? next_number_ : copies_.begin()->first);
    if (due.empty()) return false;
    removing_ = true;
  }
  const auto answer = [&]() -> Result<> {
    TRY(const auto gone, gone_from_first(due));
    TRY(const auto failed, stores_.second.remove(gone, soon()).within("replica"));
    std::vector<ObjectKey> over = gone;
    std::erase_if(over, [&](const ObjectKey& key) { return std::ranges::find(failed, key, &KeyError::key) != failed.end(); });
    journal_->drop(over);
    return failed.empty() ? done() : Result<>(failed.front().error);
  }();
  const std::lock_guard lock(mutex_);
  removing_ = false;
  if (answer.ok()) {
    remove_failures_ = 0;
  } else {
    if (++remove_failures_ == 1) log_warn("object", "objects are not removed from the replica for now: {}", answer.error().text);
    remove_at_ = clock_.steady() + pause_after(remove_failures_);
  }
  count();
  return true;
}

/// Those that the first store does not have; the ones that it still has are forgotten.
Result<std::vector<ObjectKey>> Replicator::gone_from_first(std::span<const RemovalJournal::Due> due) {
  std::vector<ObjectKey> gone;
  std::size_t asked = 0;
  for (const RemovalJournal::Due& one : due) {
    if (one.is_sure) {
      gone.push_back(one.key);
      continue;
    }
    if (asked++ == kUnsureMax) break;
    const auto info = stores_.first.head(one.key, soon());
    stores_.breaker.note(info.ok() ? nullptr : &info.error());
    if (info.ok()) {
      journal_->drop(std::span(&one.key, 1));
    } else if (info.error().kind == Kind::kNotFound) {
      gone.push_back(one.key);
    } else {
      return info.error();
    }
  }
  return gone;
}

// ---- comparison

bool Replicator::compare_some(Steady now) {
  {
    const std::lock_guard lock(mutex_);
    if (comparing_ || now < compare_at_ || copies_.size() + kListPageMax > kReplicaQueueMax) return false;
    if (walk_.after.empty()) overflows_at_walk_ = overflows_;
    comparing_ = true;
  }
  compare_ended(compare_page());
  return true;
}

/// One page of the first store; true at its end.
Result<bool> Replicator::compare_page() {
  TRY(const Page page, stores_.first.list("", walk_.after, soon()));
  for (const ObjectInfo& info : page.objects) {
    TRY(const bool there, is_in_second(info).within("replica"));
    if (there || journal_->has(info.key.name)) continue;
    const std::lock_guard lock(mutex_);
    enqueue(info.key.name);
  }
  if (!page.objects.empty()) walk_.after = page.objects.back().key.name;
  return !page.more || page.objects.empty();
}

/// Both listings are in key order.
Result<bool> Replicator::is_in_second(const ObjectInfo& wanted) {
  for (;;) {
    for (; walk_.at < walk_.second.objects.size(); ++walk_.at) {
      const ObjectInfo& here = walk_.second.objects[walk_.at];
      if (here.key < wanted.key) continue;
      return here.key == wanted.key && here.size == wanted.size && here.modified >= wanted.modified;
    }
    if (walk_.second_over) return false;
    TRY(walk_.second, stores_.second.list("", walk_.second_after, soon()));
    walk_.at = 0;
    walk_.second_over = !walk_.second.more || walk_.second.objects.empty();
    if (!walk_.second.objects.empty()) walk_.second_after = walk_.second.objects.back().key.name;
  }
}

void Replicator::compare_ended(const Result<bool>& answer) {
  const std::lock_guard lock(mutex_);
  comparing_ = false;
  const Steady now = clock_.steady();
  if (!answer.ok()) {
    if (++compare_failures_ == 1) log_warn("object", "the replica cannot be compared for now: {}", answer.error().text);
    compare_at_ = now + pause_after(compare_failures_);
    walk_ = {};
    return count();
  }
  compare_failures_ = 0;
  if (!*answer) return count();
  walk_ = {};
  overflows_covered_ = overflows_at_walk_;
  compare_at_ = overflows_ == overflows_covered_ ? now + kReplicaCompareAgain : now;
  // What waits to be removed may be what one of the copies stands for that were found missing only now.
  journal_->renumber(next_number_++);
  if (!std::exchange(compared_, true)) {
    log_info("object", "the replica was compared: {} objects are to be copied", copies_.size());
  }
  count();
}

}  // namespace takhin::object
