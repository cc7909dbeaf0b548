#include "base/result.h"

#include <cstdio>
#include <cstdlib>

#include "base/kinds.h"

namespace takhin {

std::string_view name_of(Kind kind) {
  if (kind == kFrozen) return "frozen";
  if (kind == kKeyFailed) return "key_failed";
  switch (kind) {
    case Kind::kNotFound: return "not_found";
    case Kind::kConflict: return "conflict";
    case Kind::kUnavailable: return "unavailable";
    case Kind::kThrottled: return "throttled";
    case Kind::kDenied: return "denied";
    case Kind::kCorrupt: return "corrupt";
    case Kind::kInvalid: return "invalid";
    case Kind::kOutOfRange: return "out_of_range";
    case Kind::kExhausted: return "exhausted";
    case Kind::kClosed: return "closed";
  }
  return "unknown";
}

void assert_failed(const char* condition, const char* file, int line, std::string_view why) {
  std::fprintf(stderr, "takhin: bug at %s:%d: %.*s (%s)\n", file, line, static_cast<int>(why.size()), why.data(),
               condition);
  std::abort();
}

}  // namespace takhin
