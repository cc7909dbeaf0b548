#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace describe_producers_request {

struct TopicRequest {
  std::string name;
  std::vector<std::int32_t> partition_indexes;

  static const Table& table();
};

}  // namespace describe_producers_request

struct DescribeProducersRequest {
  static constexpr std::int16_t kApiKey = 61;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using TopicRequest = describe_producers_request::TopicRequest;

  std::vector<TopicRequest> topics;

  static const Table& table();
};

namespace describe_producers_response {

struct ProducerState {
  std::int64_t producer_id = 0;
  std::int32_t producer_epoch = 0;
  std::int32_t last_sequence = -1;
  std::int64_t last_timestamp = -1;
  std::int32_t coordinator_epoch = 0;
  std::int64_t current_txn_start_offset = -1;

  static const Table& table();
};
struct PartitionResponse {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::vector<ProducerState> active_producers;

  static const Table& table();
};
struct TopicResponse {
  std::string name;
  std::vector<PartitionResponse> partitions;

  static const Table& table();
};

}  // namespace describe_producers_response

struct DescribeProducersResponse {
  static constexpr std::int16_t kApiKey = 61;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using ProducerState = describe_producers_response::ProducerState;
  using PartitionResponse = describe_producers_response::PartitionResponse;
  using TopicResponse = describe_producers_response::TopicResponse;

  std::int32_t throttle_time_ms = 0;
  std::vector<TopicResponse> topics;

  static const Table& table();
};

}  // namespace takhin::protocol
