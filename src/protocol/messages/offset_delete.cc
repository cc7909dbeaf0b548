// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/offset_delete.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& offset_delete_request::OffsetDeleteRequestPartition::table() {
  using S = OffsetDeleteRequestPartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
  };
  static constexpr Table table{"OffsetDeleteRequestPartition", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_delete_request::OffsetDeleteRequestTopic::table() {
  using S = OffsetDeleteRequestTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"OffsetDeleteRequestTopic", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& OffsetDeleteRequest::table() {
  using S = OffsetDeleteRequest;
  static constexpr Row rows[] = {
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"OffsetDeleteRequest", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_delete_response::OffsetDeleteResponsePartition::table() {
  using S = OffsetDeleteResponsePartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
  };
  static constexpr Table table{"OffsetDeleteResponsePartition", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& offset_delete_response::OffsetDeleteResponseTopic::table() {
  using S = OffsetDeleteResponseTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"OffsetDeleteResponseTopic", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& OffsetDeleteResponse::table() {
  using S = OffsetDeleteResponse;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"OffsetDeleteResponse", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
