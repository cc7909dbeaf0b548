// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/offset_for_leader_epoch.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& offset_for_leader_epoch_request::OffsetForLeaderPartition::table() {
  using S = OffsetForLeaderPartition;
  static constexpr Row rows[] = {
      {"Partition", offsetof(S, partition), kShape<decltype(S::partition)>, {}},
      {"CurrentLeaderEpoch", offsetof(S, current_leader_epoch), kShape<decltype(S::current_leader_epoch)>, {}},
      {"LeaderEpoch", offsetof(S, leader_epoch), kShape<decltype(S::leader_epoch)>, {}},
  };
  static constexpr Table table{"OffsetForLeaderPartition", rows, 2, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_for_leader_epoch_request::OffsetForLeaderTopic::table() {
  using S = OffsetForLeaderTopic;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"OffsetForLeaderTopic", rows, 2, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& OffsetForLeaderEpochRequest::table() {
  using S = OffsetForLeaderEpochRequest;
  static constexpr Row rows[] = {
      {"ReplicaId", offsetof(S, replica_id), kShape<decltype(S::replica_id)>, {.since = 3}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"OffsetForLeaderEpochRequest", rows, 2, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_for_leader_epoch_response::EpochEndOffset::table() {
  using S = EpochEndOffset;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"Partition", offsetof(S, partition), kShape<decltype(S::partition)>, {}},
      {"LeaderEpoch", offsetof(S, leader_epoch), kShape<decltype(S::leader_epoch)>, {}},
      {"EndOffset", offsetof(S, end_offset), kShape<decltype(S::end_offset)>, {}},
  };
  static constexpr Table table{"EpochEndOffset", rows, 2, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_for_leader_epoch_response::OffsetForLeaderTopicResult::table() {
  using S = OffsetForLeaderTopicResult;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"OffsetForLeaderTopicResult", rows, 2, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& OffsetForLeaderEpochResponse::table() {
  using S = OffsetForLeaderEpochResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"OffsetForLeaderEpochResponse", rows, 2, 4, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
