// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/offset_commit.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& offset_commit_request::OffsetCommitRequestPartition::table() {
  using S = OffsetCommitRequestPartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"CommittedOffset", offsetof(S, committed_offset), kShape<decltype(S::committed_offset)>, {}},
      {"CommittedLeaderEpoch", offsetof(S, committed_leader_epoch),
       kShape<decltype(S::committed_leader_epoch)>, {.since = 6}},
      {"CommittedMetadata", offsetof(S, committed_metadata),
       kShape<decltype(S::committed_metadata)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"OffsetCommitRequestPartition", rows, 2, 10, 8,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_commit_request::OffsetCommitRequestTopic::table() {
  using S = OffsetCommitRequestTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.until = 9}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 10}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"OffsetCommitRequestTopic", rows, 2, 10, 8,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& OffsetCommitRequest::table() {
  using S = OffsetCommitRequest;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"GenerationIdOrMemberEpoch", offsetof(S, generation_id_or_member_epoch),
       kShape<decltype(S::generation_id_or_member_epoch)>, {}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"GroupInstanceId", offsetof(S, group_instance_id),
       kShape<decltype(S::group_instance_id)>, {.since = 7, .nullable_since = 7}},
      {"RetentionTimeMs", offsetof(S, retention_time_ms), kShape<decltype(S::retention_time_ms)>, {.until = 4}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"OffsetCommitRequest", rows, 2, 10, 8,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_commit_response::OffsetCommitResponsePartition::table() {
  using S = OffsetCommitResponsePartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
  };
  static constexpr Table table{"OffsetCommitResponsePartition", rows, 2, 10, 8,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_commit_response::OffsetCommitResponseTopic::table() {
  using S = OffsetCommitResponseTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.until = 9}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 10}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"OffsetCommitResponseTopic", rows, 2, 10, 8,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& OffsetCommitResponse::table() {
  using S = OffsetCommitResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 3}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"OffsetCommitResponse", rows, 2, 10, 8,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
