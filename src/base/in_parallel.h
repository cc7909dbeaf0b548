#pragma once
// The same task for many things, on a few threads.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace takhin {

/// Runs task(0) to task(count - 1) on at most `threads` threads, the caller's among them; returns when all are done. A task
/// that fails says so in what it captures.
inline void in_parallel(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& task) {
  std::atomic<std::size_t> at{0};
  const auto work = [&] {
    for (std::size_t mine = at++; mine < count; mine = at++) task(mine);
  };
  std::vector<std::thread> others;
  for (std::size_t more = 1; more < std::min(count, threads); ++more) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
}

}  // namespace takhin
