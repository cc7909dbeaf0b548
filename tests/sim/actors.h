#pragma once
// Who does what to the world. Each actor is one step; it tells the model what was answered.

#include <span>
#include <string_view>

#include "tests/sim/world.h"

namespace takhin::sim {

struct Actor {
  std::string_view name;
  int weight;  // how often, against the others
  /// An error is a violation. May leave the disk stopped: then the process counts as dead.
  Result<> (*act)(World& world);
};
std::span<const Actor> actors();

/// What every idempotent producer does after a restart: sends its last batches again. Those that are in the log must be told so.
Result<> send_again(World& world, bool machine_lost);

}  // namespace takhin::sim
