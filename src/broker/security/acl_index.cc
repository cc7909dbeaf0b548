#include "broker/security/acl_index.h"

#include <algorithm>

namespace takhin::broker::security {
namespace {

constexpr Operations kAllBits = (Operations{1} << kAclOperations) - 1;

/// What an ALLOW of an operation allows. A DENY denies just its own.
Operations allowed_by(AclOperation operation) {
  using enum AclOperation;
  switch (operation) {
    case kAll: return kAllBits;
    case kRead:
    case kWrite:
    case kDelete:
    case kAlter: return bit(operation) | bit(kDescribe);
    case kAlterConfigs: return bit(operation) | bit(kDescribeConfigs);
    default: return bit(operation);
  }
}

Operations denied_by(AclOperation operation) { return operation == AclOperation::kAll ? kAllBits : bit(operation); }

}  // namespace

void AclIndex::add(const Acl& acl) {
  OfType& type = types_[static_cast<std::size_t>(acl.type)];
  const bool literal = acl.pattern == PatternType::kLiteral;
  Pattern& pattern = literal && acl.name == kWildcard ? type.wildcard : (literal ? type.literals : type.prefixes)[acl.name];
  OfPrincipal& who = pattern[acl.principal];
  const bool allow = acl.permission == Permission::kAllow;
  const Operations operations = allow ? allowed_by(acl.operation) : denied_by(acl.operation);
  if (acl.host == kWildcard) {
    (allow ? who.allowed : who.denied) |= operations;
    return;
  }
  const std::string host = canonical_host(acl.host);
  auto at = std::ranges::find(who.hosts, host, &OfHost::host);
  if (at == who.hosts.end()) at = who.hosts.insert(at, {host});
  (allow ? at->allowed : at->denied) |= operations;
}

void AclIndex::finish() {
  for (OfType& type : types_) {
    for (const auto& [name, pattern] : type.prefixes) type.prefix_lengths.push_back(name.size());
    std::ranges::sort(type.prefix_lengths);
    const auto repeated = std::ranges::unique(type.prefix_lengths);
    type.prefix_lengths.erase(repeated.begin(), repeated.end());
  }
}

void AclIndex::collect(const Pattern& pattern, std::string_view principal, std::string_view host, Grants& into) {
  into.covered = true;
  for (const std::string_view who : {principal, kEveryone}) {
    const auto found = pattern.find(who);
    if (found == pattern.end()) continue;
    into.allowed |= found->second.allowed;
    into.denied |= found->second.denied;
    for (const OfHost& one : found->second.hosts) {
      if (one.host != host) continue;
      into.allowed |= one.allowed;
      into.denied |= one.denied;
    }
  }
}

Grants AclIndex::of(const Pattern& pattern, std::string_view principal, std::string_view host) {
  Grants out;
  collect(pattern, principal, host, out);
  return out;
}

Grants AclIndex::find(ResourceType type, std::string_view name, std::string_view principal, std::string_view host) const {
  const OfType& of = types_[static_cast<std::size_t>(type)];
  Grants out;
  if (!of.wildcard.empty()) collect(of.wildcard, principal, host, out);
  if (const auto found = of.literals.find(name); found != of.literals.end()) collect(found->second, principal, host, out);
  for (const std::size_t length : of.prefix_lengths) {
    if (length > name.size()) break;
    const auto found = of.prefixes.find(name.substr(0, length));
    if (found != of.prefixes.end()) collect(found->second, principal, host, out);
  }
  return out;
}

// As Kafka's Authorizer.authorizeByResourceType: an allowed pattern counts unless a denied one covers all of it.
bool AclIndex::allows_somewhere(AclOperation operation, ResourceType type, std::string_view principal,
                                std::string_view host) const {
  const OfType& of = types_[static_cast<std::size_t>(type)];
  const Operations wanted = bit(operation);
  const Grants everywhere = AclIndex::of(of.wildcard, principal, host);
  if ((everywhere.denied & wanted) != 0) return false;
  if ((everywhere.allowed & wanted) != 0) return true;
  const auto is_open = [&](std::string_view name, const Pattern& pattern) {
    const Grants own = AclIndex::of(pattern, principal, host);
    if ((own.allowed & wanted) == 0 || (own.denied & wanted) != 0) return false;
    return std::ranges::none_of(of.prefix_lengths, [&](std::size_t length) {
      const auto above = length > name.size() ? of.prefixes.end() : of.prefixes.find(name.substr(0, length));
      return above != of.prefixes.end() && (AclIndex::of(above->second, principal, host).denied & wanted) != 0;
    });
  };
  const auto any_open = [&](const ByText<Pattern>& patterns) {
    return std::ranges::any_of(patterns, [&](const auto& entry) { return is_open(entry.first, entry.second); });
  };
  return any_open(of.literals) || any_open(of.prefixes);
}

}  // namespace takhin::broker::security
