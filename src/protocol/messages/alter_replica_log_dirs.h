#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace alter_replica_log_dirs_request {

struct AlterReplicaLogDirTopic {
  std::string name;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};
struct AlterReplicaLogDir {
  std::string path;
  std::vector<AlterReplicaLogDirTopic> topics;

  static const Table& table();
};

}  // namespace alter_replica_log_dirs_request

struct AlterReplicaLogDirsRequest {
  static constexpr std::int16_t kApiKey = 34;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;
  using AlterReplicaLogDirTopic = alter_replica_log_dirs_request::AlterReplicaLogDirTopic;
  using AlterReplicaLogDir = alter_replica_log_dirs_request::AlterReplicaLogDir;

  std::vector<AlterReplicaLogDir> dirs;

  static const Table& table();
};

namespace alter_replica_log_dirs_response {

struct AlterReplicaLogDirPartitionResult {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};
struct AlterReplicaLogDirTopicResult {
  std::string topic_name;
  std::vector<AlterReplicaLogDirPartitionResult> partitions;

  static const Table& table();
};

}  // namespace alter_replica_log_dirs_response

struct AlterReplicaLogDirsResponse {
  static constexpr std::int16_t kApiKey = 34;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 2;
  using AlterReplicaLogDirPartitionResult = alter_replica_log_dirs_response::AlterReplicaLogDirPartitionResult;
  using AlterReplicaLogDirTopicResult = alter_replica_log_dirs_response::AlterReplicaLogDirTopicResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterReplicaLogDirTopicResult> results;

  static const Table& table();
};

}  // namespace takhin::protocol
