#pragma once
// Programs of the operator's that takhin runs for an answer, such as a hook to a key management service.

#include <chrono>
#include <span>
#include <string>

#include "base/result.h"
#include "base/types.h"

namespace takhin {

inline constexpr std::size_t kCommandInputMax = 4096;   // bytes; what any pipe takes at once
inline constexpr std::size_t kCommandOutputMax = 16 * kKiB;

struct CommandAnswer {
  int exit_code = 0;  // 128 + the signal's number when one ended it
  Bytes output;       // its stdout
};

class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  /// Runs `argv` (argv[0] is the program's path; no shell, no search) with `input` as its stdin and waits for its end. Its
  /// environment is ours, its stderr too. Any thread; nothing of `input` or the output is ever part of an error. kNotFound and
  /// kDenied: it cannot be started. kUnavailable: it took longer than `time_max` and was killed, with the processes it started.
  /// kExhausted: more output than kCommandOutputMax, or no descriptors. kInvalid: more input than kCommandInputMax.
  virtual Result<CommandAnswer> run(std::span<const std::string> argv, View input, std::chrono::nanoseconds time_max) = 0;
};

}  // namespace takhin
