#pragma once
// What the verbs do. Each answers the exit code: 0 fine, 1 it failed, 2 wrong configuration.

#include "app/cli.h"

namespace takhin::app {

inline constexpr int kFailed = 1;
inline constexpr int kWrongConfiguration = 2;

int run(const Command& command);
int print_version();
int print_config(const Command& command);
int tier(const Command& command);
int check_store(const Command& command);
int recover(const Command& command);
/// scrub and gc: 0 clean, 1 there is something, 2 wrong usage, or the bucket cannot be read.
int tier_care(const Command& command);

/// One line on stderr.
void complain(const std::string& text);

}  // namespace takhin::app
