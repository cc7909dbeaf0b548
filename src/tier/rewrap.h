#pragma once
// Changes the key that wraps the data keys of a partition's objects. No object is touched: each gets a key object beside it.

#include <functional>

#include "base/clock.h"
#include "object/store.h"
#include "tier/keyring.h"
#include "tier/segment.h"

namespace takhin::tier {

struct RewrapDeps {
  object::ObjectStore& store;
  const KeyRing& ring;
  Clock& clock;
  Random& random;
};

struct RewrapCounts {
  std::uint64_t rewrapped = 0;
  std::uint64_t already = 0;  // wrapped by that key before
  std::uint64_t plain = 0;    // not encrypted
  std::uint64_t failed = 0;

  RewrapCounts& operator+=(const RewrapCounts& more);
};

/// Every segment that the bucket shows. A key object is written only when the data key that it holds has been seen to open its
/// object. Idempotent; stopped anywhere it goes on where it was. `failed` hears of each segment that could not be done (its key
/// is lost, it is damaged); the others are done all the same. An Error: the partition cannot be listed, or there is no key `to`.
/// Any thread, also beside a running broker. Memory: one page of the listing. Cost: 1 LIST per 1,000 objects; per encrypted
/// segment 1 GET, + 1 HEAD and 1 GET when it has a key object, + 1 PUT when it is rewrapped.
Result<RewrapCounts> rewrap(const RewrapDeps& deps, const PartitionRef& partition, const std::string& to, Deadline deadline,
                            const std::function<void(const std::string& segment, const Error& error)>& failed);

}  // namespace takhin::tier
