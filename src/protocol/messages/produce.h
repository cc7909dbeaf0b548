#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "protocol/errors.h"
#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

namespace produce_request {

struct PartitionProduceData {
  std::int32_t index = 0;
  Records records;

  static const Table& table();
};
struct TopicProduceData {
  std::string name;
  Uuid topic_id;
  std::vector<PartitionProduceData> partition_data;

  static const Table& table();
};

}  // namespace produce_request

struct ProduceRequest {
  static constexpr std::int16_t kApiKey = 0;
  static constexpr std::int16_t kVersionMin = 3;
  static constexpr std::int16_t kVersionMax = 13;
  static constexpr std::int16_t kFlexibleSince = 9;
  using PartitionProduceData = produce_request::PartitionProduceData;
  using TopicProduceData = produce_request::TopicProduceData;

  std::optional<std::string> transactional_id;
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<TopicProduceData> topic_data;

  static const Table& table();
};

namespace produce_response {

struct BatchIndexAndErrorMessage {
  std::int32_t batch_index = 0;
  std::optional<std::string> batch_index_error_message;

  static const Table& table();
};
struct LeaderIdAndEpoch {
  std::int32_t leader_id = -1;
  std::int32_t leader_epoch = -1;

  static const Table& table();
};
struct PartitionProduceResponse {
  std::int32_t index = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t base_offset = 0;
  std::int64_t log_append_time_ms = -1;
  std::int64_t log_start_offset = -1;
  std::vector<BatchIndexAndErrorMessage> record_errors;
  std::optional<std::string> error_message;
  LeaderIdAndEpoch current_leader;

  static const Table& table();
};
struct TopicProduceResponse {
  std::string name;
  Uuid topic_id;
  std::vector<PartitionProduceResponse> partition_responses;

  static const Table& table();
};
struct NodeEndpoint {
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack;

  static const Table& table();
};

}  // namespace produce_response

struct ProduceResponse {
  static constexpr std::int16_t kApiKey = 0;
  static constexpr std::int16_t kVersionMin = 3;
  static constexpr std::int16_t kVersionMax = 13;
  static constexpr std::int16_t kFlexibleSince = 9;
  using BatchIndexAndErrorMessage = produce_response::BatchIndexAndErrorMessage;
  using LeaderIdAndEpoch = produce_response::LeaderIdAndEpoch;
  using PartitionProduceResponse = produce_response::PartitionProduceResponse;
  using TopicProduceResponse = produce_response::TopicProduceResponse;
  using NodeEndpoint = produce_response::NodeEndpoint;

  std::vector<TopicProduceResponse> responses;
  std::int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;

  static const Table& table();
};

}  // namespace takhin::protocol
