#include "object/refreshing.h"

#include <algorithm>

#include "base/log.h"

namespace takhin::object {
namespace {

/// How long they still hold; nothing for those that do not run out.
std::optional<std::chrono::nanoseconds> left(const Credentials& credentials, const Clock& clock) {
  if (!credentials.expires) return std::nullopt;
  return std::chrono::milliseconds(credentials.expires->raw - clock.wall().raw);
}

std::chrono::nanoseconds pause_after(const Error& failure) {
  if (is_transient(failure.kind)) return kUnreachableAgainAfter;
  return failure.kind == Kind::kNotFound ? std::chrono::nanoseconds(kAbsentAgainAfter) : kFetchAgainAfter;
}

bool same(const Credentials& a, const Credentials& b) {
  return a.access_key == b.access_key && a.session_token == b.session_token && a.secret_key == b.secret_key;
}

}  // namespace

/// What can be answered without a fetch, if anything.
std::optional<Result<Credentials>> RefreshingCredentials::at_hand(Steady now) const {
  const bool early = now < not_before_;
  if (!held_ || held_refused_) return early && failure_ ? std::optional<Result<Credentials>>(*failure_) : std::nullopt;
  const auto holds = left(*held_, clock_);
  const bool fresh = !holds || *holds > kRefreshBefore;
  const bool valid = !holds || *holds > std::chrono::nanoseconds(0);
  if (fresh || (valid && fetching_) || (early && (valid || !failure_))) return *held_;
  return early ? std::optional<Result<Credentials>>(*failure_) : std::nullopt;
}

Result<Credentials> RefreshingCredentials::get(Deadline deadline) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (const auto answer = at_hand(clock_.steady())) return *answer;
    if (!fetching_) break;
    if (!clock_.wait(changed_, lock, deadline.at) && deadline.passed(clock_)) {
      return fail(Kind::kUnavailable, "{}: deadline passed while they were fetched", name_);
    }
  }
  fetching_ = true;
  lock.unlock();
  const Deadline until = earlier(deadline, Deadline::in(clock_, kFetchMax));
  auto answer = source_->get(until).within(name_);
  lock.lock();
  fetching_ = false;
  changed_.notify_all();
  return fetched(std::move(answer), deadline);
}

Result<Credentials> RefreshingCredentials::fetched(Result<Credentials> answer, Deadline deadline) {
  const Steady now = clock_.steady();
  if (answer.ok()) {
    held_ = *answer;
    held_refused_ = false;
    failure_.reset();
    fetched_at_ = now;
    const auto holds = left(*held_, clock_).value_or(kFetchAgainAfter);
    not_before_ = now + (holds > std::chrono::nanoseconds(0) ? std::min<std::chrono::nanoseconds>(holds, kFetchAgainAfter)
                                                              : kFetchAgainAfter);
    return answer;
  }
  failure_ = answer.error();
  // Whoever had too little time says nothing about the source.
  not_before_ = deadline.passed(clock_) ? now : now + pause_after(*failure_);
  if (!held_ || held_refused_) return answer;
  const auto holds = left(*held_, clock_).value_or(kFetchAgainAfter);
  if (holds <= std::chrono::nanoseconds(0)) return answer;
  // There is no hurry yet.
  not_before_ = now + std::min<std::chrono::nanoseconds>(holds, kFetchAgainAfter);
  log_warn("object", "credentials not refreshed, the old ones still hold: {}", failure_->text);
  return *held_;
}

void RefreshingCredentials::refused(const Credentials& credentials) {
  const std::lock_guard lock(mutex_);
  const Steady now = clock_.steady();
  if (!held_ || !same(*held_, credentials) || now < fetched_at_ + kYoungFor) return;
  held_refused_ = true;
  not_before_ = now;
  failure_.reset();
}

}  // namespace takhin::object
