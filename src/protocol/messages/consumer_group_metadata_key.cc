// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_metadata_key.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ConsumerGroupMetadataKey::table() {
  using S = ConsumerGroupMetadataKey;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
  };
  static constexpr Table table{"ConsumerGroupMetadataKey", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
