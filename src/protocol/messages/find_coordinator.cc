// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/find_coordinator.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& FindCoordinatorRequest::table() {
  using S = FindCoordinatorRequest;
  static constexpr Row rows[] = {
      {"Key", offsetof(S, key), kShape<decltype(S::key)>, {.until = 3}},
      {"KeyType", offsetof(S, key_type), kShape<decltype(S::key_type)>, {.since = 1}},
      {"CoordinatorKeys", offsetof(S, coordinator_keys), kShape<decltype(S::coordinator_keys)>, {.since = 4}},
  };
  static constexpr Table table{"FindCoordinatorRequest", rows, 0, 6, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& find_coordinator_response::Coordinator::table() {
  using S = Coordinator;
  static constexpr Row rows[] = {
      {"Key", offsetof(S, key), kShape<decltype(S::key)>, {.since = 4}},
      {"NodeId", offsetof(S, node_id), kShape<decltype(S::node_id)>, {.since = 4}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {.since = 4}},
      {"Port", offsetof(S, port), kShape<decltype(S::port)>, {.since = 4}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 4}},
      {"ErrorMessage", offsetof(S, error_message),
       kShape<decltype(S::error_message)>, {.since = 4, .nullable_since = 4}},
  };
  static constexpr Table table{"Coordinator", rows, 0, 6, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& FindCoordinatorResponse::table() {
  using S = FindCoordinatorResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 1}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.until = 3}},
      {"ErrorMessage", offsetof(S, error_message),
       kShape<decltype(S::error_message)>, {.since = 1, .until = 3, .nullable_since = 1, .nullable_until = 3}},
      {"NodeId", offsetof(S, node_id), kShape<decltype(S::node_id)>, {.until = 3}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {.until = 3}},
      {"Port", offsetof(S, port), kShape<decltype(S::port)>, {.until = 3}},
      {"Coordinators", offsetof(S, coordinators), kShape<decltype(S::coordinators)>, {.since = 4}},
  };
  static constexpr Table table{"FindCoordinatorResponse", rows, 0, 6, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
