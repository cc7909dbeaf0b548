// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/alter_replica_log_dirs.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& alter_replica_log_dirs_request::AlterReplicaLogDirTopic::table() {
  using S = AlterReplicaLogDirTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"AlterReplicaLogDirTopic", rows, 1, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_replica_log_dirs_request::AlterReplicaLogDir::table() {
  using S = AlterReplicaLogDir;
  static constexpr Row rows[] = {
      {"Path", offsetof(S, path), kShape<decltype(S::path)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"AlterReplicaLogDir", rows, 1, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AlterReplicaLogDirsRequest::table() {
  using S = AlterReplicaLogDirsRequest;
  static constexpr Row rows[] = {
      {"Dirs", offsetof(S, dirs), kShape<decltype(S::dirs)>, {}},
  };
  static constexpr Table table{"AlterReplicaLogDirsRequest", rows, 1, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_replica_log_dirs_response::AlterReplicaLogDirPartitionResult::table() {
  using S = AlterReplicaLogDirPartitionResult;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
  };
  static constexpr Table table{"AlterReplicaLogDirPartitionResult", rows, 1, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& alter_replica_log_dirs_response::AlterReplicaLogDirTopicResult::table() {
  using S = AlterReplicaLogDirTopicResult;
  static constexpr Row rows[] = {
      {"TopicName", offsetof(S, topic_name), kShape<decltype(S::topic_name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"AlterReplicaLogDirTopicResult", rows, 1, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& AlterReplicaLogDirsResponse::table() {
  using S = AlterReplicaLogDirsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Results", offsetof(S, results), kShape<decltype(S::results)>, {}},
  };
  static constexpr Table table{"AlterReplicaLogDirsResponse", rows, 1, 2, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
