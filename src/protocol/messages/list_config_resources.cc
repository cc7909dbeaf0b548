// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/list_config_resources.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ListConfigResourcesRequest::table() {
  using S = ListConfigResourcesRequest;
  static constexpr Row rows[] = {
      {"ResourceTypes", offsetof(S, resource_types), kShape<decltype(S::resource_types)>, {.since = 1}},
  };
  static constexpr Table table{"ListConfigResourcesRequest", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& list_config_resources_response::ConfigResource::table() {
  using S = ConfigResource;
  static constexpr Row rows[] = {
      {"ResourceName", offsetof(S, resource_name), kShape<decltype(S::resource_name)>, {}},
      {"ResourceType", offsetof(S, resource_type), kShape<decltype(S::resource_type)>, {.since = 1}},
  };
  static constexpr Table table{"ConfigResource", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ListConfigResourcesResponse::table() {
  using S = ListConfigResourcesResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ConfigResources", offsetof(S, config_resources), kShape<decltype(S::config_resources)>, {}},
  };
  static constexpr Table table{"ListConfigResourcesResponse", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
