#pragma once
// The machine itself, as every verb that opens a store or a data directory sees it.

#include "assembly/system.h"
#include "os/clock.h"
#include "os/command.h"
#include "os/files.h"
#include "os/process.h"
#include "os/random.h"

namespace takhin::app {

/// Outlives what is built on it.
struct RealSystem {
  RealSystem() = default;
  RealSystem(const RealSystem&) = delete;
  RealSystem& operator=(const RealSystem&) = delete;

  os::PosixFileSystem files;
  os::SystemClock clock;
  os::SystemRandom random;
  os::SystemCommands commands;
  const assembly::System system{files, clock, random, os::environment(), os::process_id(), &commands};
};

}  // namespace takhin::app
