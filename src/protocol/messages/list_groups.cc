// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/list_groups.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ListGroupsRequest::table() {
  using S = ListGroupsRequest;
  static constexpr Row rows[] = {
      {"StatesFilter", offsetof(S, states_filter), kShape<decltype(S::states_filter)>, {.since = 4}},
      {"TypesFilter", offsetof(S, types_filter), kShape<decltype(S::types_filter)>, {.since = 5}},
  };
  static constexpr Table table{"ListGroupsRequest", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& list_groups_response::ListedGroup::table() {
  using S = ListedGroup;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"ProtocolType", offsetof(S, protocol_type), kShape<decltype(S::protocol_type)>, {}},
      {"GroupState", offsetof(S, group_state), kShape<decltype(S::group_state)>, {.since = 4}},
      {"GroupType", offsetof(S, group_type), kShape<decltype(S::group_type)>, {.since = 5}},
  };
  static constexpr Table table{"ListedGroup", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ListGroupsResponse::table() {
  using S = ListGroupsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 1}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"Groups", offsetof(S, groups), kShape<decltype(S::groups)>, {}},
  };
  static constexpr Table table{"ListGroupsResponse", rows, 0, 5, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
