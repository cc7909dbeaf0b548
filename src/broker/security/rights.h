#pragma once
// What the sender of one request may do.

#include <memory>
#include <string>
#include <string_view>

#include "broker/security/audit.h"
#include "broker/security/authorizer.h"

namespace takhin::broker::security {

/// One thread at a time. Sees the ACLs of its first question throughout.
class Rights {
 public:
  /// `user`: who the connection belongs to. `peer`: "10.0.0.1:50312".
  Rights(const Authorizer& authorizer, std::string_view user, std::string_view peer);

  const std::string& principal() const { return principal_; }  // "User:alice"
  std::string host() const;
  /// A no is kept for the audit log.
  bool may(AclOperation operation, ResourceType type, std::string_view name);
  bool may_in_cluster(AclOperation operation) { return may(operation, ResourceType::kCluster, kClusterName); }
  /// For what is left out of a list without a word.
  bool sees(AclOperation operation, ResourceType type, std::string_view name);
  /// On some resource of the type, whichever.
  bool may_somewhere(AclOperation operation, ResourceType type);
  /// For the authorized_operations of answers.
  std::int32_t operations(ResourceType type, std::string_view name);

  /// What was refused until now, for the audit log.
  const AuditNames& denied() const { return denied_; }

 private:
  bool is_free();
  Operations allowed(ResourceType type, std::string_view name);

  const Authorizer& authorizer_;
  const std::string principal_;
  const std::string_view peer_;
  std::shared_ptr<const AclIndex> index_;  // null: not asked yet
  std::string host_;                       // with index_
  bool super_ = false;                     // with index_
  AuditNames denied_;
};

}  // namespace takhin::broker::security
