#include "broker/security/rights.h"

#include <fmt/format.h>

namespace takhin::broker::security {
namespace {

/// Any name: whether what no ACL covers is allowed.
constexpr std::string_view kSomeName = "hardcode";

}  // namespace

Rights::Rights(const Authorizer& authorizer, std::string_view user, std::string_view peer)
    : authorizer_(authorizer), principal_(std::string("User:").append(user)), peer_(peer) {}

std::string Rights::host() const { return canonical_host(std::string(peer_.substr(0, peer_.rfind(':')))); }

/// Nothing is looked up for whoever may do everything.
bool Rights::is_free() {
  if (!authorizer_.enabled()) return true;
  if (index_ == nullptr) {
    index_ = authorizer_.index();
    super_ = authorizer_.is_super_user(principal_);
    host_ = host();
  }
  return super_;
}

Operations Rights::allowed(ResourceType type, std::string_view name) {
  const Grants grants = index_->find(type, name, principal_, host_);
  if (!grants.covered && authorizer_.allows_uncovered()) return ~Operations{0};
  return grants.allowed & ~grants.denied;
}

bool Rights::sees(AclOperation operation, ResourceType type, std::string_view name) {
  return is_free() || (allowed(type, name) & bit(operation)) != 0;
}

bool Rights::may(AclOperation operation, ResourceType type, std::string_view name) {
  if (sees(operation, type, name)) return true;
  denied_.add(fmt::format("{} on {} {}", name_of(operation), name_of(type), security::quoted(name)));
  return false;
}

bool Rights::may_somewhere(AclOperation operation, ResourceType type) {
  if (sees(operation, type, kSomeName) || index_->allows_somewhere(operation, type, principal_, host_)) return true;
  denied_.add(fmt::format("{} on any {}", name_of(operation), name_of(type)));
  return false;
}

std::int32_t Rights::operations(ResourceType type, std::string_view name) {
  const Operations all = operations_of(type);
  return static_cast<std::int32_t>(is_free() ? all : all & allowed(type, name));
}

}  // namespace takhin::broker::security
