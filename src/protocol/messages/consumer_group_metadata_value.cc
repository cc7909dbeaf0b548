// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_metadata_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ConsumerGroupMetadataValue::table() {
  using S = ConsumerGroupMetadataValue;
  static constexpr Row rows[] = {
      {"Epoch", offsetof(S, epoch), kShape<decltype(S::epoch)>, {}},
      {"MetadataHash", offsetof(S, metadata_hash), kShape<decltype(S::metadata_hash)>, {.tag = 0}},
  };
  static constexpr Table table{"ConsumerGroupMetadataValue", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
