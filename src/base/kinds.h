#pragma once
// Kinds of failure that few rooms meet, beside those of result.h, which every file includes. A switch cannot name them: compare.

#include "base/result.h"

namespace takhin {

/// In an archive class of the store: readable hours after somebody asked for it. Not transient, for it is no use to repeat the
/// call at once.
inline constexpr Kind kFrozen = static_cast<Kind>(100);
/// Its encryption key is unknown, refused, or another one under its id: an operator must act, and nothing else is wrong.
inline constexpr Kind kKeyFailed = static_cast<Kind>(101);

}  // namespace takhin
