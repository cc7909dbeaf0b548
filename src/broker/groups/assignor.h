#pragma once
// Server-side assignors (KIP-848): who of a group should own which partitions. Pure functions; the same input gives the same
// output. Racks are not looked at: with one broker every partition is equally near.

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"

namespace takhin::broker::groups {

/// By topic.
using PartitionSet = std::map<Uuid, std::set<std::int32_t>>;
/// By member id.
using Assignment = std::map<std::string, PartitionSet>;

struct AssignorMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::vector<Uuid> topics;         // that exist, each once, in order
  const PartitionSet* now = nullptr;  // what it was assigned last; null: nothing
};

/// As equal as the subscriptions allow, moving as little as possible. When all subscribe to the same topics, nobody has more than
/// one partition more than anybody else.
Assignment assign_uniform(std::span<const AssignorMember> members, const std::map<Uuid, std::int32_t>& partitions);
/// Of each topic a range of neighbouring partitions, in the order of instance ids, then member ids: topics with as many
/// partitions are assigned alike, so that they can be joined.
Assignment assign_range(std::span<const AssignorMember> members, const std::map<Uuid, std::int32_t>& partitions);

using Assign = Assignment (*)(std::span<const AssignorMember>, const std::map<Uuid, std::int32_t>&);
/// "uniform", "range"; null for any other name.
Assign find_assignor(std::string_view name);

std::size_t count_of(const PartitionSet& partitions);

}  // namespace takhin::broker::groups
