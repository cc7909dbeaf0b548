// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/alter_client_quotas.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& alter_client_quotas_request::EntityData::table() {
  using S = EntityData;
  static constexpr Row rows[] = {
      {"EntityType", offsetof(S, entity_type), kShape<decltype(S::entity_type)>, {}},
      {"EntityName", offsetof(S, entity_name), kShape<decltype(S::entity_name)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"EntityData", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_client_quotas_request::OpData::table() {
  using S = OpData;
  static constexpr Row rows[] = {
      {"Key", offsetof(S, key), kShape<decltype(S::key)>, {}},
      {"Value", offsetof(S, value), kShape<decltype(S::value)>, {}},
      {"Remove", offsetof(S, remove), kShape<decltype(S::remove)>, {}},
  };
  static constexpr Table table{"OpData", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_client_quotas_request::EntryData::table() {
  using S = EntryData;
  static constexpr Row rows[] = {
      {"Entity", offsetof(S, entity), kShape<decltype(S::entity)>, {}},
      {"Ops", offsetof(S, ops), kShape<decltype(S::ops)>, {}},
  };
  static constexpr Table table{"EntryData", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AlterClientQuotasRequest::table() {
  using S = AlterClientQuotasRequest;
  static constexpr Row rows[] = {
      {"Entries", offsetof(S, entries), kShape<decltype(S::entries)>, {}},
      {"ValidateOnly", offsetof(S, validate_only), kShape<decltype(S::validate_only)>, {}},
  };
  static constexpr Table table{"AlterClientQuotasRequest", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_client_quotas_response::EntityData::table() {
  using S = EntityData;
  static constexpr Row rows[] = {
      {"EntityType", offsetof(S, entity_type), kShape<decltype(S::entity_type)>, {}},
      {"EntityName", offsetof(S, entity_name), kShape<decltype(S::entity_name)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"EntityData", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_client_quotas_response::EntryData::table() {
  using S = EntryData;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"Entity", offsetof(S, entity), kShape<decltype(S::entity)>, {}},
  };
  static constexpr Table table{"EntryData", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AlterClientQuotasResponse::table() {
  using S = AlterClientQuotasResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Entries", offsetof(S, entries), kShape<decltype(S::entries)>, {}},
  };
  static constexpr Table table{"AlterClientQuotasResponse", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
