// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_user_scram_credentials.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& describe_user_scram_credentials_request::UserName::table() {
  using S = UserName;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
  };
  static constexpr Table table{"UserName", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeUserScramCredentialsRequest::table() {
  using S = DescribeUserScramCredentialsRequest;
  static constexpr Row rows[] = {
      {"Users", offsetof(S, users), kShape<decltype(S::users)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"DescribeUserScramCredentialsRequest", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_user_scram_credentials_response::CredentialInfo::table() {
  using S = CredentialInfo;
  static constexpr Row rows[] = {
      {"Mechanism", offsetof(S, mechanism), kShape<decltype(S::mechanism)>, {}},
      {"Iterations", offsetof(S, iterations), kShape<decltype(S::iterations)>, {}},
  };
  static constexpr Table table{"CredentialInfo", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_user_scram_credentials_response::DescribeUserScramCredentialsResult::table() {
  using S = DescribeUserScramCredentialsResult;
  static constexpr Row rows[] = {
      {"User", offsetof(S, user), kShape<decltype(S::user)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"CredentialInfos", offsetof(S, credential_infos), kShape<decltype(S::credential_infos)>, {}},
  };
  static constexpr Table table{"DescribeUserScramCredentialsResult", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeUserScramCredentialsResponse::table() {
  using S = DescribeUserScramCredentialsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"Results", offsetof(S, results), kShape<decltype(S::results)>, {}},
  };
  static constexpr Table table{"DescribeUserScramCredentialsResponse", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
