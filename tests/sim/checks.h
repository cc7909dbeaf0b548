#pragma once
// What must hold at every moment, and what must hold once the world is at rest. Errors of kind kCorrupt are violations.

#include "tests/sim/world.h"

namespace takhin::sim {

/// Log starts, ends and the files that went since the last look: cheap, after every step.
Result<> check_step(World& world);
/// Reads a partition from its log start to its end and compares byte for byte. With a faulty store cold reads may fail with a
/// retriable error, and only they.
Result<> check_reads(World& world, const std::string& topic, std::size_t index, bool store_is_well);
/// Lookups by time against the model.
Result<> check_times(World& world, const std::string& topic, std::size_t index, TimestampMs timestamp, bool store_is_well);
/// Heals the world, lets every pass run to its end and a day go by: everything is readable, everything due is gone, and the
/// bucket holds nothing that nobody knows.
Result<> check_at_rest(World& world);

}  // namespace takhin::sim
