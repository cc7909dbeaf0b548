// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/create_acls.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& create_acls_request::AclCreation::table() {
  using S = AclCreation;
  static constexpr Row rows[] = {
      {"ResourceType", offsetof(S, resource_type), kShape<decltype(S::resource_type)>, {}},
      {"ResourceName", offsetof(S, resource_name), kShape<decltype(S::resource_name)>, {}},
      {"ResourcePatternType", offsetof(S, resource_pattern_type), kShape<decltype(S::resource_pattern_type)>, {}},
      {"Principal", offsetof(S, principal), kShape<decltype(S::principal)>, {}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {}},
      {"Operation", offsetof(S, operation), kShape<decltype(S::operation)>, {}},
      {"PermissionType", offsetof(S, permission_type), kShape<decltype(S::permission_type)>, {}},
  };
  static constexpr Table table{"AclCreation", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& CreateAclsRequest::table() {
  using S = CreateAclsRequest;
  static constexpr Row rows[] = {
      {"Creations", offsetof(S, creations), kShape<decltype(S::creations)>, {}},
  };
  static constexpr Table table{"CreateAclsRequest", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& create_acls_response::AclCreationResult::table() {
  using S = AclCreationResult;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"AclCreationResult", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& CreateAclsResponse::table() {
  using S = CreateAclsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Results", offsetof(S, results), kShape<decltype(S::results)>, {}},
  };
  static constexpr Table table{"CreateAclsResponse", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
