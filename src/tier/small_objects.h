#pragma once
// The JSON of state.json, topic.json and tombstones. Bytes in, bytes out.

#include <string>

#include "base/result.h"
#include "tier/format.h"
#include "tier/segment.h"

namespace takhin::tier {

inline constexpr std::size_t kSmallObjectBytesMax = kMiB;

std::string state_json(Offset log_start);
/// kCorrupt: not what state_json() writes; kInvalid: of a later version. The same for the others.
Result<Offset> parse_state(View json);
std::string topic_json(const TopicRecord& topic);
Result<TopicRecord> parse_topic(View json);
/// A key object.
std::string key_json(const Envelope& envelope);
Result<Envelope> parse_key(View json);
std::string tombstone_json(const TopicDir& topic);

}  // namespace takhin::tier
