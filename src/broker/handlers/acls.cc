// DescribeAcls, CreateAcls, DeleteAcls (KIP-140, KIP-290).

#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"

namespace takhin::broker::handlers {
namespace {

using protocol::CreateAclsRequest;
using protocol::CreateAclsResponse;
using protocol::DeleteAclsRequest;
using protocol::DeleteAclsResponse;
using protocol::DescribeAclsRequest;
using protocol::DescribeAclsResponse;
using protocol::ErrorCode;
using security::Acl;
using security::AclFilter;

constexpr const char* kNoAuthorizer = "No Authorizer is configured.";
constexpr const char* kBusy = "too much is being changed; try again";

struct Refusal {
  ErrorCode error = ErrorCode::kNone;
  std::string why;
};

/// DescribeAcls' filter, or one of DeleteAcls'.
template <class Asked>
AclFilter filter_of(const Asked& asked) {
  return {.type = static_cast<ResourceType>(asked.resource_type_filter),
          .pattern = static_cast<security::PatternType>(asked.pattern_type_filter),
          .name = asked.resource_name_filter,
          .principal = asked.principal_filter,
          .host = asked.host_filter,
          .operation = static_cast<AclOperation>(asked.operation),
          .permission = static_cast<security::Permission>(asked.permission_type)};
}

void describe(const CallPtr& call, DescribeAclsRequest request) {
  DescribeAclsResponse response;
  response.error_message.reset();
  const AclFilter filter = filter_of(request);
  std::string flaw = flaw_of(filter);
  if (!call->broker.authorizer.enabled()) {
    response.error_code = ErrorCode::kSecurityDisabled;
    response.error_message = kNoAuthorizer;
  } else if (!flaw.empty()) {
    response.error_code = ErrorCode::kInvalidRequest;
    response.error_message = std::move(flaw);
  }
  if (response.error_code != ErrorCode::kNone) return call->answer(response);
  const Acl* last = nullptr;
  const std::vector<Acl> all = call->broker.authorizer.list(filter);  // those of a pattern come together
  for (const Acl& acl : all) {
    if (last == nullptr || last->type != acl.type || last->pattern != acl.pattern || last->name != acl.name) {
      response.resources.push_back({.resource_type = static_cast<std::int8_t>(acl.type),
                                    .resource_name = acl.name,
                                    .pattern_type = static_cast<std::int8_t>(acl.pattern),
                                    .acls = {}});
    }
    last = &acl;
    response.resources.back().acls.push_back({.principal = acl.principal,
                                              .host = acl.host,
                                              .operation = static_cast<std::int8_t>(acl.operation),
                                              .permission_type = static_cast<std::int8_t>(acl.permission)});
  }
  call->answer(response);
}

Acl acl_of(const CreateAclsRequest::AclCreation& asked) {
  return {static_cast<ResourceType>(asked.resource_type),
          static_cast<security::PatternType>(asked.resource_pattern_type),
          asked.resource_name,
          asked.principal,
          asked.host,
          static_cast<AclOperation>(asked.operation),
          static_cast<security::Permission>(asked.permission_type)};
}

/// For the audit log.
std::string text_of(const Acl& acl) {
  return fmt::format("{} {} for {} from {} on {}:{}", name_of(acl.permission), name_of(acl.operation), acl.principal, acl.host,
                     name_of(acl.pattern), acl.name);
}

Refusal refusal_for(const Error& error) {
  if (error.kind == Kind::kExhausted) return {ErrorCode::kInvalidRequest, error.text};
  return {protocol::error_code_for(error.kind), error.text};
}

/// Blocks: in the admin pool. Each creation by itself is good or not; those that are good are made together.
CreateAclsResponse create_all(Call& call, const CreateAclsRequest& request) {
  std::vector<Acl> good;
  std::vector<Refusal> refusals(request.creations.size());
  for (std::size_t i = 0; i < request.creations.size(); ++i) {
    Acl acl = acl_of(request.creations[i]);
    refusals[i].why = flaw_of(acl);
    if (refusals[i].why.empty()) good.push_back(std::move(acl));
    else refusals[i].error = ErrorCode::kInvalidRequest;
  }
  const auto made = good.empty() ? done() : call.broker.authorizer.create(good);
  for (Refusal& refusal : refusals) {
    if (!made.ok() && refusal.error == ErrorCode::kNone) refusal = refusal_for(made.error());
  }
  if (made.ok()) {
    for (const Acl& acl : good) call.changed(acl.type, "added " + text_of(acl));
  }
  CreateAclsResponse response;
  for (Refusal& refusal : refusals) {
    auto& result = response.results.emplace_back();
    result.error_code = refusal.error;
    result.error_message.reset();
    if (!refusal.why.empty()) result.error_message = std::move(refusal.why);
  }
  return response;
}

void create(const CallPtr& call, CreateAclsRequest request) {
  const auto all = [call, count = request.creations.size()](ErrorCode error, const std::string& why) {
    CreateAclsResponse response;
    for (std::size_t i = 0; i < count; ++i) response.results.push_back({error, why});
    call->answer(response);
  };
  if (!call->broker.authorizer.enabled()) return all(ErrorCode::kSecurityDisabled, kNoAuthorizer);
  if (request.creations.size() > security::kAclChangesMax) return all(ErrorCode::kInvalidRequest, "too many ACLs at once");
  in_pool(
      call->broker.admin, [call, request = std::move(request)] { call->answer(create_all(*call, request)); },
      [&] { all(ErrorCode::kRequestTimedOut, kBusy); });
}

DeleteAclsResponse::DeleteAclsMatchingAcl matching(const Acl& acl) {
  return {.error_code = ErrorCode::kNone,
          .error_message = std::nullopt,
          .resource_type = static_cast<std::int8_t>(acl.type),
          .resource_name = acl.name,
          .pattern_type = static_cast<std::int8_t>(acl.pattern),
          .principal = acl.principal,
          .host = acl.host,
          .operation = static_cast<std::int8_t>(acl.operation),
          .permission_type = static_cast<std::int8_t>(acl.permission)};
}

/// Blocks: in the admin pool.
DeleteAclsResponse remove_all(Call& call, const DeleteAclsRequest& request) {
  DeleteAclsResponse response;
  std::vector<AclFilter> good;
  for (const auto& asked : request.filters) {
    AclFilter filter = filter_of(asked);
    auto& result = response.filter_results.emplace_back();
    result.error_message.reset();
    if (std::string flaw = flaw_of(filter); !flaw.empty()) {
      result.error_code = ErrorCode::kInvalidRequest;
      result.error_message = std::move(flaw);
    } else {
      good.push_back(std::move(filter));
    }
  }
  const auto removed = call.broker.authorizer.remove(good);
  std::size_t at = 0;
  for (auto& result : response.filter_results) {
    if (result.error_code != ErrorCode::kNone) continue;
    if (!removed.ok()) {
      const Refusal refusal = refusal_for(removed.error());
      result.error_code = refusal.error;
      result.error_message = refusal.why;
      continue;
    }
    for (const Acl& acl : (*removed)[at++]) {
      result.matching_acls.push_back(matching(acl));
      call.changed(acl.type, "removed " + text_of(acl));
    }
  }
  return response;
}

void remove(const CallPtr& call, DeleteAclsRequest request) {
  const auto all = [call, count = request.filters.size()](ErrorCode error, const std::string& why) {
    DeleteAclsResponse response;
    for (std::size_t i = 0; i < count; ++i) {
      response.filter_results.push_back({.error_code = error, .error_message = why, .matching_acls = {}});
    }
    call->answer(response);
  };
  if (!call->broker.authorizer.enabled()) return all(ErrorCode::kSecurityDisabled, kNoAuthorizer);
  if (request.filters.size() > security::kAclFiltersMax) return all(ErrorCode::kInvalidRequest, "too many filters at once");
  in_pool(
      call->broker.admin, [call, request = std::move(request)] { call->answer(remove_all(*call, request)); },
      [&] { all(ErrorCode::kRequestTimedOut, kBusy); });
}

}  // namespace

void describe_acls(const CallPtr& call) { decoded<DescribeAclsRequest, describe>(call); }
void create_acls(const CallPtr& call) { decoded<CreateAclsRequest, create>(call); }
void delete_acls(const CallPtr& call) { decoded<DeleteAclsRequest, remove>(call); }

}  // namespace takhin::broker::handlers
