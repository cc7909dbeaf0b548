// DescribeUserScramCredentials, AlterUserScramCredentials (KIP-554): users are made at run time. The client salts the password:
// it never comes here.

#include <algorithm>
#include <map>
#include <set>

#include "broker/handlers/handlers.h"
#include "broker/security/credentials.h"
#include "broker/security/session.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_user_scram_credentials.h"

namespace takhin::broker::handlers {
namespace {

using protocol::AlterUserScramCredentialsRequest;
using protocol::AlterUserScramCredentialsResponse;
using protocol::DescribeUserScramCredentialsRequest;
using protocol::DescribeUserScramCredentialsResponse;
using protocol::ErrorCode;
using security::Credentials;
using security::ScramMechanism;

void describe(const CallPtr& call, DescribeUserScramCredentialsRequest request) {
  DescribeUserScramCredentialsResponse response;
  response.error_message.reset();
  const auto all = call->broker.credentials.list();
  std::map<std::string, int> asked;
  if (request.users) {
    for (const auto& user : *request.users) ++asked[user.name];
  }
  if (asked.empty()) {
    for (const auto& [user, credentials] : all) asked[user] = 1;
  }
  for (const auto& [user, times] : asked) {
    auto& result = response.results.emplace_back();
    result.user = user;
    result.error_message.reset();
    const auto found = all.find(user);
    if (times > 1) {
      result.error_code = ErrorCode::kDuplicateResource;
      result.error_message = fmt::format("user {} is asked for twice", user);
    } else if (found == all.end()) {
      result.error_code = ErrorCode::kResourceNotFound;
      result.error_message = fmt::format("Attempt to describe a user credential that does not exist: {}", user);
    } else {
      for (const auto& [mechanism, iterations] : found->second) {
        result.credential_infos.push_back({static_cast<std::int8_t>(mechanism), iterations});
      }
    }
  }
  call->answer(response);
}

struct Refusal {
  ErrorCode error = ErrorCode::kNone;
  std::string why;
};

std::optional<ScramMechanism> mechanism_of(std::int8_t number) {
  for (const ScramMechanism mechanism : security::kScramMechanisms) {
    if (static_cast<std::int8_t>(mechanism) == number) return mechanism;
  }
  return std::nullopt;
}

/// One user's changes; the first that cannot be refuses them all.
struct UserChanges {
  std::vector<Credentials::Change> changes;
  std::set<ScramMechanism> named;
  Refusal refusal;

  void refuse(ErrorCode error, std::string why) {
    if (refusal.error == ErrorCode::kNone) refusal = {error, std::move(why)};
  }
  /// Nothing: refused.
  std::optional<ScramMechanism> name(const std::string& user, std::int8_t number) {
    const auto mechanism = mechanism_of(number);
    if (user.empty()) refuse(ErrorCode::kUnacceptableCredential, "Username must not be empty");
    else if (user.size() > security::kUserNameBytesMax) refuse(ErrorCode::kUnacceptableCredential, "the username is too long");
    else if (!mechanism) refuse(ErrorCode::kUnsupportedSaslMechanism, "Unknown SCRAM mechanism");
    else if (!named.insert(*mechanism).second) refuse(ErrorCode::kDuplicateResource, "a credential is changed twice");
    return refusal.error == ErrorCode::kNone ? mechanism : std::nullopt;
  }
};

void add_upsertion(UserChanges& to, AlterUserScramCredentialsRequest::ScramCredentialUpsertion& asked) {
  const auto mechanism = to.name(asked.name, asked.mechanism);
  if (!mechanism) return;
  if (asked.iterations < security::kIterationsMin) return to.refuse(ErrorCode::kUnacceptableCredential, "Too few iterations");
  if (asked.iterations > security::kIterationsMax) return to.refuse(ErrorCode::kUnacceptableCredential, "Too many iterations");
  if (asked.salt.size() > security::kSaltBytesMax) return to.refuse(ErrorCode::kUnacceptableCredential, "the salt is too long");
  if (asked.salt.empty() || asked.salted_password.empty()) {
    return to.refuse(ErrorCode::kUnacceptableCredential, "salt and salted password must not be empty");
  }
  auto made = security::credential_of_salted(*mechanism, asked.salted_password, std::move(asked.salt), asked.iterations);
  to.changes.push_back({asked.name, *mechanism, std::move(made)});
}

std::map<std::string, UserChanges> changes_of(const Credentials& credentials, AlterUserScramCredentialsRequest& request) {
  const auto known = credentials.list();
  std::map<std::string, UserChanges> users;
  for (const auto& asked : request.deletions) {
    UserChanges& user = users[asked.name];
    const auto mechanism = user.name(asked.name, asked.mechanism);
    if (!mechanism) continue;
    const auto found = known.find(asked.name);
    const bool there = found != known.end() && std::ranges::any_of(found->second, [&](const auto& one) {
                         return one.first == *mechanism;
                       });
    if (there) user.changes.push_back({asked.name, *mechanism, std::nullopt});
    else user.refuse(ErrorCode::kResourceNotFound, "Attempt to delete a user credential that does not exist");
  }
  for (auto& asked : request.upsertions) add_upsertion(users[asked.name], asked);
  return users;
}

void answer(const CallPtr& call, const std::map<std::string, UserChanges>& users) {
  AlterUserScramCredentialsResponse response;
  for (const auto& [name, user] : users) {
    auto& result = response.results.emplace_back();
    result.user = name;
    result.error_code = user.refusal.error;
    result.error_message.reset();
    if (!user.refusal.why.empty()) result.error_message = user.refusal.why;
  }
  call->answer(response);
}

/// Blocks: in the admin pool.
void apply(const CallPtr& call, std::map<std::string, UserChanges> users) {
  std::vector<Credentials::Change> all;
  for (const auto& [name, user] : users) {
    if (user.refusal.error == ErrorCode::kNone) all.insert(all.end(), user.changes.begin(), user.changes.end());
  }
  const auto applied = all.empty() ? done() : call->broker.credentials.apply(all);
  for (auto& [name, user] : users) {
    if (!applied.ok()) user.refuse(protocol::error_code_for(applied.error().kind), applied.error().text);
    call->changed(security::ResourceType::kUser, name, user.refusal.error);
  }
  answer(call, users);
}

void alter(const CallPtr& call, AlterUserScramCredentialsRequest request) {
  auto users = changes_of(call->broker.credentials, request);
  in_pool(
      call->broker.admin, [call, users] { apply(call, users); },
      [&] {
        for (auto& [name, user] : users) user.refuse(ErrorCode::kRequestTimedOut, "too much is being changed; try again");
        answer(call, users);
      });
}

}  // namespace

void describe_user_scram_credentials(const CallPtr& call) { decoded<DescribeUserScramCredentialsRequest, describe>(call); }
void alter_user_scram_credentials(const CallPtr& call) { decoded<AlterUserScramCredentialsRequest, alter>(call); }

}  // namespace takhin::broker::handlers
