// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/offset_commit_key.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& OffsetCommitKey::table() {
  using S = OffsetCommitKey;
  static constexpr Row rows[] = {
      {"group", offsetof(S, group), kShape<decltype(S::group)>, {}},
      {"topic", offsetof(S, topic), kShape<decltype(S::topic)>, {}},
      {"partition", offsetof(S, partition), kShape<decltype(S::partition)>, {}},
  };
  static constexpr Table table{"OffsetCommitKey", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
