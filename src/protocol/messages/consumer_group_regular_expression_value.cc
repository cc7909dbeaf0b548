// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_regular_expression_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ConsumerGroupRegularExpressionValue::table() {
  using S = ConsumerGroupRegularExpressionValue;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"Version", offsetof(S, version), kShape<decltype(S::version)>, {}},
      {"Timestamp", offsetof(S, timestamp), kShape<decltype(S::timestamp)>, {}},
  };
  static constexpr Table table{"ConsumerGroupRegularExpressionValue", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
