#pragma once
// Credentials that run out, fetched again in time.

#include <condition_variable>
#include <mutex>

#include "object/credentials.h"

namespace takhin::object {

/// From so long before they run out, new ones are looked for; the instance metadata service has them ready by then
/// ("Retrieve security credentials from instance metadata", EC2 user guide).
inline constexpr auto kRefreshBefore = std::chrono::minutes(5);
/// One fetch, whatever its caller's deadline.
inline constexpr auto kFetchMax = std::chrono::seconds(10);
/// A fetch that brought nothing new is not repeated before.
inline constexpr auto kFetchAgainAfter = std::chrono::seconds(30);
/// A source that could not be reached is asked again after; about as fast as a store's retries come.
inline constexpr auto kUnreachableAgainAfter = std::chrono::seconds(1);
/// A machine without the source is asked again after.
inline constexpr auto kAbsentAgainAfter = std::chrono::minutes(1);
/// Credentials this young that a store refuses are not fetched again: there are no better ones.
inline constexpr auto kYoungFor = std::chrono::seconds(1);

/// Remembers what `source` answers until shortly before that runs out. Any thread. Only one caller at a time is sent to
/// the source; the others take what there is while it is valid, and wait under their own deadlines when it is not. A
/// failed refresh shows only once the old ones have run out. Credentials that had run out when they were fetched are
/// given out all the same: the machine's clock may be wrong, or the source may have nothing better.
class RefreshingCredentials final : public CredentialsProvider {
 public:
  /// `name` says in logs and errors what is fetched. Borrows `clock`.
  RefreshingCredentials(std::string name, std::unique_ptr<CredentialsProvider> source, Clock& clock)
      : name_(std::move(name)), source_(std::move(source)), clock_(clock) {}

  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials& credentials) override;

 private:
  std::optional<Result<Credentials>> at_hand(Steady now) const;
  Result<Credentials> fetched(Result<Credentials> answer, Deadline deadline);

  const std::string name_;
  const std::unique_ptr<CredentialsProvider> source_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool fetching_ = false;
  std::optional<Credentials> held_;
  bool held_refused_ = false;
  std::optional<Error> failure_;  // of the last fetch
  Steady fetched_at_{};           // held_
  Steady not_before_{};           // of the next fetch
};

}  // namespace takhin::object
