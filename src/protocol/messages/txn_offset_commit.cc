// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/txn_offset_commit.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& txn_offset_commit_request::TxnOffsetCommitRequestPartition::table() {
  using S = TxnOffsetCommitRequestPartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"CommittedOffset", offsetof(S, committed_offset), kShape<decltype(S::committed_offset)>, {}},
      {"CommittedLeaderEpoch", offsetof(S, committed_leader_epoch),
       kShape<decltype(S::committed_leader_epoch)>, {.since = 2}},
      {"CommittedMetadata", offsetof(S, committed_metadata),
       kShape<decltype(S::committed_metadata)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"TxnOffsetCommitRequestPartition", rows, 0, 6, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& txn_offset_commit_request::TxnOffsetCommitRequestTopic::table() {
  using S = TxnOffsetCommitRequestTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.until = 5}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 6}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TxnOffsetCommitRequestTopic", rows, 0, 6, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& TxnOffsetCommitRequest::table() {
  using S = TxnOffsetCommitRequest;
  static constexpr Row rows[] = {
      {"TransactionalId", offsetof(S, transactional_id), kShape<decltype(S::transactional_id)>, {}},
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {}},
      {"GenerationIdOrMemberEpoch", offsetof(S, generation_id_or_member_epoch),
       kShape<decltype(S::generation_id_or_member_epoch)>, {.since = 3}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {.since = 3}},
      {"GroupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 3, .nullable_since = 3}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"TxnOffsetCommitRequest", rows, 0, 6, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& txn_offset_commit_response::TxnOffsetCommitResponsePartition::table() {
  using S = TxnOffsetCommitResponsePartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
  };
  static constexpr Table table{"TxnOffsetCommitResponsePartition", rows, 0, 6, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& txn_offset_commit_response::TxnOffsetCommitResponseTopic::table() {
  using S = TxnOffsetCommitResponseTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.until = 5}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 6}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TxnOffsetCommitResponseTopic", rows, 0, 6, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& TxnOffsetCommitResponse::table() {
  using S = TxnOffsetCommitResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"TxnOffsetCommitResponse", rows, 0, 6, 3,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
