#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

struct DescribeTransactionsRequest {
  static constexpr std::int16_t kApiKey = 65;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;

  std::vector<std::string> transactional_ids;

  static const Table& table();
};

namespace describe_transactions_response {

struct TopicData {
  std::string topic;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};
struct TransactionState {
  ErrorCode error_code = ErrorCode::kNone;
  std::string transactional_id;
  std::string transaction_state;
  std::int32_t transaction_timeout_ms = 0;
  std::int64_t transaction_start_time_ms = 0;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::vector<TopicData> topics;

  static const Table& table();
};

}  // namespace describe_transactions_response

struct DescribeTransactionsResponse {
  static constexpr std::int16_t kApiKey = 65;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using TopicData = describe_transactions_response::TopicData;
  using TransactionState = describe_transactions_response::TransactionState;

  std::int32_t throttle_time_ms = 0;
  std::vector<TransactionState> transaction_states;

  static const Table& table();
};

}  // namespace takhin::protocol
