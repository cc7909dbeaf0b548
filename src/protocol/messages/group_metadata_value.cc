// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/group_metadata_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& group_metadata_value::MemberMetadata::table() {
  using S = MemberMetadata;
  static constexpr Row rows[] = {
      {"memberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"groupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 3, .nullable_since = 3}},
      {"clientId", offsetof(S, client_id), kShape<decltype(S::client_id)>, {}},
      {"clientHost", offsetof(S, client_host), kShape<decltype(S::client_host)>, {}},
      {"rebalanceTimeout", offsetof(S, rebalance_timeout), kShape<decltype(S::rebalance_timeout)>, {.since = 1}},
      {"sessionTimeout", offsetof(S, session_timeout), kShape<decltype(S::session_timeout)>, {}},
      {"subscription", offsetof(S, subscription), kShape<decltype(S::subscription)>, {}},
      {"assignment", offsetof(S, assignment), kShape<decltype(S::assignment)>, {}},
  };
  static constexpr Table table{"MemberMetadata", rows, 0, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& GroupMetadataValue::table() {
  using S = GroupMetadataValue;
  static constexpr Row rows[] = {
      {"protocolType", offsetof(S, protocol_type), kShape<decltype(S::protocol_type)>, {}},
      {"generation", offsetof(S, generation), kShape<decltype(S::generation)>, {}},
      {"protocol", offsetof(S, protocol), kShape<decltype(S::protocol)>, {.nullable_since = 0}},
      {"leader", offsetof(S, leader), kShape<decltype(S::leader)>, {.nullable_since = 0}},
      {"currentStateTimestamp", offsetof(S, current_state_timestamp),
       kShape<decltype(S::current_state_timestamp)>, {.since = 2}},
      {"members", offsetof(S, members), kShape<decltype(S::members)>, {}},
  };
  static constexpr Table table{"GroupMetadataValue", rows, 0, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
