// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_acls.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& DescribeAclsRequest::table() {
  using S = DescribeAclsRequest;
  static constexpr Row rows[] = {
      {"ResourceTypeFilter", offsetof(S, resource_type_filter), kShape<decltype(S::resource_type_filter)>, {}},
      {"ResourceNameFilter", offsetof(S, resource_name_filter),
       kShape<decltype(S::resource_name_filter)>, {.nullable_since = 0}},
      {"PatternTypeFilter", offsetof(S, pattern_type_filter), kShape<decltype(S::pattern_type_filter)>, {}},
      {"PrincipalFilter", offsetof(S, principal_filter),
       kShape<decltype(S::principal_filter)>, {.nullable_since = 0}},
      {"HostFilter", offsetof(S, host_filter), kShape<decltype(S::host_filter)>, {.nullable_since = 0}},
      {"Operation", offsetof(S, operation), kShape<decltype(S::operation)>, {}},
      {"PermissionType", offsetof(S, permission_type), kShape<decltype(S::permission_type)>, {}},
  };
  static constexpr Table table{"DescribeAclsRequest", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_acls_response::AclDescription::table() {
  using S = AclDescription;
  static constexpr Row rows[] = {
      {"Principal", offsetof(S, principal), kShape<decltype(S::principal)>, {}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {}},
      {"Operation", offsetof(S, operation), kShape<decltype(S::operation)>, {}},
      {"PermissionType", offsetof(S, permission_type), kShape<decltype(S::permission_type)>, {}},
  };
  static constexpr Table table{"AclDescription", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_acls_response::DescribeAclsResource::table() {
  using S = DescribeAclsResource;
  static constexpr Row rows[] = {
      {"ResourceType", offsetof(S, resource_type), kShape<decltype(S::resource_type)>, {}},
      {"ResourceName", offsetof(S, resource_name), kShape<decltype(S::resource_name)>, {}},
      {"PatternType", offsetof(S, pattern_type), kShape<decltype(S::pattern_type)>, {}},
      {"Acls", offsetof(S, acls), kShape<decltype(S::acls)>, {}},
  };
  static constexpr Table table{"DescribeAclsResource", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeAclsResponse::table() {
  using S = DescribeAclsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"Resources", offsetof(S, resources), kShape<decltype(S::resources)>, {}},
  };
  static constexpr Table table{"DescribeAclsResponse", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
