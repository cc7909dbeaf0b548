#pragma once
// ACLs as requests ask for them: what one principal may do with one resource, all operations at once. Deny comes first, a
// resource that no ACL covers is told apart. Source of the rules: Kafka's StandardAuthorizer (KIP-801).

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/security/acl.h"

namespace takhin::broker::security {

/// What the ACLs say of one principal, host and resource.
struct Grants {
  Operations allowed = 0;  // with what is implied: who may read may describe
  Operations denied = 0;   // which beats `allowed`
  bool covered = false;    // some ACL is about this resource, whoever it is for
};

/// Immutable; any thread.
class AclIndex {
 public:
  AclIndex() = default;
  /// Borrows nothing.
  template <class Acls>
  explicit AclIndex(const Acls& acls) {
    for (const Acl& acl : acls) add(acl);
    finish();
  }

  /// `principal` is one of "User:name", `host` canonical. Cost: a hash lookup for the name, one for each distinct length of
  /// prefix patterns, and one for '*'.
  Grants find(ResourceType type, std::string_view name, std::string_view principal, std::string_view host) const;
  /// Whether the operation is allowed on some resource of the type. Cost: every pattern of the type.
  bool allows_somewhere(AclOperation operation, ResourceType type, std::string_view principal, std::string_view host) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  };
  template <class Value>
  using ByText = boost::unordered_flat_map<std::string, Value, Hash, Equal>;

  struct OfHost {
    std::string host;
    Operations allowed = 0, denied = 0;
  };
  struct OfPrincipal {
    Operations allowed = 0, denied = 0;  // from every host
    std::vector<OfHost> hosts;
  };
  using Pattern = ByText<OfPrincipal>;  // by principal
  struct OfType {
    ByText<Pattern> literals, prefixes;  // by name
    Pattern wildcard;
    std::vector<std::size_t> prefix_lengths;  // ascending
  };

  void add(const Acl& acl);
  void finish();
  static void collect(const Pattern& pattern, std::string_view principal, std::string_view host, Grants& into);
  /// What the pattern says by itself.
  static Grants of(const Pattern& pattern, std::string_view principal, std::string_view host);

  OfType types_[kResourceTypes];
};

}  // namespace takhin::broker::security
