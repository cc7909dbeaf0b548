#include "object/thawing.h"

#include <algorithm>

#include "base/log.h"

namespace takhin::object {

ThawingStore::ThawingStore(ArchiveClassStore& below, ThawOptions options, Clock& clock, metrics::Metrics& metrics,
                           bool background)
    : ForwardingStore(below),
      archive_(below),
      options_(std::move(options)),
      clock_(clock),
      reads_(metrics.counter(kFrozenReads)),
      asks_ok_(metrics.counter(kThawsAsked, {{"result", "success"}})),
      asks_failed_(metrics.counter(kThawsAsked, {{"result", "failure"}})),
      done_(metrics.counter(kThawsDone)),
      frozen_gauge_(metrics.gauge(kFrozenObjects)),
      thawing_gauge_(metrics.gauge(kThawingObjects)) {
  if (background && options_.enabled) thread_ = std::thread([this] { run(); });
}

ThawingStore::~ThawingStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  ask_at_the_end();
}

void ThawingStore::ask_at_the_end() {
  const Steady end = clock_.steady() + kThawStopTime;
  std::vector<std::string> names;
  for (const auto& [name, state] : objects_) {
    if (!state.asked && !state.complained) names.push_back(name);
  }
  for (const std::string& name : names) {
    const Steady now = clock_.steady();
    if (now >= end) return;
    call_time_ = end - now;
    look_after(name);
  }
}

Error ThawingStore::frozen(const ObjectKey& key, const Frozen& state) const {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(clock_.steady() - state.since).count();
  return fail(kFrozen, "{} lies in an archive class of the store: {} {} minutes ago; try again later", key.name,
              state.asked ? "the store was asked for it" : "it will be asked for, noted", minutes);
}

Result<Bytes> ThawingStore::get(const ObjectKey& key, ByteRange range, Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = objects_.find(key.name); at != objects_.end()) {
      reads_.add();
      return frozen(key, at->second);
    }
  }
  auto answer = below_.get(key, range, deadline);
  if (answer.ok() || answer.error().kind != kFrozen) return answer;
  reads_.add();
  if (!options_.enabled) {
    return std::move(answer).error().within("in an archive class of the store, and tier.thaw.enabled is off");
  }
  const std::lock_guard lock(mutex_);
  if (objects_.size() >= options_.objects_max && !objects_.contains(key.name)) {
    return fail(kFrozen, "{} lies in an archive class of the store; it is asked for when some of {} others are back",
                key.name, objects_.size());
  }
  const Steady now = clock_.steady();
  const auto [at, fresh] = objects_.try_emplace(key.name, Frozen{.since = now, .next = now});
  count();
  if (fresh) wake_.notify_all();
  return frozen(key, at->second);
}

// ---- in the background

void ThawingStore::run() {
  for (;;) {
    const Steady next = turn();
    std::unique_lock lock(mutex_);
    const auto is_due = [&] {
      return std::ranges::any_of(objects_, [&](const auto& one) { return one.second.next <= clock_.steady(); });
    };
    while (!stopping_ && !is_due() && clock_.wait(wake_, lock, next)) {
    }
    if (stopping_) return;
  }
}

/// One that is due and not being looked after. mutex_ not held.
std::optional<std::string> ThawingStore::due(Steady now) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return std::nullopt;
  for (auto& [name, state] : objects_) {
    if (state.next > now) continue;
    state.next = now + state.interval;
    return name;
  }
  return std::nullopt;
}

Steady ThawingStore::turn() {
  const Steady now = clock_.steady();
  while (const auto name = due(now)) look_after(*name);
  const std::lock_guard lock(mutex_);
  Steady next = clock_.steady() + kThawLookLongest;
  for (const auto& [name, state] : objects_) next = std::min(next, state.next);
  return next;
}

void ThawingStore::look_after(const std::string& name) {
  const auto state = archive_.thaw_state({name}, Deadline::in(clock_, call_time_));
  if (!state.ok()) {
    if (state.error().kind == Kind::kNotFound) return settle(name, false, "is gone");
    if (complain(name)) log_warn("object", "{}: cannot be looked at: {}", name, state.error().text);
    return later(name);
  }
  switch (state->phase) {
    case ThawPhase::kReadable: return settle(name, true, "can be read again");
    case ThawPhase::kThawing: return asked(name);
    case ThawPhase::kFrozen: return ask(name, *state);
  }
}

void ThawingStore::ask(const std::string& name, const ThawState& state) {
  const auto answer = archive_.thaw({name}, state, options_.order, Deadline::in(clock_, call_time_));
  if (!answer.ok() && answer.error().kind == Kind::kConflict) return asked(name);  // by somebody else, a moment ago
  if (!answer.ok() && answer.error().kind == kFrozen) return settle(name, true, "can be read again");
  (answer.ok() ? asks_ok_ : asks_failed_).add();
  if (answer.ok()) {
    log_info("object", "{} lies in {}: asked for it back ({}{})", name, state.storage_class, options_.order.tier,
             state.moves ? "" : fmt::format(", for {} days", options_.order.days));
    return asked(name);
  }
  if (complain(name)) {
    log_warn("object", "{} lies in {} and is not given back: {}", name, state.storage_class, answer.error().text);
  }
  later(name);
}

void ThawingStore::settle(const std::string& name, bool readable, std::string_view why) {
  const std::lock_guard lock(mutex_);
  const auto at = objects_.find(name);
  if (at == objects_.end()) return;
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(clock_.steady() - at->second.since).count();
  log_info("object", "{} {}, {} minutes after it was noted", name, why, minutes);
  if (readable) done_.add();
  thawing_ -= at->second.asked ? 1 : 0;
  objects_.erase(at);
  count();
}

void ThawingStore::asked(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = objects_.find(name);
    if (at == objects_.end()) return;
    thawing_ += at->second.asked ? 0 : 1;
    at->second.asked = true;
    count();
  }
  later(name);
}

/// The next look, and a longer time to the one after it.
void ThawingStore::later(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto at = objects_.find(name);
  if (at == objects_.end()) return;
  at->second.next = clock_.steady() + at->second.interval;
  at->second.interval = std::min<std::chrono::nanoseconds>(at->second.interval * 2, kThawLookLongest);
}

/// True the first time.
bool ThawingStore::complain(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto at = objects_.find(name);
  return at != objects_.end() && !std::exchange(at->second.complained, true);
}

/// mutex_ held.
void ThawingStore::count() {
  frozen_gauge_.set(static_cast<double>(objects_.size()));
  thawing_gauge_.set(static_cast<double>(thawing_));
}

}  // namespace takhin::object
