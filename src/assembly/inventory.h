#pragma once
// Every segment of a data directory or a bucket, as `takhin tier` shows them.

#include <string>
#include <vector>

#include "assembly/engine.h"
#include "tier/policy.h"

namespace takhin::assembly {

struct InventoryRow {
  std::string path;  // "topic-0/00000000000000000000.log"
  tier::Tier tier = tier::Tier::kCold;
  bool archived = false;
  tier::PartitionRef partition;  // archived ones only
  tier::SegmentEntry entry;      // of a segment that was never archived, only base and log_bytes are known
};

/// Takes in all that the bucket holds, partition by partition, also of topics whose topic.json is lost.
/// Cost: 1 LIST per 1,000 objects, twice.
Result<> learn_bucket(EngineStack& stack, Deadline deadline);

/// What the engine knows and, with a non-empty `log_dir` (DATA/log), what lies there. Sorted by path.
Result<std::vector<InventoryRow>> inventory(tier::Engine& engine, FileSystem& files, const std::string& log_dir);

}  // namespace takhin::assembly
