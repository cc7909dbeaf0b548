// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/heartbeat.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& HeartbeatRequest::table() {
  using S = HeartbeatRequest;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"GenerationId", offsetof(S, generation_id), kShape<decltype(S::generation_id)>, {}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"GroupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 3, .nullable_since = 3}},
  };
  static constexpr Table table{"HeartbeatRequest", rows, 0, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& HeartbeatResponse::table() {
  using S = HeartbeatResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 1}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
  };
  static constexpr Table table{"HeartbeatResponse", rows, 0, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
