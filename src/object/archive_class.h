#pragma once
// Objects that a store has put where nobody can read them without asking first: S3's classes GLACIER and DEEP_ARCHIVE and the
// archive tiers of INTELLIGENT_TIERING. https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html

#include <string>

#include "base/kinds.h"
#include "object/store.h"

namespace takhin::object {

/// How an object is asked for.
struct ThawOrder {
  int days = 3;                   // that the readable copy lives; INTELLIGENT_TIERING moves the object instead and has no days
  std::string tier = "Standard";  // Expedited, Standard or Bulk: how fast, and how dear
};

enum class ThawPhase {
  kReadable,  // now, by anybody
  kFrozen,    // nobody has asked for it, or the copy's days are over
  kThawing,   // somebody has
};

struct ThawState {
  ThawPhase phase = ThawPhase::kReadable;
  std::string storage_class;  // as the store calls it, with the archive tier where there is one
  bool moves = false;         // INTELLIGENT_TIERING: it comes back for good, and an order must name no days
};

/// A store whose objects can be frozen: get() answers kFrozen for them, head() does not mind.
class ArchiveClassStore : public ObjectStore {
 public:
  /// Cost: 1 HEAD.
  virtual Result<ThawState> thaw_state(const ObjectKey& key, Deadline deadline) = 0;
  /// Asks for a readable copy of what is kFrozen by `state`. Retry-safe: kConflict when somebody has asked already, kFrozen when
  /// there is nothing to thaw (any more). Cost: 1 POST, and what the store takes for the thawing.
  virtual Result<> thaw(const ObjectKey& key, const ThawState& state, const ThawOrder& order, Deadline deadline) = 0;
};

}  // namespace takhin::object
