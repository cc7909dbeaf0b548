#pragma once
// What a topic may be called (org.apache.kafka.common.internals.Topic) and how a segment is called in paths.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace takhin::partition {

inline constexpr std::size_t kTopicNameMax = 249;
/// Partitions that one topic may have here: each is a folder and open files.
inline constexpr std::int32_t kPartitionsMax = 10'000;

/// The coordinators' own topics, as Kafka names them (org.apache.kafka.common.internals.Topic).
inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";
inline constexpr std::string_view kTransactionsTopic = "__transaction_state";
inline bool is_internal_topic(std::string_view name) { return name == kOffsetsTopic || name == kTransactionsTopic; }

/// 1 to 249 of [a-zA-Z0-9._-], neither "." nor "..".
Result<> check_topic_name(std::string_view name);
/// '.' and '_' become one in metric names, so Kafka takes "a.b" and "a_b" for the same.
bool names_collide(std::string_view a, std::string_view b);

/// "topic-0/00000000000000000000.log"; the partition is what follows the last '-'.
struct SegmentPath {
  std::string topic;
  std::int32_t partition = 0;
  Offset base;
};
std::optional<SegmentPath> parse_segment_path(std::string_view path);
std::string segment_path(const std::string& partition_name, Offset base);

}  // namespace takhin::partition
