// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/sync_group.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& sync_group_request::SyncGroupRequestAssignment::table() {
  using S = SyncGroupRequestAssignment;
  static constexpr Row rows[] = {
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"Assignment", offsetof(S, assignment), kShape<decltype(S::assignment)>, {}},
  };
  static constexpr Table table{"SyncGroupRequestAssignment", rows, 0, 5, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& SyncGroupRequest::table() {
  using S = SyncGroupRequest;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"GenerationId", offsetof(S, generation_id), kShape<decltype(S::generation_id)>, {}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"GroupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 3, .nullable_since = 3}},
      {"ProtocolType", offsetof(S, protocol_type),
       kShape<decltype(S::protocol_type)>, {.since = 5, .nullable_since = 5}},
      {"ProtocolName", offsetof(S, protocol_name),
       kShape<decltype(S::protocol_name)>, {.since = 5, .nullable_since = 5}},
      {"Assignments", offsetof(S, assignments), kShape<decltype(S::assignments)>, {}},
  };
  static constexpr Table table{"SyncGroupRequest", rows, 0, 5, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& SyncGroupResponse::table() {
  using S = SyncGroupResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 1}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ProtocolType", offsetof(S, protocol_type),
       kShape<decltype(S::protocol_type)>, {.since = 5, .nullable_since = 5}},
      {"ProtocolName", offsetof(S, protocol_name),
       kShape<decltype(S::protocol_name)>, {.since = 5, .nullable_since = 5}},
      {"Assignment", offsetof(S, assignment), kShape<decltype(S::assignment)>, {}},
  };
  static constexpr Table table{"SyncGroupResponse", rows, 0, 5, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
