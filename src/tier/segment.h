#pragma once
// What the cold tier knows a segment by, and the names objects carry (docs/format/segment-object.md).

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/types.h"
#include "base/uuid.h"

namespace takhin::tier {

/// A partition for good: a topic deleted and made again has another id.
struct PartitionRef {
  std::string topic;
  Uuid topic_id;
  std::int32_t partition = 0;
  auto operator<=>(const PartitionRef&) const = default;
  std::string name() const { return topic + "-" + std::to_string(partition); }
};

/// A partition as the catalogue knows it, found by its name once and then kept by who reads it often. Stays good when the
/// partition loses its segments or gets new ones.
class CatalogPartition;
using PartitionHandle = std::shared_ptr<const CatalogPartition>;

/// One archived segment, all of it in its object's name.
struct SegmentEntry {
  Offset base;
  Offset end;  // last offset + 1
  TimestampMs max_timestamp;
  std::uint64_t log_bytes = 0;  // size of the .log file
  LeaderEpoch leader_epoch;     // of the last batch
  std::uint32_t generation = 0;  // a higher one over the same offsets replaces a lower one
  Uuid id;                      // fresh for every attempt: a name is never used twice
  auto operator<=>(const SegmentEntry&) const = default;
};

/// "{topic}.{topic_id}/{partition:05}/" and what stands under it; the store's prefix wrapper adds the bucket prefix.
std::string topic_prefix(const std::string& topic, const Uuid& topic_id);
std::string partition_prefix(const PartitionRef& partition);
std::string object_name(const PartitionRef& partition, const SegmentEntry& entry);
/// The key object beside a segment, which rewrapping writes: the segment's name with .key for .seg.
std::string key_object_name(std::string_view segment_name);
/// Of a key object: the name of its segment; nothing for other names.
std::optional<std::string> segment_of_key_object(std::string_view name);
/// Sorts before every segment of the partition that begins at `base` or after, and after all that begin before it.
std::string name_before(const PartitionRef& partition, Offset base);
struct TopicDir {
  std::string topic;
  Uuid id;
};
/// "{topic}.{topic_id}", without the slash.
std::optional<TopicDir> parse_topic_dir(std::string_view dir);
struct ParsedName {
  PartitionRef partition;
  SegmentEntry entry;
};
/// Nothing for names that are not segments (topic.json, state.json, strangers).
std::optional<ParsedName> parse_object_name(std::string_view name);

/// A closed segment as the archiver takes it: Kafka's files, nothing of ours. Works for segments of Apache Kafka too.
struct SealedSegment {
  PartitionRef partition;
  Offset base;
  Offset end;
  TimestampMs max_timestamp;
  LeaderEpoch leader_epoch;
  std::shared_ptr<const File> log;
  std::uint64_t log_bytes = 0;
  Bytes offset_index;       // .index, 8-byte entries; like the time index rebuilt when it contradicts the log
  Bytes time_index;         // .timeindex, 12-byte entries
  Bytes txn_index;          // .txnindex, may be empty
  Bytes producer_snapshot;  // .snapshot at `end`, may be empty
  Bytes leader_epochs;      // leader-epoch-checkpoint text, may be empty
  std::string key_id;       // that its object is to be encrypted with; empty: the key ring's active one, "none": with none
  std::optional<int> zstd_level;  // of its object; nothing: the engine's
};

/// topic.json: what a bucket knows of a topic.
struct TopicRecord {
  std::string name;
  Uuid id;
  std::int32_t partitions = 0;
  std::vector<std::pair<std::string, std::string>> configs;
};

}  // namespace takhin::tier
