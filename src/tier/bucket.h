#pragma once
// The small objects of a bucket and what is done with whole listings: topic.json, state.json, tombstones; what a listing shows
// of a partition; removal in offset order. Formats: docs/format/segment-object.md. Keeps no state.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "object/store.h"
#include "tier/catalog.h"
#include "tier/format.h"
#include "tier/segment.h"

namespace takhin::tier {

inline constexpr std::string_view kTombstonePrefix = "deleted/";
std::string tombstone_name(const TopicDir& topic);
/// Nothing for names that are not "deleted/{topic}.{topic_id}.json".
std::optional<TopicDir> parse_tombstone_name(std::string_view name);
/// Nothing for names that are not "{topic}.{topic_id}/{partition:05}/state.json".
std::optional<PartitionRef> parse_state_name(std::string_view name);

/// Any thread. Errors are the store's; kCorrupt for small objects that cannot be read. Everything is retry-safe.
class Bucket {
 public:
  Bucket(object::ObjectStore& store, Clock& clock) : store_(store), clock_(clock) {}

  /// Cost: 1 PUT.
  Result<> put_topic(const TopicRecord& topic, Deadline deadline);
  /// Without the deleted ones. A topic without topic.json has the partitions that are seen, and no configs.
  /// Cost: 1 LIST per 1,000 objects but at most 1 per topic, 1 HEAD and 1 GET per topic.
  Result<std::vector<TopicRecord>> topics(Deadline deadline);

  /// Cost: 1 PUT.
  Result<> put_log_start(const PartitionRef& partition, Offset start, Deadline deadline);
  /// kNoOffset when never set. Cost: 1 HEAD and 1 GET.
  Result<Offset> get_log_start(const PartitionRef& partition, Deadline deadline);

  /// The key object of a segment, whole or not at all. Cost: 1 PUT.
  Result<> put_key(const object::ObjectKey& segment, const Envelope& envelope, Deadline deadline);
  /// Nothing when it has none. Cost: 1 HEAD, and 1 GET when it has one.
  Result<std::optional<Envelope>> get_key(const object::ObjectKey& segment, Deadline deadline);

  /// The partition's segments whose names sort after `after`, by offset. Cost: 1 LIST per 1,000 objects.
  Result<std::vector<CatalogEntry>> segments(const PartitionRef& partition, std::string_view after, Deadline deadline);

  struct Listed {
    CatalogEntry entry;
    TimestampMs modified;  // when the store took it
  };
  /// All of the partition's segments, also those that others stand for, by offset. Cost: 1 LIST per 1,000 objects.
  Result<std::vector<Listed>> listed(const PartitionRef& partition, Deadline deadline);

  struct Removed {
    std::size_t count = 0;       // segments
    std::vector<Uuid> failed;    // still there
    std::optional<Error> error;  // why it stopped, or the first failed one's
    Offset met = kNoOffset;      // of the objects to go, those that begin at or before it were met: gone unless in `failed`
  };
  /// Removes what ends at or before `offset`, oldest first, with its key objects; what the bucket shows counts, known or not.
  Removed remove_before(const PartitionRef& partition, Offset offset, Deadline deadline);

  /// Cost: 1 PUT.
  Result<> put_tombstone(const TopicDir& topic, Deadline deadline);
  Result<std::vector<TopicDir>> tombstones(Deadline deadline);
  /// Everything of the topic, then the tombstone.
  Result<> remove_topic(const TopicDir& topic, Deadline deadline);

 private:
  Result<> for_each_segment(const PartitionRef& partition, std::string_view after, Deadline deadline,
                            const std::function<void(CatalogEntry, const object::ObjectInfo&)>& each);
  Result<std::vector<std::string>> directories(std::string_view prefix, Deadline deadline);
  Result<std::optional<Bytes>> small(const object::ObjectKey& key, Deadline deadline);
  Result<TopicRecord> topic_record(const TopicDir& topic, Deadline deadline);
  Result<> remove_all(std::span<const object::ObjectKey> keys, Deadline deadline);

  object::ObjectStore& store_;
  Clock& clock_;
};

}  // namespace takhin::tier
