#pragma once
// One seed: a world, actors by chance, crashes between any two steps of disk and store, and checks all along.

#include "tests/sim/world.h"

namespace takhin::sim {

struct RunOptions {
  bool loud = false;  // every step on stderr
};
struct RunReport {
  std::uint64_t steps = 0;
  std::uint64_t crashes = 0;
  std::uint64_t store_faults = 0;
  std::uint64_t batches = 0;
  std::uint64_t archived = 0;
  std::uint64_t trace = 0;
};

/// An error is the first violation, with the step it was seen at.
Result<RunReport> run_seed(std::uint64_t seed, const RunOptions& options);

/// One fixed life of a topic (produce, archive, demote, restore, delete records, retention, delete the topic), ended after its
/// `crash_at`-th change of disk or store; checked after the restart and at rest. False when the life is shorter than that.
Result<bool> run_with_crash_at(std::uint64_t crash_at, End how);

}  // namespace takhin::sim
