#pragma once
// Programs run with posix_spawn.

#include "base/command.h"

namespace takhin::os {

/// Stateless; any thread. The child gets nothing of ours but stdin, stdout, stderr and the environment.
class SystemCommands : public CommandRunner {
 public:
  Result<CommandAnswer> run(std::span<const std::string> argv, View input, std::chrono::nanoseconds time_max) override;
};

}  // namespace takhin::os
