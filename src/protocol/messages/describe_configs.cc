// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_configs.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& describe_configs_request::DescribeConfigsResource::table() {
  using S = DescribeConfigsResource;
  static constexpr Row rows[] = {
      {"ResourceType", offsetof(S, resource_type), kShape<decltype(S::resource_type)>, {}},
      {"ResourceName", offsetof(S, resource_name), kShape<decltype(S::resource_name)>, {}},
      {"ConfigurationKeys", offsetof(S, configuration_keys),
       kShape<decltype(S::configuration_keys)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"DescribeConfigsResource", rows, 1, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeConfigsRequest::table() {
  using S = DescribeConfigsRequest;
  static constexpr Row rows[] = {
      {"Resources", offsetof(S, resources), kShape<decltype(S::resources)>, {}},
      {"IncludeSynonyms", offsetof(S, include_synonyms), kShape<decltype(S::include_synonyms)>, {}},
      {"IncludeDocumentation", offsetof(S, include_documentation),
       kShape<decltype(S::include_documentation)>, {.since = 3}},
  };
  static constexpr Table table{"DescribeConfigsRequest", rows, 1, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_configs_response::DescribeConfigsSynonym::table() {
  using S = DescribeConfigsSynonym;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Value", offsetof(S, value), kShape<decltype(S::value)>, {.nullable_since = 0}},
      {"Source", offsetof(S, source), kShape<decltype(S::source)>, {}},
  };
  static constexpr Table table{"DescribeConfigsSynonym", rows, 1, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_configs_response::DescribeConfigsResourceResult::table() {
  using S = DescribeConfigsResourceResult;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Value", offsetof(S, value), kShape<decltype(S::value)>, {.nullable_since = 0}},
      {"ReadOnly", offsetof(S, read_only), kShape<decltype(S::read_only)>, {}},
      {"ConfigSource", offsetof(S, config_source), kShape<decltype(S::config_source)>, {}},
      {"IsSensitive", offsetof(S, is_sensitive), kShape<decltype(S::is_sensitive)>, {}},
      {"Synonyms", offsetof(S, synonyms), kShape<decltype(S::synonyms)>, {}},
      {"ConfigType", offsetof(S, config_type), kShape<decltype(S::config_type)>, {.since = 3}},
      {"Documentation", offsetof(S, documentation),
       kShape<decltype(S::documentation)>, {.since = 3, .nullable_since = 0}},
  };
  static constexpr Table table{"DescribeConfigsResourceResult", rows, 1, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_configs_response::DescribeConfigsResult::table() {
  using S = DescribeConfigsResult;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"ResourceType", offsetof(S, resource_type), kShape<decltype(S::resource_type)>, {}},
      {"ResourceName", offsetof(S, resource_name), kShape<decltype(S::resource_name)>, {}},
      {"Configs", offsetof(S, configs), kShape<decltype(S::configs)>, {}},
  };
  static constexpr Table table{"DescribeConfigsResult", rows, 1, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeConfigsResponse::table() {
  using S = DescribeConfigsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Results", offsetof(S, results), kShape<decltype(S::results)>, {}},
  };
  static constexpr Table table{"DescribeConfigsResponse", rows, 1, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
