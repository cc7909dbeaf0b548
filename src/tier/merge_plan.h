#pragma once
// Which small neighbours are worth one object: a pure decision over a partition's catalogue.

#include <functional>
#include <span>
#include <vector>

#include "tier/catalog.h"
#include "tier/engine.h"

namespace takhin::tier {

/// Objects that become one at a time, at the most.
inline constexpr std::size_t kMergeSourcesMax = 256;

/// The first run of small segments that follow each other without a gap or an overlap, all ending at or before `before`, none of
/// which holds more than half of the run's bytes: so a byte is not written again more often than its object doubles. Empty:
/// none. `entries` by offset, each once; `refused` says which must not take part.
std::vector<CatalogEntry> plan_merge(std::span<const CatalogEntry> entries, Offset before, const MergeLimits& limits,
                                     const std::function<bool(const CatalogEntry&)>& refused);

}  // namespace takhin::tier
