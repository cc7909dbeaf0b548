// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/sasl_handshake.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& SaslHandshakeRequest::table() {
  using S = SaslHandshakeRequest;
  static constexpr Row rows[] = {
      {"Mechanism", offsetof(S, mechanism), kShape<decltype(S::mechanism)>, {}},
  };
  static constexpr Table table{"SaslHandshakeRequest", rows, 0, 1, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& SaslHandshakeResponse::table() {
  using S = SaslHandshakeResponse;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"Mechanisms", offsetof(S, mechanisms), kShape<decltype(S::mechanisms)>, {}},
  };
  static constexpr Table table{"SaslHandshakeResponse", rows, 0, 1, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
