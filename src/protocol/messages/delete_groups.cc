// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/delete_groups.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& DeleteGroupsRequest::table() {
  using S = DeleteGroupsRequest;
  static constexpr Row rows[] = {
      {"GroupsNames", offsetof(S, groups_names), kShape<decltype(S::groups_names)>, {}},
  };
  static constexpr Table table{"DeleteGroupsRequest", rows, 0, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& delete_groups_response::DeletableGroupResult::table() {
  using S = DeletableGroupResult;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message),
       kShape<decltype(S::error_message)>, {.since = 3, .nullable_since = 3}},
  };
  static constexpr Table table{"DeletableGroupResult", rows, 0, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DeleteGroupsResponse::table() {
  using S = DeleteGroupsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Results", offsetof(S, results), kShape<decltype(S::results)>, {}},
  };
  static constexpr Table table{"DeleteGroupsResponse", rows, 0, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
