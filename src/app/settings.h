#pragma once
// From the command line to the effective configuration.

#include "app/cli.h"
#include "base/file.h"
#include "config/option.h"

namespace takhin::app {

/// Reads the file, the environment and --set, and checks every rule. kInvalid or kNotFound with one line for stderr.
Result<config::Settings> load_settings(const Command& command, FileSystem& files);

}  // namespace takhin::app
