// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_log_dirs.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& describe_log_dirs_request::DescribableLogDirTopic::table() {
  using S = DescribableLogDirTopic;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"DescribableLogDirTopic", rows, 1, 5, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeLogDirsRequest::table() {
  using S = DescribeLogDirsRequest;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"DescribeLogDirsRequest", rows, 1, 5, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_log_dirs_response::DescribeLogDirsPartition::table() {
  using S = DescribeLogDirsPartition;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"PartitionSize", offsetof(S, partition_size), kShape<decltype(S::partition_size)>, {}},
      {"OffsetLag", offsetof(S, offset_lag), kShape<decltype(S::offset_lag)>, {}},
      {"IsFutureKey", offsetof(S, is_future_key), kShape<decltype(S::is_future_key)>, {}},
  };
  static constexpr Table table{"DescribeLogDirsPartition", rows, 1, 5, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_log_dirs_response::DescribeLogDirsTopic::table() {
  using S = DescribeLogDirsTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"DescribeLogDirsTopic", rows, 1, 5, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_log_dirs_response::DescribeLogDirsResult::table() {
  using S = DescribeLogDirsResult;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"LogDir", offsetof(S, log_dir), kShape<decltype(S::log_dir)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"TotalBytes", offsetof(S, total_bytes), kShape<decltype(S::total_bytes)>, {.since = 4}},
      {"UsableBytes", offsetof(S, usable_bytes), kShape<decltype(S::usable_bytes)>, {.since = 4}},
      {"IsCordoned", offsetof(S, is_cordoned), kShape<decltype(S::is_cordoned)>, {.since = 5}},
  };
  static constexpr Table table{"DescribeLogDirsResult", rows, 1, 5, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeLogDirsResponse::table() {
  using S = DescribeLogDirsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {.since = 3}},
      {"Results", offsetof(S, results), kShape<decltype(S::results)>, {}},
  };
  static constexpr Table table{"DescribeLogDirsResponse", rows, 1, 5, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
