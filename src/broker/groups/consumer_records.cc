#include "broker/groups/consumer_records.h"

#include "broker/stored_message.h"
#include "protocol/messages/consumer_group_current_member_assignment_value.h"
#include "protocol/messages/consumer_group_member_metadata_value.h"
#include "protocol/messages/consumer_group_metadata_value.h"
#include "protocol/messages/consumer_group_regular_expression_value.h"
#include "protocol/messages/consumer_group_target_assignment_member_value.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_value.h"

namespace takhin::broker::groups {
namespace {

constexpr std::int16_t kEpochKind = 3;
constexpr std::int16_t kMemberKind = 5;
constexpr std::int16_t kTargetEpochKind = 6;
constexpr std::int16_t kTargetKind = 7;
constexpr std::int16_t kAssignmentKind = 8;
constexpr std::int16_t kRegexKind = 16;
constexpr std::int16_t kVersion = 0;  // of all keys and values

template <protocol::Message Key>
StoredRecord tombstone(std::int16_t kind, const Key& key) {
  return {stored_message(kind, key, kVersion), std::nullopt};
}

template <protocol::Message Key, protocol::Message Value>
StoredRecord stored(std::int16_t kind, const Key& key, const Value& value) {
  return {stored_message(kind, key, kVersion), stored_message(kVersion, value, kVersion)};
}

template <class Row>
std::vector<Row> rows_of(const PartitionSet& partitions) {
  std::vector<Row> rows;
  for (const auto& [topic, indexes] : partitions) {
    Row& row = rows.emplace_back();
    row.topic_id = topic;
    row.partitions.assign(indexes.begin(), indexes.end());
  }
  return rows;
}

template <class Rows>
PartitionSet set_of(const Rows& rows) {
  PartitionSet out;
  for (const auto& row : rows) {
    if (!row.partitions.empty()) out[row.topic_id].insert(row.partitions.begin(), row.partitions.end());
  }
  return out;
}

template <protocol::Message Key>
Result<std::optional<ConsumerKey>> parse_as(View body) {
  TRY(auto key, parse_stored<Key>(body, kVersion));
  return std::optional<ConsumerKey>(std::move(key));
}

Progress progress_of(std::int8_t number) {
  // Of a later Kafka: this one makes the next heartbeat look at the target again.
  if (number < 0 || number > static_cast<std::int8_t>(Progress::kUnreleased)) return Progress::kUnreleased;
  return static_cast<Progress>(number);
}

/// A member is told by two records, in any order.
ConsumerMember member_or_new(const ConsumerGroup& group, const std::string& id) {
  const ConsumerMember* known = group.find(id);
  return known == nullptr ? ConsumerMember{.id = id} : *known;
}

Result<> apply(ConsumerGroup& group, const protocol::ConsumerGroupMetadataKey&, View value) {
  TRY(const auto message, parse_stored_value<protocol::ConsumerGroupMetadataValue>(value));
  group.epoch = message.epoch;
  group.metadata_hash = message.metadata_hash;
  return done();
}

Result<> apply(ConsumerGroup& group, const protocol::ConsumerGroupMemberMetadataKey& key, View value) {
  TRY(auto message, parse_stored_value<protocol::ConsumerGroupMemberMetadataValue>(value));
  ConsumerMember member = member_or_new(group, key.member_id);
  member.instance_id = std::move(message.instance_id);
  member.rack_id = std::move(message.rack_id);
  member.client_id = std::move(message.client_id);
  member.client_host = std::move(message.client_host);
  member.topics = {message.subscribed_topic_names.begin(), message.subscribed_topic_names.end()};
  member.regex = message.subscribed_topic_regex.value_or("");
  member.rebalance_timeout_ms = message.rebalance_timeout_ms;
  member.assignor = std::move(message.server_assignor);
  group.put(std::move(member));
  return done();
}

Result<> apply(ConsumerGroup& group, const protocol::ConsumerGroupTargetAssignmentMetadataKey&, View value) {
  TRY(const auto message, parse_stored_value<protocol::ConsumerGroupTargetAssignmentMetadataValue>(value));
  group.target_epoch = message.assignment_epoch;
  group.target_at_ms = message.assignment_timestamp;
  return done();
}

Result<> apply(ConsumerGroup& group, const protocol::ConsumerGroupTargetAssignmentMemberKey& key, View value) {
  TRY(const auto message, parse_stored_value<protocol::ConsumerGroupTargetAssignmentMemberValue>(value));
  group.target[key.member_id] = set_of(message.topic_partitions);
  return done();
}

Result<> apply(ConsumerGroup& group, const protocol::ConsumerGroupCurrentMemberAssignmentKey& key, View value) {
  TRY(const auto message, parse_stored_value<protocol::ConsumerGroupCurrentMemberAssignmentValue>(value));
  ConsumerMember member = member_or_new(group, key.member_id);
  member.epoch = message.member_epoch;
  member.previous_epoch = message.previous_member_epoch;
  member.progress = progress_of(message.state);
  member.assigned = set_of(message.assigned_partitions);
  member.revoking = set_of(message.partitions_pending_revocation);
  group.put(std::move(member));
  return done();
}

Result<> apply(ConsumerGroup& group, const protocol::ConsumerGroupRegularExpressionKey& key, View value) {
  TRY(const auto message, parse_stored_value<protocol::ConsumerGroupRegularExpressionValue>(value));
  group.regexes[key.regular_expression] = {{message.topics.begin(), message.topics.end()}, message.timestamp};
  return done();
}

void forget(ConsumerGroup& group, const protocol::ConsumerGroupMetadataKey&) { group.epoch = 0, group.metadata_hash = 0; }
void forget(ConsumerGroup& group, const protocol::ConsumerGroupTargetAssignmentMetadataKey&) { group.target_epoch = 0; }
void forget(ConsumerGroup& group, const protocol::ConsumerGroupMemberMetadataKey& key) { group.remove(key.member_id); }
void forget(ConsumerGroup& group, const protocol::ConsumerGroupTargetAssignmentMemberKey& key) {
  group.target.erase(key.member_id);
}
void forget(ConsumerGroup& group, const protocol::ConsumerGroupCurrentMemberAssignmentKey& key) {
  if (group.find(key.member_id) == nullptr) return;
  ConsumerMember member = *group.find(key.member_id);
  member.epoch = kLeaveEpoch;
  member.previous_epoch = kLeaveEpoch;
  member.assigned.clear();
  member.revoking.clear();
  group.put(std::move(member));
}
void forget(ConsumerGroup& group, const protocol::ConsumerGroupRegularExpressionKey& key) {
  group.regexes.erase(key.regular_expression);
}

}  // namespace

StoredRecord epoch_record(const std::string& group_id, const ConsumerGroup& group) {
  const protocol::ConsumerGroupMetadataValue value{.epoch = group.epoch, .metadata_hash = group.metadata_hash};
  return stored(kEpochKind, protocol::ConsumerGroupMetadataKey{.group_id = group_id}, value);
}

StoredRecord member_record(const std::string& group_id, const ConsumerMember& member) {
  protocol::ConsumerGroupMemberMetadataValue value;
  value.instance_id = member.instance_id;
  value.rack_id = member.rack_id;
  value.client_id = member.client_id;
  value.client_host = member.client_host;
  value.subscribed_topic_names.assign(member.topics.begin(), member.topics.end());
  value.subscribed_topic_regex = member.regex;
  value.rebalance_timeout_ms = member.rebalance_timeout_ms;
  value.server_assignor = member.assignor;
  return stored(kMemberKind, protocol::ConsumerGroupMemberMetadataKey{.group_id = group_id, .member_id = member.id}, value);
}

StoredRecord target_epoch_record(const std::string& group_id, const ConsumerGroup& group) {
  const protocol::ConsumerGroupTargetAssignmentMetadataValue value{.assignment_epoch = group.target_epoch,
                                                                   .assignment_timestamp = group.target_at_ms};
  return stored(kTargetEpochKind, protocol::ConsumerGroupTargetAssignmentMetadataKey{.group_id = group_id}, value);
}

StoredRecord target_record(const std::string& group_id, const std::string& member_id, const PartitionSet& target) {
  using Value = protocol::ConsumerGroupTargetAssignmentMemberValue;
  Value value;
  value.topic_partitions = rows_of<Value::TopicPartition>(target);
  return stored(kTargetKind, protocol::ConsumerGroupTargetAssignmentMemberKey{.group_id = group_id, .member_id = member_id},
                value);
}

StoredRecord assignment_record(const std::string& group_id, const ConsumerMember& member) {
  using Value = protocol::ConsumerGroupCurrentMemberAssignmentValue;
  Value value{.member_epoch = member.epoch,
              .previous_member_epoch = member.previous_epoch,
              .state = static_cast<std::int8_t>(member.progress)};
  value.assigned_partitions = rows_of<Value::TopicPartitions>(member.assigned);
  value.partitions_pending_revocation = rows_of<Value::TopicPartitions>(member.revoking);
  return stored(kAssignmentKind, protocol::ConsumerGroupCurrentMemberAssignmentKey{.group_id = group_id, .member_id = member.id},
                value);
}

StoredRecord regex_record(const std::string& group_id, const std::string& regex, const ResolvedRegex& resolved) {
  protocol::ConsumerGroupRegularExpressionValue value;
  value.topics.assign(resolved.topics.begin(), resolved.topics.end());
  value.timestamp = resolved.at_ms;
  return stored(kRegexKind, protocol::ConsumerGroupRegularExpressionKey{.group_id = group_id, .regular_expression = regex},
                value);
}

StoredRecord regex_tombstone(const std::string& group_id, const std::string& regex) {
  return tombstone(kRegexKind, protocol::ConsumerGroupRegularExpressionKey{.group_id = group_id, .regular_expression = regex});
}

std::vector<StoredRecord> member_tombstones(const std::string& group_id, const std::string& id) {
  return {tombstone(kAssignmentKind, protocol::ConsumerGroupCurrentMemberAssignmentKey{.group_id = group_id, .member_id = id}),
          tombstone(kTargetKind, protocol::ConsumerGroupTargetAssignmentMemberKey{.group_id = group_id, .member_id = id}),
          tombstone(kMemberKind, protocol::ConsumerGroupMemberMetadataKey{.group_id = group_id, .member_id = id})};
}

std::vector<StoredRecord> group_tombstones(const std::string& group_id, const ConsumerGroup& group) {
  std::vector<StoredRecord> out;
  for (const auto& [regex, resolved] : group.regexes) out.push_back(regex_tombstone(group_id, regex));
  out.push_back(tombstone(kTargetEpochKind, protocol::ConsumerGroupTargetAssignmentMetadataKey{.group_id = group_id}));
  out.push_back(tombstone(kEpochKind, protocol::ConsumerGroupMetadataKey{.group_id = group_id}));
  return out;
}

std::vector<StoredRecord> all_records(const std::string& group_id, const ConsumerGroup& group, bool with_members) {
  std::vector<StoredRecord> out;
  if (with_members) {
    for (const auto& [id, member] : group.members()) out.push_back(member_record(group_id, member));
    for (const auto& [regex, resolved] : group.regexes) out.push_back(regex_record(group_id, regex, resolved));
  }
  out.push_back(epoch_record(group_id, group));
  if (with_members) {
    for (const auto& [id, target] : group.target) out.push_back(target_record(group_id, id, target));
  }
  out.push_back(target_epoch_record(group_id, group));
  if (with_members) {
    for (const auto& [id, member] : group.members()) out.push_back(assignment_record(group_id, member));
  }
  return out;
}

Result<std::optional<ConsumerKey>> parse_consumer_key(std::int16_t kind, View body) {
  switch (kind) {
    case kEpochKind: return parse_as<protocol::ConsumerGroupMetadataKey>(body);
    case kMemberKind: return parse_as<protocol::ConsumerGroupMemberMetadataKey>(body);
    case kTargetEpochKind: return parse_as<protocol::ConsumerGroupTargetAssignmentMetadataKey>(body);
    case kTargetKind: return parse_as<protocol::ConsumerGroupTargetAssignmentMemberKey>(body);
    case kAssignmentKind: return parse_as<protocol::ConsumerGroupCurrentMemberAssignmentKey>(body);
    case kRegexKind: return parse_as<protocol::ConsumerGroupRegularExpressionKey>(body);
    default: return std::optional<ConsumerKey>();
  }
}

const std::string& group_of(const ConsumerKey& key) {
  return std::visit([](const auto& one) -> const std::string& { return one.group_id; }, key);
}

Result<> apply_record(ConsumerGroup& group, const ConsumerKey& key, std::optional<View> value) {
  return std::visit(
      [&](const auto& one) -> Result<> {
        if (value) return apply(group, one, *value);
        forget(group, one);
        return done();
      },
      key);
}

}  // namespace takhin::broker::groups
