#pragma once
// A broker that asks its clients who they are and what they may; "root" may everything, "bob" and "carol" what ACLs say.

#include <gtest/gtest.h>

#include "broker/security/acl.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "testing/broker_fixture.h"

namespace takhin::testing {

class AclFixture : public BrokerFixture {
 protected:
  using Acl = broker::security::Acl;

  void serve_with_acls() {
    options.sasl_mechanisms = {"PLAIN"};
    options.sasl_users_file = dir / "users";
    ASSERT_TRUE(write_atomically(files, options.sasl_users_file, view_of("root:pw\nbob:pw\ncarol:pw\n")).ok());
    options.authorizer.enabled = true;
    options.authorizer.super_users = {"User:root"};
    serve();
  }
  static void log_in(KafkaClient& client, const std::string& user) {
    const protocol::SaslHandshakeRequest plain{.mechanism = "PLAIN"};
    EXPECT_EQ(client.ask<protocol::SaslHandshakeResponse>(1, plain).error_code, protocol::ErrorCode::kNone);
    const std::string proof = fmt::format("{}{}{}pw", '\0', user, '\0');
    const protocol::SaslAuthenticateRequest request{.auth_bytes = copy_of(view_of(proof))};
    EXPECT_EQ(client.ask<protocol::SaslAuthenticateResponse>(2, request).error_code, protocol::ErrorCode::kNone);
  }
  static Acl allow(broker::security::ResourceType type, std::string name, broker::security::AclOperation operation,
                   std::string principal = "User:bob") {
    using namespace broker::security;
    return {type, PatternType::kLiteral, std::move(name), std::move(principal), "*", operation, Permission::kAllow};
  }
  static protocol::CreateAclsResponse add_acls(KafkaClient& client, const std::vector<Acl>& acls) {
    protocol::CreateAclsRequest request;
    for (const Acl& acl : acls) {
      auto& to = request.creations.emplace_back();
      to.resource_type = static_cast<std::int8_t>(acl.type);
      to.resource_name = acl.name;
      to.resource_pattern_type = static_cast<std::int8_t>(acl.pattern);
      to.principal = acl.principal;
      to.host = acl.host;
      to.operation = static_cast<std::int8_t>(acl.operation);
      to.permission_type = static_cast<std::int8_t>(acl.permission);
    }
    return client.ask<protocol::CreateAclsResponse>(3, request);
  }
  static protocol::DeleteAclsResponse remove_acls(KafkaClient& client) {
    protocol::DeleteAclsRequest request;
    request.filters.push_back({.resource_type_filter = 1,
                               .resource_name_filter = std::nullopt,
                               .pattern_type_filter = 1,
                               .principal_filter = std::nullopt,
                               .host_filter = std::nullopt,
                               .operation = 1,
                               .permission_type = 1});
    return client.ask<protocol::DeleteAclsResponse>(3, request);
  }
  /// These and no others.
  static void set_acls(KafkaClient& root, const std::vector<Acl>& acls) {
    EXPECT_EQ(remove_acls(root).filter_results.at(0).error_code, protocol::ErrorCode::kNone);
    if (acls.empty()) return;
    for (const auto& result : add_acls(root, acls).results) EXPECT_EQ(result.error_code, protocol::ErrorCode::kNone);
  }
};

}  // namespace takhin::testing
