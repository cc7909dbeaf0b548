#pragma once
// A walk over a whole bucket, for those that look after it: what stands, what is left over and since when, topic by topic and
// partition by partition. Believes names and small objects only; never changes anything.

#include <optional>
#include <string_view>
#include <vector>

#include "object/store.h"
#include "tier/catalog.h"
#include "tier/segment.h"

namespace takhin::tier {

class ObjectKeys;

/// Time that one request of those that look after a bucket may take.
inline constexpr std::chrono::seconds kCareCallTime{60};

/// Why nobody reads an object any more.
enum class Leftover : std::uint8_t {
  kSuperseded,     // a higher generation stands for its offsets
  kCopy,           // of two copies of one attempt the one that does not stand
  kBelowLogStart,  // ends at or before the log start
  kDeletedTopic,   // its topic has a tombstone
};

struct LeftoverObject {
  object::ObjectInfo object;
  Leftover why = Leftover::kCopy;
  TimestampMs since{};  // nobody that listed the bucket after this can still want it
  std::optional<CatalogEntry> in_its_place;  // kSuperseded and kCopy: what stands
};

struct SurveyedPartition {
  PartitionRef partition;
  Offset log_start = kNoOffset;            // as state.json says
  std::optional<Error> state_fault;        // why state.json cannot be read
  std::vector<CatalogEntry> standing;      // by offset, without what ends below the log start
  std::vector<LeftoverObject> leftovers;   // by key
  std::vector<object::ObjectInfo> stumps;  // named like segments, but too small to be one
  std::vector<object::ObjectInfo> orphan_keys;  // key objects whose segment is not there
};

struct SurveyedTopic {
  TopicDir topic;
  std::optional<TopicRecord> record;
  std::optional<Error> record_fault;  // why topic.json cannot be read; with neither there is none
  std::optional<TimestampMs> deleted_at;  // there is a tombstone; then it has no partitions here, only leftovers
  std::vector<LeftoverObject> leftovers;  // of a deleted topic
};

/// One thread. Each call gets what was just gathered; an error ends the walk.
class SurveyVisitor {
 public:
  virtual ~SurveyVisitor() = default;
  virtual Result<> partition(const SurveyedPartition& partition) = 0;
  /// After its partitions. A tombstone whose objects are gone is a topic too.
  virtual Result<> topic(const SurveyedTopic& topic) = 0;
};

/// Memory: the objects of the largest partition, and of each deleted topic. Retry-safe. Cost: 1 LIST per 1,000 objects and 1 for
/// the tombstones, 1 GET per topic and per partition that has a state.json.
Result<> survey(object::ObjectStore& store, Clock& clock, SurveyVisitor& visitor);

/// The small object `info` names, at most kSmallObjectBytesMax. Cost: 1 GET.
Result<Bytes> get_small(object::ObjectStore& store, const object::ObjectInfo& info, Deadline deadline);

}  // namespace takhin::tier
