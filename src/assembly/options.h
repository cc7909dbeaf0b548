#pragma once
// Every option of takhin in one list, and the few that belong to no room.

#include <span>
#include <string>
#include <vector>

#include "config/option.h"

namespace takhin::assembly {

inline constexpr std::string_view kLogLevels[] = {"debug", "info", "warn", "error", "off"};
inline const config::Option kLogLevel{.key = "log.level",
                                      .fallback = std::string("info"),
                                      .doc = "Least important event that is logged.",
                                      .choices = kLogLevels};
inline const config::Option kDataDir{.key = "storage.data.dir",
                                     .fallback = std::string("takhin-data"),
                                     .doc = "Directory of logs, cache and catalogue; one process at a time."};
inline const config::Option kTieringEnabled{.key = "storage.tiered.enabled",
                                            .fallback = false,
                                            .doc =
                                                "Archive to the object store. When neither this nor a bucket or "
                                                "endpoint is set, `run` switches it on with a local "
                                                "directory, DATA/objects, as the store."};

/// The rows of every room. No key twice.
std::span<const config::Option* const> all_rows();

/// What the tiering keys come to.
struct Tiering {
  bool enabled = false;
  bool embedded = false;  // nothing was said: DATA/objects is the store
};
Tiering tiering_of(const config::Settings& settings);

/// The checks between options, of all rooms. kInvalid with one line: key, value, rule.
Result<> validate(const config::Settings& settings);

}  // namespace takhin::assembly
