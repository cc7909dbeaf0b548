// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_groups.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& DescribeGroupsRequest::table() {
  using S = DescribeGroupsRequest;
  static constexpr Row rows[] = {
      {"Groups", offsetof(S, groups), kShape<decltype(S::groups)>, {}},
      {"IncludeAuthorizedOperations", offsetof(S, include_authorized_operations),
       kShape<decltype(S::include_authorized_operations)>, {.since = 3}},
  };
  static constexpr Table table{"DescribeGroupsRequest", rows, 0, 6, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_groups_response::DescribedGroupMember::table() {
  using S = DescribedGroupMember;
  static constexpr Row rows[] = {
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"GroupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 4, .nullable_since = 4}},
      {"ClientId", offsetof(S, client_id), kShape<decltype(S::client_id)>, {}},
      {"ClientHost", offsetof(S, client_host), kShape<decltype(S::client_host)>, {}},
      {"MemberMetadata", offsetof(S, member_metadata), kShape<decltype(S::member_metadata)>, {}},
      {"MemberAssignment", offsetof(S, member_assignment), kShape<decltype(S::member_assignment)>, {}},
  };
  static constexpr Table table{"DescribedGroupMember", rows, 0, 6, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_groups_response::DescribedGroup::table() {
  using S = DescribedGroup;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message),
       kShape<decltype(S::error_message)>, {.since = 6, .nullable_since = 6}},
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"GroupState", offsetof(S, group_state), kShape<decltype(S::group_state)>, {}},
      {"ProtocolType", offsetof(S, protocol_type), kShape<decltype(S::protocol_type)>, {}},
      {"ProtocolData", offsetof(S, protocol_data), kShape<decltype(S::protocol_data)>, {}},
      {"Members", offsetof(S, members), kShape<decltype(S::members)>, {}},
      {"AuthorizedOperations", offsetof(S, authorized_operations),
       kShape<decltype(S::authorized_operations)>, {.since = 3}},
  };
  static constexpr Table table{"DescribedGroup", rows, 0, 6, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeGroupsResponse::table() {
  using S = DescribeGroupsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 1}},
      {"Groups", offsetof(S, groups), kShape<decltype(S::groups)>, {}},
  };
  static constexpr Table table{"DescribeGroupsResponse", rows, 0, 6, 5,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
