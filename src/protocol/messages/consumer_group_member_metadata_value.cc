// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_member_metadata_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& consumer_group_member_metadata_value::ClassicProtocol::table() {
  using S = ClassicProtocol;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Metadata", offsetof(S, metadata), kShape<decltype(S::metadata)>, {}},
  };
  static constexpr Table table{"ClassicProtocol", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& consumer_group_member_metadata_value::ClassicMemberMetadata::table() {
  using S = ClassicMemberMetadata;
  static constexpr Row rows[] = {
      {"SessionTimeoutMs", offsetof(S, session_timeout_ms), kShape<decltype(S::session_timeout_ms)>, {}},
      {"SupportedProtocols", offsetof(S, supported_protocols), kShape<decltype(S::supported_protocols)>, {}},
  };
  static constexpr Table table{"ClassicMemberMetadata", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ConsumerGroupMemberMetadataValue::table() {
  using S = ConsumerGroupMemberMetadataValue;
  static constexpr Row rows[] = {
      {"InstanceId", offsetof(S, instance_id), kShape<decltype(S::instance_id)>, {.nullable_since = 0}},
      {"RackId", offsetof(S, rack_id), kShape<decltype(S::rack_id)>, {.nullable_since = 0}},
      {"ClientId", offsetof(S, client_id), kShape<decltype(S::client_id)>, {}},
      {"ClientHost", offsetof(S, client_host), kShape<decltype(S::client_host)>, {}},
      {"SubscribedTopicNames", offsetof(S, subscribed_topic_names),
       kShape<decltype(S::subscribed_topic_names)>, {}},
      {"SubscribedTopicRegex", offsetof(S, subscribed_topic_regex),
       kShape<decltype(S::subscribed_topic_regex)>, {.nullable_since = 0}},
      {"RebalanceTimeoutMs", offsetof(S, rebalance_timeout_ms), kShape<decltype(S::rebalance_timeout_ms)>, {}},
      {"ServerAssignor", offsetof(S, server_assignor),
       kShape<decltype(S::server_assignor)>, {.nullable_since = 0}},
      {"ClassicMemberMetadata", offsetof(S, classic_member_metadata),
       kShape<decltype(S::classic_member_metadata)>, {.nullable_since = 0, .tag = 0}},
  };
  static constexpr Table table{"ConsumerGroupMemberMetadataValue", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
