#pragma once
// Kafka's records of __consumer_offsets: keys begin with their kind, values with their version, each a 16-bit number.

#include <variant>

#include "broker/groups/consumer_records.h"
#include "broker/groups/group.h"
#include "broker/record_store.h"
#include "protocol/messages/group_metadata_key.h"
#include "protocol/messages/offset_commit_key.h"

namespace takhin::broker::groups {

/// Version 1 when the client set an expiry of its own, 4 when the topic's id is known (a tagged field), else 3.
StoredRecord offset_record(const std::string& group, const std::string& topic, std::int32_t partition,
                           const CommittedOffset& offset);
StoredRecord offset_tombstone(const std::string& group, const std::string& topic, std::int32_t partition);
/// Version 3, which every Kafka since 2.3 reads.
StoredRecord group_record(const Group& group);
/// For a group that is about to have a new assignment: its generation without its members. Loaded again it is empty and they join
/// anew; with them it would come back as stable, handing out assignments that nobody made.
StoredRecord unsettled_group_record(const Group& group);
StoredRecord group_tombstone(const std::string& group);

/// What a stored key means. Kinds of group types that are not known here are UnknownKey.
struct UnknownKey {};
using Key = std::variant<UnknownKey, protocol::OffsetCommitKey, protocol::GroupMetadataKey, ConsumerKey>;
/// kCorrupt when it is of a known kind and cannot be read.
Result<Key> parse_key(View key);
Result<CommittedOffset> parse_offset(View value);
Result<protocol::GroupMetadataValue> parse_group(View value);

}  // namespace takhin::broker::groups
