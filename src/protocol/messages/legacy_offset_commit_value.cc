// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/legacy_offset_commit_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& LegacyOffsetCommitValue::table() {
  using S = LegacyOffsetCommitValue;
  static constexpr Row rows[] = {
      {"offset", offsetof(S, offset), kShape<decltype(S::offset)>, {}},
      {"metadata", offsetof(S, metadata), kShape<decltype(S::metadata)>, {}},
      {"commitTimestamp", offsetof(S, commit_timestamp), kShape<decltype(S::commit_timestamp)>, {}},
  };
  static constexpr Table table{"LegacyOffsetCommitValue", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
