#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "base/uuid.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace describe_quorum_request {

struct PartitionData {
  std::int32_t partition_index = 0;

  static const Table& table();
};
struct TopicData {
  std::string topic_name;
  std::vector<PartitionData> partitions;

  static const Table& table();
};

}  // namespace describe_quorum_request

struct DescribeQuorumRequest {
  static constexpr std::int16_t kApiKey = 55;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 0;
  using PartitionData = describe_quorum_request::PartitionData;
  using TopicData = describe_quorum_request::TopicData;

  std::vector<TopicData> topics;

  static const Table& table();
};

namespace describe_quorum_response {

struct ReplicaState {
  std::int32_t replica_id = 0;
  Uuid replica_directory_id;
  std::int64_t log_end_offset = 0;
  std::int64_t last_fetch_timestamp = -1;
  std::int64_t last_caught_up_timestamp = -1;

  static const Table& table();
};
struct PartitionData {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::int32_t leader_id = 0;
  std::int32_t leader_epoch = 0;
  std::int64_t high_watermark = 0;
  std::vector<ReplicaState> current_voters;
  std::vector<ReplicaState> observers;

  static const Table& table();
};
struct TopicData {
  std::string topic_name;
  std::vector<PartitionData> partitions;

  static const Table& table();
};
struct Listener {
  std::string name;
  std::string host;
  std::uint16_t port = 0;

  static const Table& table();
};
struct Node {
  std::int32_t node_id = 0;
  std::vector<Listener> listeners;

  static const Table& table();
};

}  // namespace describe_quorum_response

struct DescribeQuorumResponse {
  static constexpr std::int16_t kApiKey = 55;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 0;
  using ReplicaState = describe_quorum_response::ReplicaState;
  using PartitionData = describe_quorum_response::PartitionData;
  using TopicData = describe_quorum_response::TopicData;
  using Listener = describe_quorum_response::Listener;
  using Node = describe_quorum_response::Node;

  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::vector<TopicData> topics;
  std::vector<Node> nodes;

  static const Table& table();
};

}  // namespace takhin::protocol
