// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/offset_fetch.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& offset_fetch_request::OffsetFetchRequestTopic::table() {
  using S = OffsetFetchRequestTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.until = 7}},
      {"PartitionIndexes", offsetof(S, partition_indexes), kShape<decltype(S::partition_indexes)>, {.until = 7}},
  };
  static constexpr Table table{"OffsetFetchRequestTopic", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_fetch_request::OffsetFetchRequestTopics::table() {
  using S = OffsetFetchRequestTopics;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.since = 8, .until = 9}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 10}},
      {"PartitionIndexes", offsetof(S, partition_indexes), kShape<decltype(S::partition_indexes)>, {.since = 8}},
  };
  static constexpr Table table{"OffsetFetchRequestTopics", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_fetch_request::OffsetFetchRequestGroup::table() {
  using S = OffsetFetchRequestGroup;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {.since = 8}},
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {.since = 9, .nullable_since = 9}},
      {"MemberEpoch", offsetof(S, member_epoch), kShape<decltype(S::member_epoch)>, {.since = 9}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {.since = 8, .nullable_since = 8}},
  };
  static constexpr Table table{"OffsetFetchRequestGroup", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& OffsetFetchRequest::table() {
  using S = OffsetFetchRequest;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {.until = 7}},
      {"Topics", offsetof(S, topics),
       kShape<decltype(S::topics)>, {.until = 7, .nullable_since = 2, .nullable_until = 7}},
      {"Groups", offsetof(S, groups), kShape<decltype(S::groups)>, {.since = 8}},
      {"RequireStable", offsetof(S, require_stable), kShape<decltype(S::require_stable)>, {.since = 7}},
  };
  static constexpr Table table{"OffsetFetchRequest", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_fetch_response::OffsetFetchResponsePartition::table() {
  using S = OffsetFetchResponsePartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {.until = 7}},
      {"CommittedOffset", offsetof(S, committed_offset), kShape<decltype(S::committed_offset)>, {.until = 7}},
      {"CommittedLeaderEpoch", offsetof(S, committed_leader_epoch),
       kShape<decltype(S::committed_leader_epoch)>, {.since = 5, .until = 7}},
      {"Metadata", offsetof(S, metadata),
       kShape<decltype(S::metadata)>, {.until = 7, .nullable_since = 0, .nullable_until = 7}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.until = 7}},
  };
  static constexpr Table table{"OffsetFetchResponsePartition", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_fetch_response::OffsetFetchResponseTopic::table() {
  using S = OffsetFetchResponseTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.until = 7}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {.until = 7}},
  };
  static constexpr Table table{"OffsetFetchResponseTopic", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_fetch_response::OffsetFetchResponsePartitions::table() {
  using S = OffsetFetchResponsePartitions;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {.since = 8}},
      {"CommittedOffset", offsetof(S, committed_offset), kShape<decltype(S::committed_offset)>, {.since = 8}},
      {"CommittedLeaderEpoch", offsetof(S, committed_leader_epoch),
       kShape<decltype(S::committed_leader_epoch)>, {.since = 8}},
      {"Metadata", offsetof(S, metadata), kShape<decltype(S::metadata)>, {.since = 8, .nullable_since = 8}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 8}},
  };
  static constexpr Table table{"OffsetFetchResponsePartitions", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_fetch_response::OffsetFetchResponseTopics::table() {
  using S = OffsetFetchResponseTopics;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.since = 8, .until = 9}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 10}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {.since = 8}},
  };
  static constexpr Table table{"OffsetFetchResponseTopics", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_fetch_response::OffsetFetchResponseGroup::table() {
  using S = OffsetFetchResponseGroup;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {.since = 8}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {.since = 8}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 8}},
  };
  static constexpr Table table{"OffsetFetchResponseGroup", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& OffsetFetchResponse::table() {
  using S = OffsetFetchResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {.since = 3}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {.until = 7}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 2, .until = 7}},
      {"Groups", offsetof(S, groups), kShape<decltype(S::groups)>, {.since = 8}},
  };
  static constexpr Table table{"OffsetFetchResponse", rows, 1, 10, 6,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
