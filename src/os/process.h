#pragma once
// What a process knows of itself: environment, signals, limits, use of the machine.

#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace takhin::os {

std::int64_t process_id();
/// A copy of the whole environment.
std::map<std::string, std::string> environment();

/// SIGTERM and SIGINT, taken off the process from construction on: make it before any thread starts (threads inherit the mask).
/// SIGPIPE is ignored from then on. One per process.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Blocks until one arrives; its number.
  int wait();
  /// The same, but nothing when `how_long` passes first.
  std::optional<int> wait_for(std::chrono::nanoseconds how_long);

 private:
  sigset_t set_{};
};

struct Usage {
  double cpu_seconds = 0;  // user + system, all threads, since start
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;
};
Result<Usage> usage();

/// Raises the soft limit of open files to the hard one; answers the limit that holds now.
Result<std::uint64_t> raise_open_files_limit();

}  // namespace takhin::os
