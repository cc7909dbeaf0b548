#pragma once
// Access control entries: who may, or may not, do what with which resources, from where. Numbers are Kafka's. Source: Kafka's
// AccessControlEntry, ResourcePattern (KIP-290) and their filters.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace takhin::broker::security {

enum class ResourceType : std::int8_t {
  kUnknown = 0, kAny = 1, kTopic = 2, kGroup = 3, kCluster = 4, kTransactionalId = 5, kDelegationToken = 6, kUser = 7,
};
inline constexpr std::size_t kResourceTypes = 8;

enum class PatternType : std::int8_t { kUnknown = 0, kAny = 1, kMatch = 2, kLiteral = 3, kPrefixed = 4 };

enum class AclOperation : std::int8_t {
  kUnknown = 0, kAny = 1, kAll = 2, kRead = 3, kWrite = 4, kCreate = 5, kDelete = 6, kAlter = 7, kDescribe = 8,
  kClusterAction = 9, kDescribeConfigs = 10, kAlterConfigs = 11, kIdempotentWrite = 12, kCreateTokens = 13, kDescribeTokens = 14,
  kTwoPhaseCommit = 15,
};
inline constexpr int kAclOperations = 16;

enum class Permission : std::int8_t { kUnknown = 0, kAny = 1, kDeny = 2, kAllow = 3 };

/// Of a literal pattern: every resource of the type. Of a host: every host.
inline constexpr std::string_view kWildcard = "*";
inline constexpr std::string_view kEveryone = "User:*";
/// The one resource of type kCluster.
inline constexpr std::string_view kClusterName = "kafka-cluster";

struct Acl {
  ResourceType type = ResourceType::kUnknown;
  PatternType pattern = PatternType::kLiteral;
  std::string name;
  std::string principal;  // "User:alice"
  std::string host;       // an IP address or "*"
  AclOperation operation = AclOperation::kUnknown;
  Permission permission = Permission::kUnknown;
  auto operator<=>(const Acl&) const = default;
};

/// What is not set, or kAny, matches everything. Of a name, PatternType::kMatch means every pattern that covers it, any other the
/// pattern of just this name.
struct AclFilter {
  ResourceType type = ResourceType::kAny;
  PatternType pattern = PatternType::kAny;
  std::optional<std::string> name;
  std::optional<std::string> principal;
  std::optional<std::string> host;
  AclOperation operation = AclOperation::kAny;
  Permission permission = Permission::kAny;
  bool matches(const Acl& acl) const;
};

/// Why it cannot be an ACL, in words for a client; empty when it can.
std::string flaw_of(const Acl& acl);
/// The same for a filter.
std::string flaw_of(const AclFilter& filter);

/// A set of operations: bit n is the operation of that number, as in the authorized_operations of answers.
using Operations = std::uint32_t;
constexpr Operations bit(AclOperation operation) { return Operations{1} << static_cast<int>(operation); }
/// What a resource of a type has at all; without kAll.
Operations operations_of(ResourceType type);

/// As Kafka spells them: "TOPIC", "DESCRIBE_CONFIGS".
std::string_view name_of(ResourceType type);
std::string_view name_of(AclOperation operation);
std::string_view name_of(Permission permission);
std::string_view name_of(PatternType pattern);

/// One spelling for each IP address: "::ffff:10.0.0.1" is "10.0.0.1". What is no address stays as it is.
std::string canonical_host(const std::string& host);

}  // namespace takhin::broker::security
