// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/alter_user_scram_credentials.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& alter_user_scram_credentials_request::ScramCredentialDeletion::table() {
  using S = ScramCredentialDeletion;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Mechanism", offsetof(S, mechanism), kShape<decltype(S::mechanism)>, {}},
  };
  static constexpr Table table{"ScramCredentialDeletion", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_user_scram_credentials_request::ScramCredentialUpsertion::table() {
  using S = ScramCredentialUpsertion;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Mechanism", offsetof(S, mechanism), kShape<decltype(S::mechanism)>, {}},
      {"Iterations", offsetof(S, iterations), kShape<decltype(S::iterations)>, {}},
      {"Salt", offsetof(S, salt), kShape<decltype(S::salt)>, {}},
      {"SaltedPassword", offsetof(S, salted_password), kShape<decltype(S::salted_password)>, {}},
  };
  static constexpr Table table{"ScramCredentialUpsertion", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AlterUserScramCredentialsRequest::table() {
  using S = AlterUserScramCredentialsRequest;
  static constexpr Row rows[] = {
      {"Deletions", offsetof(S, deletions), kShape<decltype(S::deletions)>, {}},
      {"Upsertions", offsetof(S, upsertions), kShape<decltype(S::upsertions)>, {}},
  };
  static constexpr Table table{"AlterUserScramCredentialsRequest", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_user_scram_credentials_response::AlterUserScramCredentialsResult::table() {
  using S = AlterUserScramCredentialsResult;
  static constexpr Row rows[] = {
      {"User", offsetof(S, user), kShape<decltype(S::user)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"AlterUserScramCredentialsResult", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AlterUserScramCredentialsResponse::table() {
  using S = AlterUserScramCredentialsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Results", offsetof(S, results), kShape<decltype(S::results)>, {}},
  };
  static constexpr Table table{"AlterUserScramCredentialsResponse", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
