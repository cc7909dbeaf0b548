#pragma once
// Kafka's records of consumer groups (KIP-848) in __consumer_offsets: key kinds 3 and 5 to 8, and 16 for regular expressions.
// Each is the whole of what it tells; the last one of a key counts. Kind 4, the shapes of topics, is of before 4.1: neither
// written nor read.

#include <variant>

#include "broker/groups/consumer_group.h"
#include "broker/record_store.h"
#include "protocol/messages/consumer_group_current_member_assignment_key.h"
#include "protocol/messages/consumer_group_member_metadata_key.h"
#include "protocol/messages/consumer_group_metadata_key.h"
#include "protocol/messages/consumer_group_regular_expression_key.h"
#include "protocol/messages/consumer_group_target_assignment_member_key.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_key.h"

namespace takhin::broker::groups {

StoredRecord epoch_record(const std::string& group_id, const ConsumerGroup& group);
StoredRecord member_record(const std::string& group_id, const ConsumerMember& member);
StoredRecord target_epoch_record(const std::string& group_id, const ConsumerGroup& group);
StoredRecord target_record(const std::string& group_id, const std::string& member_id, const PartitionSet& target);
StoredRecord assignment_record(const std::string& group_id, const ConsumerMember& member);
StoredRecord regex_record(const std::string& group_id, const std::string& regex, const ResolvedRegex& resolved);
StoredRecord regex_tombstone(const std::string& group_id, const std::string& regex);

/// Its assignment, its target, itself; in this order.
std::vector<StoredRecord> member_tombstones(const std::string& group_id, const std::string& member_id);
/// All that a group without members still has.
std::vector<StoredRecord> group_tombstones(const std::string& group_id, const ConsumerGroup& group);
/// All that is known of it; without members only its epochs, so that they join anew and none is used twice.
std::vector<StoredRecord> all_records(const std::string& group_id, const ConsumerGroup& group, bool with_members);

using ConsumerKey = std::variant<protocol::ConsumerGroupMetadataKey, protocol::ConsumerGroupMemberMetadataKey,
                                 protocol::ConsumerGroupTargetAssignmentMetadataKey,
                                 protocol::ConsumerGroupTargetAssignmentMemberKey,
                                 protocol::ConsumerGroupCurrentMemberAssignmentKey,
                                 protocol::ConsumerGroupRegularExpressionKey>;
/// `body`: what follows the kind. Nothing for a kind that is none of a consumer group. kCorrupt when it cannot be read.
Result<std::optional<ConsumerKey>> parse_consumer_key(std::int16_t kind, View body);
/// The group's id in any of them.
const std::string& group_of(const ConsumerKey& key);
/// Takes over what one record says; no value: what it stood for is gone. Call count_owners() behind the last one. kCorrupt.
Result<> apply_record(ConsumerGroup& group, const ConsumerKey& key, std::optional<View> value);

}  // namespace takhin::broker::groups
