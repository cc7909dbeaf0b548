// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/offset_commit_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& OffsetCommitValue::table() {
  using S = OffsetCommitValue;
  static constexpr Row rows[] = {
      {"offset", offsetof(S, offset), kShape<decltype(S::offset)>, {}},
      {"leaderEpoch", offsetof(S, leader_epoch), kShape<decltype(S::leader_epoch)>, {.since = 3}},
      {"metadata", offsetof(S, metadata), kShape<decltype(S::metadata)>, {}},
      {"commitTimestamp", offsetof(S, commit_timestamp), kShape<decltype(S::commit_timestamp)>, {}},
      {"expireTimestamp", offsetof(S, expire_timestamp),
       kShape<decltype(S::expire_timestamp)>, {.since = 1, .until = 1}},
      {"topicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 4, .tag = 0}},
  };
  static constexpr Table table{"OffsetCommitValue", rows, 0, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
