// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/delete_records.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& delete_records_request::DeleteRecordsPartition::table() {
  using S = DeleteRecordsPartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"Offset", offsetof(S, offset), kShape<decltype(S::offset)>, {}},
  };
  static constexpr Table table{"DeleteRecordsPartition", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& delete_records_request::DeleteRecordsTopic::table() {
  using S = DeleteRecordsTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"DeleteRecordsTopic", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DeleteRecordsRequest::table() {
  using S = DeleteRecordsRequest;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"TimeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {}},
  };
  static constexpr Table table{"DeleteRecordsRequest", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& delete_records_response::DeleteRecordsPartitionResult::table() {
  using S = DeleteRecordsPartitionResult;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"LowWatermark", offsetof(S, low_watermark), kShape<decltype(S::low_watermark)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
  };
  static constexpr Table table{"DeleteRecordsPartitionResult", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& delete_records_response::DeleteRecordsTopicResult::table() {
  using S = DeleteRecordsTopicResult;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"DeleteRecordsTopicResult", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DeleteRecordsResponse::table() {
  using S = DeleteRecordsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"DeleteRecordsResponse", rows, 0, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
