// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/leave_group.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& leave_group_request::MemberIdentity::table() {
  using S = MemberIdentity;
  static constexpr Row rows[] = {
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {.since = 3}},
      {"GroupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 3, .nullable_since = 3}},
      {"Reason", offsetof(S, reason), kShape<decltype(S::reason)>, {.since = 5, .nullable_since = 5}},
  };
  static constexpr Table table{"MemberIdentity", rows, 0, 5, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& LeaveGroupRequest::table() {
  using S = LeaveGroupRequest;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {.until = 2}},
      {"Members", offsetof(S, members), kShape<decltype(S::members)>, {.since = 3}},
  };
  static constexpr Table table{"LeaveGroupRequest", rows, 0, 5, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& leave_group_response::MemberResponse::table() {
  using S = MemberResponse;
  static constexpr Row rows[] = {
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {.since = 3}},
      {"GroupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 3, .nullable_since = 3}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 3}},
  };
  static constexpr Table table{"MemberResponse", rows, 0, 5, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& LeaveGroupResponse::table() {
  using S = LeaveGroupResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 1}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"Members", offsetof(S, members), kShape<decltype(S::members)>, {.since = 3}},
  };
  static constexpr Table table{"LeaveGroupResponse", rows, 0, 5, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
