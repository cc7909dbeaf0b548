#pragma once
// A whole segment back to local disk: log and indexes, checked, the .log last.

#include <map>

#include "tier/fetcher.h"
#include "tier/local_copies.h"

namespace takhin::tier {

/// Any thread. Single flight per segment and directory; the work runs in the download pool and goes on when a caller gives up.
class Restorer {
 public:
  /// Restores share the pool with cold reads: each takes at most this share of its threads, one GET at a time.
  static constexpr std::size_t kThreadsShare = 4;
  /// The log while it is not whole; removed by the next attempt, and of no meaning to anyone else.
  static constexpr std::string_view kPartSuffix = ".log.restore";

  Restorer(FetchDeps& deps, TailStore& tails, Fetcher& fetcher, LocalCopies& local)
      : deps_(deps), tails_(tails), fetcher_(fetcher), local_(local) {}

  /// As Engine::restore. Cost: 1 GET per fetch_bytes_max that the cache does not hold, + 1 for the tail when it is not known.
  Result<> restore(const ColdSegment& segment, const std::string& dir, Deadline deadline);

 private:
  struct Job;
  using Key = std::pair<Uuid, std::string>;

  Result<std::shared_ptr<Flight<Result<>>>> start(const ColdSegment& segment, const TailStore::TailPtr& tail,
                                                  const std::string& dir);
  void work(const std::shared_ptr<Job>& job);
  void leave(Job& job);
  static void give_up(Job& job, Error why);
  Result<> copy_run(Job& job, std::size_t first, std::size_t& end);
  Result<bool> copy_cached(Job& job, std::size_t first, std::size_t& end);
  Result<> publish(Job& job);
  void land(Job& job, Result<> outcome);

  FetchDeps& deps_;
  TailStore& tails_;
  Fetcher& fetcher_;
  LocalCopies& local_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Flight<Result<>>>> flights_;
};

}  // namespace takhin::tier
