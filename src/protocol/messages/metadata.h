#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "base/uuid.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace metadata_request {

struct MetadataRequestTopic {
  Uuid topic_id;
  std::optional<std::string> name{std::string{}};

  static const Table& table();
};

}  // namespace metadata_request

struct MetadataRequest {
  static constexpr std::int16_t kApiKey = 3;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 13;
  static constexpr std::int16_t kFlexibleSince = 9;
  using MetadataRequestTopic = metadata_request::MetadataRequestTopic;

  std::optional<std::vector<MetadataRequestTopic>> topics{std::vector<MetadataRequestTopic>{}};
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  static const Table& table();
};

namespace metadata_response {

struct MetadataResponseBroker {
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack;

  static const Table& table();
};
struct MetadataResponsePartition {
  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t partition_index = 0;
  std::int32_t leader_id = 0;
  std::int32_t leader_epoch = -1;
  std::vector<std::int32_t> replica_nodes;
  std::vector<std::int32_t> isr_nodes;
  std::vector<std::int32_t> offline_replicas;

  static const Table& table();
};
struct MetadataResponseTopic {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> name{std::string{}};
  Uuid topic_id;
  bool is_internal = false;
  std::vector<MetadataResponsePartition> partitions;
  std::int32_t topic_authorized_operations = std::numeric_limits<std::int32_t>::min();

  static const Table& table();
};

}  // namespace metadata_response

struct MetadataResponse {
  static constexpr std::int16_t kApiKey = 3;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 13;
  static constexpr std::int16_t kFlexibleSince = 9;
  using MetadataResponseBroker = metadata_response::MetadataResponseBroker;
  using MetadataResponsePartition = metadata_response::MetadataResponsePartition;
  using MetadataResponseTopic = metadata_response::MetadataResponseTopic;

  std::int32_t throttle_time_ms = 0;
  std::vector<MetadataResponseBroker> brokers;
  std::optional<std::string> cluster_id;
  std::int32_t controller_id = -1;
  std::vector<MetadataResponseTopic> topics;
  std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min();
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};

}  // namespace takhin::protocol
