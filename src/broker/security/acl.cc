#include "broker/security/acl.h"

#include <arpa/inet.h>

#include <array>

namespace takhin::broker::security {
namespace {

/// Longest name, principal or host of an ACL.
constexpr std::size_t kAclTextBytesMax = 1'024;

constexpr std::array<std::string_view, kResourceTypes> kTypeNames{
    "UNKNOWN", "ANY", "TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "DELEGATION_TOKEN", "USER"};
constexpr std::array<std::string_view, kAclOperations> kOperationNames{
    "UNKNOWN",        "ANY",           "ALL",              "READ",          "WRITE",         "CREATE",
    "DELETE",         "ALTER",         "DESCRIBE",         "CLUSTER_ACTION", "DESCRIBE_CONFIGS", "ALTER_CONFIGS",
    "IDEMPOTENT_WRITE", "CREATE_TOKENS", "DESCRIBE_TOKENS", "TWO_PHASE_COMMIT"};
constexpr std::array<std::string_view, 4> kPermissionNames{"UNKNOWN", "ANY", "DENY", "ALLOW"};
constexpr std::array<std::string_view, 5> kPatternNames{"UNKNOWN", "ANY", "MATCH", "LITERAL", "PREFIXED"};

template <std::size_t n, class Number>
std::string_view name_in(const std::array<std::string_view, n>& names, Number number) {
  const auto at = static_cast<std::size_t>(number);
  return at < n ? names[at] : names[0];
}

/// The wire's number is one that is known, and no placeholder.
template <std::size_t n, class Number>
bool is_known(const std::array<std::string_view, n>& names, Number number) {
  return static_cast<int>(number) > 0 && static_cast<std::size_t>(number) < names.size();
}

}  // namespace

bool AclFilter::matches(const Acl& acl) const {
  if (type != ResourceType::kAny && type != acl.type) return false;
  if (pattern != PatternType::kAny && pattern != PatternType::kMatch && pattern != acl.pattern) return false;
  if (principal && *principal != acl.principal) return false;
  if (host && *host != acl.host) return false;
  if (operation != AclOperation::kAny && operation != acl.operation) return false;
  if (permission != Permission::kAny && permission != acl.permission) return false;
  if (!name) return true;
  if (pattern != PatternType::kMatch) return *name == acl.name;
  if (acl.pattern == PatternType::kPrefixed) return name->starts_with(acl.name);
  return *name == acl.name || acl.name == kWildcard;
}

std::string flaw_of(const Acl& acl) {
  if (!is_known(kTypeNames, acl.type) || acl.type == ResourceType::kAny) return "Invalid resourceType";
  if (acl.pattern != PatternType::kLiteral && acl.pattern != PatternType::kPrefixed) return "Invalid patternType";
  if (!is_known(kOperationNames, acl.operation) || acl.operation == AclOperation::kAny) return "Invalid operation";
  if (acl.permission != Permission::kAllow && acl.permission != Permission::kDeny) return "Invalid permissionType";
  if (acl.name.empty()) return "Invalid empty resource name";
  if (acl.type == ResourceType::kCluster && acl.name != kClusterName) {
    return "The only valid name for the CLUSTER resource is kafka-cluster";
  }
  if (acl.principal.find(':') == std::string::npos) {
    return "Could not parse principal (no colon is present separating the principal type from the principal name)";
  }
  if (acl.host.empty()) return "Invalid empty host";
  const bool fits = acl.name.size() <= kAclTextBytesMax && acl.principal.size() <= kAclTextBytesMax &&
                    acl.host.size() <= kAclTextBytesMax;
  return fits ? "" : "a name, principal or host is too long";
}

std::string flaw_of(const AclFilter& filter) {
  if (!is_known(kTypeNames, filter.type)) return "Invalid resourceType in the filter";
  if (!is_known(kPatternNames, filter.pattern)) return "Invalid patternType in the filter";
  if (!is_known(kOperationNames, filter.operation)) return "Invalid operation in the filter";
  return is_known(kPermissionNames, filter.permission) ? "" : "Invalid permissionType in the filter";
}

Operations operations_of(ResourceType type) {
  using enum AclOperation;
  const Operations configs = bit(kDescribeConfigs) | bit(kAlterConfigs);
  switch (type) {
    case ResourceType::kTopic:
      return bit(kRead) | bit(kWrite) | bit(kCreate) | bit(kDelete) | bit(kAlter) | bit(kDescribe) | configs;
    case ResourceType::kGroup: return bit(kRead) | bit(kDelete) | bit(kDescribe) | configs;
    case ResourceType::kCluster:
      return bit(kCreate) | bit(kAlter) | bit(kDescribe) | bit(kClusterAction) | bit(kIdempotentWrite) | configs;
    case ResourceType::kTransactionalId: return bit(kDescribe) | bit(kWrite) | bit(kTwoPhaseCommit);
    case ResourceType::kDelegationToken: return bit(kDescribe);
    case ResourceType::kUser: return bit(kCreateTokens) | bit(kDescribeTokens);
    case ResourceType::kUnknown:
    case ResourceType::kAny: break;
  }
  return 0;
}

std::string_view name_of(ResourceType type) { return name_in(kTypeNames, type); }
std::string_view name_of(AclOperation operation) { return name_in(kOperationNames, operation); }
std::string_view name_of(Permission permission) { return name_in(kPermissionNames, permission); }
std::string_view name_of(PatternType pattern) { return name_in(kPatternNames, pattern); }

std::string canonical_host(const std::string& host) {
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return host;
  in6_addr six{};
  if (::inet_pton(AF_INET6, host.c_str(), &six) != 1) return host;
  char text[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&six)) return ::inet_ntop(AF_INET, &six.s6_addr[12], text, sizeof text);
  return ::inet_ntop(AF_INET6, &six, text, sizeof text);
}

}  // namespace takhin::broker::security
