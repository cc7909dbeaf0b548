#pragma once
// The world that everything stands on, as arguments.

#include <map>
#include <string>

#include "base/clock.h"
#include "base/command.h"
#include "base/file.h"
#include "base/random.h"

namespace takhin::assembly {

/// Borrowed; outlives what is built on it.
struct System {
  FileSystem& files;
  Clock& clock;
  Random& random;
  std::map<std::string, std::string> environment;  // for credentials
  std::int64_t process_id = 0;                     // named by the lock of a data directory
  CommandRunner* commands = nullptr;               // null: a configuration that names a key command is refused
};

}  // namespace takhin::assembly
