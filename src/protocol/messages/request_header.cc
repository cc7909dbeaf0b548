// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/request_header.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& RequestHeader::table() {
  using S = RequestHeader;
  static constexpr Row rows[] = {
      {"RequestApiKey", offsetof(S, request_api_key), kShape<decltype(S::request_api_key)>, {}},
      {"RequestApiVersion", offsetof(S, request_api_version), kShape<decltype(S::request_api_version)>, {}},
      {"CorrelationId", offsetof(S, correlation_id), kShape<decltype(S::correlation_id)>, {}},
      {"ClientId", offsetof(S, client_id),
       kShape<decltype(S::client_id)>, {.nullable_since = 0, .never_compact = true}},
  };
  static constexpr Table table{"RequestHeader", rows, 1, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
