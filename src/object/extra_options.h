#pragma once
// What a store has beside itself: a replica, and how objects come back from archive classes.

#include <optional>

#include "object/options.h"
#include "object/thawing.h"

namespace takhin::object {

struct ReplicaOptions {
  S3Options where;
  std::size_t threads = 2;
};

std::span<const config::Option* const> extra_rows();
ThawOptions thaw_options(const config::Settings& settings);
/// The replica of the store that `first` names; nothing when there is none. What tier.replica.* does not say is as for the first.
/// kInvalid names the key that breaks a rule.
Result<std::optional<ReplicaOptions>> replica_options(const config::Settings& settings, const S3Options& first);

}  // namespace takhin::object
