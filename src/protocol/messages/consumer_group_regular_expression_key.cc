// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_regular_expression_key.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ConsumerGroupRegularExpressionKey::table() {
  using S = ConsumerGroupRegularExpressionKey;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"RegularExpression", offsetof(S, regular_expression), kShape<decltype(S::regular_expression)>, {}},
  };
  static constexpr Table table{"ConsumerGroupRegularExpressionKey", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
