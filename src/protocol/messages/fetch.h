#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "protocol/errors.h"
#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

namespace fetch_request {

struct ReplicaState {
  std::int32_t replica_id = -1;
  std::int64_t replica_epoch = -1;

  static const Table& table();
};
struct FetchPartition {
  std::int32_t partition = 0;
  std::int32_t current_leader_epoch = -1;
  std::int64_t fetch_offset = 0;
  std::int32_t last_fetched_epoch = -1;
  std::int64_t log_start_offset = -1;
  std::int32_t partition_max_bytes = 0;
  Uuid replica_directory_id;
  std::int64_t high_watermark = std::numeric_limits<std::int64_t>::max();

  static const Table& table();
};
struct FetchTopic {
  std::string topic;
  Uuid topic_id;
  std::vector<FetchPartition> partitions;

  static const Table& table();
};
struct ForgottenTopic {
  std::string topic;
  Uuid topic_id;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};

}  // namespace fetch_request

struct FetchRequest {
  static constexpr std::int16_t kApiKey = 1;
  static constexpr std::int16_t kVersionMin = 4;
  static constexpr std::int16_t kVersionMax = 18;
  static constexpr std::int16_t kFlexibleSince = 12;
  using ReplicaState = fetch_request::ReplicaState;
  using FetchPartition = fetch_request::FetchPartition;
  using FetchTopic = fetch_request::FetchTopic;
  using ForgottenTopic = fetch_request::ForgottenTopic;

  std::optional<std::string> cluster_id;
  std::int32_t replica_id = -1;
  ReplicaState replica_state;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = 2147483647;
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<FetchTopic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;
  std::string rack_id;

  static const Table& table();
};

namespace fetch_response {

struct EpochEndOffset {
  std::int32_t epoch = -1;
  std::int64_t end_offset = -1;

  static const Table& table();
};
struct LeaderIdAndEpoch {
  std::int32_t leader_id = -1;
  std::int32_t leader_epoch = -1;

  static const Table& table();
};
struct SnapshotId {
  std::int64_t end_offset = -1;
  std::int32_t epoch = -1;

  static const Table& table();
};
struct AbortedTransaction {
  std::int64_t producer_id = 0;
  std::int64_t first_offset = 0;

  static const Table& table();
};
struct PartitionData {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t high_watermark = 0;
  std::int64_t last_stable_offset = -1;
  std::int64_t log_start_offset = -1;
  EpochEndOffset diverging_epoch;
  LeaderIdAndEpoch current_leader;
  SnapshotId snapshot_id;
  std::optional<std::vector<AbortedTransaction>> aborted_transactions{std::vector<AbortedTransaction>{}};
  std::int32_t preferred_read_replica = -1;
  Records records;

  static const Table& table();
};
struct FetchableTopicResponse {
  std::string topic;
  Uuid topic_id;
  std::vector<PartitionData> partitions;

  static const Table& table();
};
struct NodeEndpoint {
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack;

  static const Table& table();
};

}  // namespace fetch_response

struct FetchResponse {
  static constexpr std::int16_t kApiKey = 1;
  static constexpr std::int16_t kVersionMin = 4;
  static constexpr std::int16_t kVersionMax = 18;
  static constexpr std::int16_t kFlexibleSince = 12;
  using EpochEndOffset = fetch_response::EpochEndOffset;
  using LeaderIdAndEpoch = fetch_response::LeaderIdAndEpoch;
  using SnapshotId = fetch_response::SnapshotId;
  using AbortedTransaction = fetch_response::AbortedTransaction;
  using PartitionData = fetch_response::PartitionData;
  using FetchableTopicResponse = fetch_response::FetchableTopicResponse;
  using NodeEndpoint = fetch_response::NodeEndpoint;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t session_id = 0;
  std::vector<FetchableTopicResponse> responses;
  std::vector<NodeEndpoint> node_endpoints;

  static const Table& table();
};

}  // namespace takhin::protocol
