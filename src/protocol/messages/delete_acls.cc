// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/delete_acls.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& delete_acls_request::DeleteAclsFilter::table() {
  using S = DeleteAclsFilter;
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
  static constexpr Table table{"DeleteAclsFilter", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DeleteAclsRequest::table() {
  using S = DeleteAclsRequest;
  static constexpr Row rows[] = {
      {"Filters", offsetof(S, filters), kShape<decltype(S::filters)>, {}},
  };
  static constexpr Table table{"DeleteAclsRequest", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& delete_acls_response::DeleteAclsMatchingAcl::table() {
  using S = DeleteAclsMatchingAcl;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"ResourceType", offsetof(S, resource_type), kShape<decltype(S::resource_type)>, {}},
      {"ResourceName", offsetof(S, resource_name), kShape<decltype(S::resource_name)>, {}},
      {"PatternType", offsetof(S, pattern_type), kShape<decltype(S::pattern_type)>, {}},
      {"Principal", offsetof(S, principal), kShape<decltype(S::principal)>, {}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {}},
      {"Operation", offsetof(S, operation), kShape<decltype(S::operation)>, {}},
      {"PermissionType", offsetof(S, permission_type), kShape<decltype(S::permission_type)>, {}},
  };
  static constexpr Table table{"DeleteAclsMatchingAcl", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& delete_acls_response::DeleteAclsFilterResult::table() {
  using S = DeleteAclsFilterResult;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"MatchingAcls", offsetof(S, matching_acls), kShape<decltype(S::matching_acls)>, {}},
  };
  static constexpr Table table{"DeleteAclsFilterResult", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DeleteAclsResponse::table() {
  using S = DeleteAclsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"FilterResults", offsetof(S, filter_results), kShape<decltype(S::filter_results)>, {}},
  };
  static constexpr Table table{"DeleteAclsResponse", rows, 1, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
