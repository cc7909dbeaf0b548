// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/incremental_alter_configs.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& incremental_alter_configs_request::AlterableConfig::table() {
  using S = AlterableConfig;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"ConfigOperation", offsetof(S, config_operation), kShape<decltype(S::config_operation)>, {}},
      {"Value", offsetof(S, value), kShape<decltype(S::value)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"AlterableConfig", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& incremental_alter_configs_request::AlterConfigsResource::table() {
  using S = AlterConfigsResource;
  static constexpr Row rows[] = {
      {"ResourceType", offsetof(S, resource_type), kShape<decltype(S::resource_type)>, {}},
      {"ResourceName", offsetof(S, resource_name), kShape<decltype(S::resource_name)>, {}},
      {"Configs", offsetof(S, configs), kShape<decltype(S::configs)>, {}},
  };
  static constexpr Table table{"AlterConfigsResource", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& IncrementalAlterConfigsRequest::table() {
  using S = IncrementalAlterConfigsRequest;
  static constexpr Row rows[] = {
      {"Resources", offsetof(S, resources), kShape<decltype(S::resources)>, {}},
      {"ValidateOnly", offsetof(S, validate_only), kShape<decltype(S::validate_only)>, {}},
  };
  static constexpr Table table{"IncrementalAlterConfigsRequest", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& incremental_alter_configs_response::AlterConfigsResourceResponse::table() {
  using S = AlterConfigsResourceResponse;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"ResourceType", offsetof(S, resource_type), kShape<decltype(S::resource_type)>, {}},
      {"ResourceName", offsetof(S, resource_name), kShape<decltype(S::resource_name)>, {}},
  };
  static constexpr Table table{"AlterConfigsResourceResponse", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& IncrementalAlterConfigsResponse::table() {
  using S = IncrementalAlterConfigsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Responses", offsetof(S, responses), kShape<decltype(S::responses)>, {}},
  };
  static constexpr Table table{"IncrementalAlterConfigsResponse", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
