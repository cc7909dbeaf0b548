#include "broker/groups/records.h"

#include "broker/stored_message.h"
#include "protocol/messages/offset_commit_value.h"

namespace takhin::broker::groups {
namespace {

constexpr std::int16_t kLegacyOffsetKind = 0;
constexpr std::int16_t kOffsetKind = 1;
constexpr std::int16_t kGroupKind = 2;
constexpr std::int16_t kKeyVersion = 0;
constexpr std::int16_t kGroupValueVersion = 3;
constexpr std::int16_t kExpiringValueVersion = 1;
constexpr std::int16_t kPlainValueVersion = 3;
constexpr std::int16_t kTopicIdValueVersion = 4;

template <protocol::Message M>
Result<Key> parse_key_as(View body) {
  TRY(auto key, parse_stored<M>(body, kKeyVersion));
  return Key(std::move(key));
}

}  // namespace

StoredRecord offset_tombstone(const std::string& group, const std::string& topic, std::int32_t partition) {
  const protocol::OffsetCommitKey key{.group = group, .topic = topic, .partition = partition};
  return {stored_message(kOffsetKind, key, kKeyVersion), std::nullopt};
}

StoredRecord offset_record(const std::string& group, const std::string& topic, std::int32_t partition,
                           const CommittedOffset& offset) {
  const protocol::OffsetCommitValue value{.offset = offset.offset,
                                          .leader_epoch = offset.leader_epoch,
                                          .metadata = offset.metadata,
                                          .commit_timestamp = offset.commit_ms,
                                          .expire_timestamp = offset.expire_ms,
                                          .topic_id = offset.topic_id};
  const std::int16_t version = offset.expire_ms >= 0       ? kExpiringValueVersion
                               : !offset.topic_id.is_zero() ? kTopicIdValueVersion
                                                            : kPlainValueVersion;
  StoredRecord record = offset_tombstone(group, topic, partition);
  record.value = stored_message(version, value, version);
  return record;
}

StoredRecord group_tombstone(const std::string& group) {
  return {stored_message(kGroupKind, protocol::GroupMetadataKey{.group = group}, kKeyVersion), std::nullopt};
}

StoredRecord group_record(const Group& group) {
  StoredRecord record = group_tombstone(group.id);
  record.value = stored_message(kGroupValueVersion, group.to_record(), kGroupValueVersion);
  return record;
}

StoredRecord unsettled_group_record(const Group& group) {
  StoredRecord record = group_tombstone(group.id);
  protocol::GroupMetadataValue value = group.to_record();
  value.protocol.reset();
  value.leader.reset();
  value.members.clear();
  record.value = stored_message(kGroupValueVersion, value, kGroupValueVersion);
  return record;
}

Result<Key> parse_key(View key) {
  ByteReader in(key);
  const auto kind = in.be<std::int16_t>();
  if (!in.ok()) return fail(Kind::kCorrupt, "a key of {} bytes", key.size());
  const View body = in.bytes(in.left());
  if (kind == kLegacyOffsetKind || kind == kOffsetKind) return parse_key_as<protocol::OffsetCommitKey>(body);
  if (kind == kGroupKind) return parse_key_as<protocol::GroupMetadataKey>(body);
  TRY(auto consumer, parse_consumer_key(kind, body));
  if (consumer) return Key(*std::move(consumer));
  return Key(UnknownKey{});
}

Result<CommittedOffset> parse_offset(View value) {
  TRY(const auto message, parse_stored_value<protocol::OffsetCommitValue>(value));
  return CommittedOffset{.offset = message.offset,
                         .leader_epoch = message.leader_epoch,
                         .metadata = message.metadata,
                         .commit_ms = message.commit_timestamp,
                         .expire_ms = message.expire_timestamp,
                         .topic_id = message.topic_id};
}

Result<protocol::GroupMetadataValue> parse_group(View value) { return parse_stored_value<protocol::GroupMetadataValue>(value); }

}  // namespace takhin::broker::groups
