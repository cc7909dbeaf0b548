// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/group_metadata_key.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& GroupMetadataKey::table() {
  using S = GroupMetadataKey;
  static constexpr Row rows[] = {
      {"group", offsetof(S, group), kShape<decltype(S::group)>, {}},
  };
  static constexpr Table table{"GroupMetadataKey", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
