// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/response_header.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ResponseHeader::table() {
  using S = ResponseHeader;
  static constexpr Row rows[] = {
      {"CorrelationId", offsetof(S, correlation_id), kShape<decltype(S::correlation_id)>, {}},
  };
  static constexpr Table table{"ResponseHeader", rows, 0, 1, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
