// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_client_quotas.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& describe_client_quotas_request::ComponentData::table() {
  using S = ComponentData;
  static constexpr Row rows[] = {
      {"EntityType", offsetof(S, entity_type), kShape<decltype(S::entity_type)>, {}},
      {"MatchType", offsetof(S, match_type), kShape<decltype(S::match_type)>, {}},
      {"Match", offsetof(S, match), kShape<decltype(S::match)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"ComponentData", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeClientQuotasRequest::table() {
  using S = DescribeClientQuotasRequest;
  static constexpr Row rows[] = {
      {"Components", offsetof(S, components), kShape<decltype(S::components)>, {}},
      {"Strict", offsetof(S, strict), kShape<decltype(S::strict)>, {}},
  };
  static constexpr Table table{"DescribeClientQuotasRequest", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_client_quotas_response::EntityData::table() {
  using S = EntityData;
  static constexpr Row rows[] = {
      {"EntityType", offsetof(S, entity_type), kShape<decltype(S::entity_type)>, {}},
      {"EntityName", offsetof(S, entity_name), kShape<decltype(S::entity_name)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"EntityData", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_client_quotas_response::ValueData::table() {
  using S = ValueData;
  static constexpr Row rows[] = {
      {"Key", offsetof(S, key), kShape<decltype(S::key)>, {}},
      {"Value", offsetof(S, value), kShape<decltype(S::value)>, {}},
  };
  static constexpr Table table{"ValueData", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_client_quotas_response::EntryData::table() {
  using S = EntryData;
  static constexpr Row rows[] = {
      {"Entity", offsetof(S, entity), kShape<decltype(S::entity)>, {}},
      {"Values", offsetof(S, values), kShape<decltype(S::values)>, {}},
  };
  static constexpr Table table{"EntryData", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeClientQuotasResponse::table() {
  using S = DescribeClientQuotasResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"Entries", offsetof(S, entries), kShape<decltype(S::entries)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"DescribeClientQuotasResponse", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
