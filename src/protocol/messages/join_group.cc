// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/join_group.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& join_group_request::JoinGroupRequestProtocol::table() {
  using S = JoinGroupRequestProtocol;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Metadata", offsetof(S, metadata), kShape<decltype(S::metadata)>, {}},
  };
  static constexpr Table table{"JoinGroupRequestProtocol", rows, 0, 9, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& JoinGroupRequest::table() {
  using S = JoinGroupRequest;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"SessionTimeoutMs", offsetof(S, session_timeout_ms), kShape<decltype(S::session_timeout_ms)>, {}},
      {"RebalanceTimeoutMs", offsetof(S, rebalance_timeout_ms),
       kShape<decltype(S::rebalance_timeout_ms)>, {.since = 1}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"GroupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 5, .nullable_since = 5}},
      {"ProtocolType", offsetof(S, protocol_type), kShape<decltype(S::protocol_type)>, {}},
      {"Protocols", offsetof(S, protocols), kShape<decltype(S::protocols)>, {}},
      {"Reason", offsetof(S, reason), kShape<decltype(S::reason)>, {.since = 8, .nullable_since = 8}},
  };
  static constexpr Table table{"JoinGroupRequest", rows, 0, 9, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& join_group_response::JoinGroupResponseMember::table() {
  using S = JoinGroupResponseMember;
  static constexpr Row rows[] = {
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"GroupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 5, .nullable_since = 5}},
      {"Metadata", offsetof(S, metadata), kShape<decltype(S::metadata)>, {}},
  };
  static constexpr Table table{"JoinGroupResponseMember", rows, 0, 9, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& JoinGroupResponse::table() {
  using S = JoinGroupResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 2}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"GenerationId", offsetof(S, generation_id), kShape<decltype(S::generation_id)>, {}},
      {"ProtocolType", offsetof(S, protocol_type),
       kShape<decltype(S::protocol_type)>, {.since = 7, .nullable_since = 7}},
      {"ProtocolName", offsetof(S, protocol_name), kShape<decltype(S::protocol_name)>, {.nullable_since = 7}},
      {"Leader", offsetof(S, leader), kShape<decltype(S::leader)>, {}},
      {"SkipAssignment", offsetof(S, skip_assignment), kShape<decltype(S::skip_assignment)>, {.since = 9}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"Members", offsetof(S, members), kShape<decltype(S::members)>, {}},
  };
  static constexpr Table table{"JoinGroupResponse", rows, 0, 9, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
