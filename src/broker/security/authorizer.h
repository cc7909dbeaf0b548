#pragma once
// Who may do what: the ACLs, kept on disk, and super users. Source: Kafka's StandardAuthorizer.

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "broker/security/acl_index.h"

namespace takhin::broker::security {

/// ACLs that may be made: the file is written whole at each change.
inline constexpr std::size_t kAclsMax = 50'000;
/// Of one request (as in Kafka).
inline constexpr std::size_t kAclChangesMax = 10'000;
/// Filters of one removal; each looks at every ACL.
inline constexpr std::size_t kAclFiltersMax = 1'000;

struct AuthorizerOptions {
  bool enabled = false;                          // false: everybody may do everything, and ACLs cannot be made
  bool allow_if_no_acl = false;                  // allow.everyone.if.no.acl.found
  std::set<std::string, std::less<>> super_users;  // "User:alice"
};

/// Any thread.
class Authorizer {
 public:
  /// `kept`: where the ACLs are; read also when it is not enabled. kCorrupt: nobody is let in by a file that is damaged.
  static Result<std::unique_ptr<Authorizer>> open(FileSystem& files, std::string kept, AuthorizerOptions options);

  bool enabled() const { return options_.enabled; }
  bool allows_uncovered() const { return options_.allow_if_no_acl; }
  bool is_super_user(std::string_view principal) const { return options_.super_users.contains(principal); }
  /// Of now; stays what it is.
  std::shared_ptr<const AclIndex> index() const;

  /// In order.
  std::vector<Acl> list(const AclFilter& filter) const;
  /// All or none; durable on return, and then in force. Those that are there already are no error. kExhausted beyond kAclsMax.
  Result<> create(const std::vector<Acl>& acls);
  /// What each filter met, for each filter. All or none; durable on return.
  Result<std::vector<std::vector<Acl>>> remove(const std::vector<AclFilter>& filters);

 private:
  Authorizer(FileSystem& files, std::string kept, AuthorizerOptions options)
      : files_(files), kept_path_(std::move(kept)), options_(std::move(options)) {}
  Result<> load();
  Result<> store(const std::set<Acl>& all) const;
  Result<> replace(std::set<Acl> next);
  std::shared_ptr<const std::set<Acl>> acls() const;

  FileSystem& files_;
  const std::string kept_path_;
  const AuthorizerOptions options_;
  std::mutex change_mutex_;  // one writer of the file
  mutable std::mutex mutex_; // guards the two below
  std::shared_ptr<const std::set<Acl>> acls_ = std::make_shared<const std::set<Acl>>();
  std::shared_ptr<const AclIndex> index_ = std::make_shared<const AclIndex>();
};

}  // namespace takhin::broker::security
