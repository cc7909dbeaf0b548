#pragma once
// What a store can do, found out by trying.

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "object/store.h"

namespace takhin::object {

struct Finding {
  std::string capability;
  std::string answer;  // "yes", "no" or a value
  bool needed = false;
  std::string meaning;
  std::string why;  // of a "no": the error, or what came instead; may be empty
  bool missing() const { return needed && answer == "no"; }
};

/// A multipart upload is tried with one part of this size and one of a byte: a store opened for a probe has parts of it.
inline constexpr std::uint64_t kProbePartBytes = 5 * kMiB;
/// Keys of a page for the paging probe: a store opened for a probe lists so many.
inline constexpr std::size_t kProbePageKeys = 3;
/// Any one request of a probe.
inline constexpr auto kProbeRequestMax = std::chrono::minutes(1);

/// Tries everything that takhin uses, and some that it could, under a fresh prefix below `prefix`, and removes what it
/// wrote. An Error only when not even one object can be stored. Blocks; one thread. Cost: about 40 requests and 12 MiB
/// up and down.
Result<std::vector<Finding>> probe(ObjectStore& store, const std::string& prefix, Clock& clock, Random& random);

}  // namespace takhin::object
