// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/sasl_authenticate.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& SaslAuthenticateRequest::table() {
  using S = SaslAuthenticateRequest;
  static constexpr Row rows[] = {
      {"AuthBytes", offsetof(S, auth_bytes), kShape<decltype(S::auth_bytes)>, {}},
  };
  static constexpr Table table{"SaslAuthenticateRequest", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& SaslAuthenticateResponse::table() {
  using S = SaslAuthenticateResponse;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"AuthBytes", offsetof(S, auth_bytes), kShape<decltype(S::auth_bytes)>, {}},
      {"SessionLifetimeMs", offsetof(S, session_lifetime_ms),
       kShape<decltype(S::session_lifetime_ms)>, {.since = 1}},
  };
  static constexpr Table table{"SaslAuthenticateResponse", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
