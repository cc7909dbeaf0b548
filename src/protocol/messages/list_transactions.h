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

struct ListTransactionsRequest {
  static constexpr std::int16_t kApiKey = 66;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 0;

  std::vector<std::string> state_filters;
  std::vector<std::int64_t> producer_id_filters;
  std::int64_t duration_filter = -1;
  std::optional<std::string> transactional_id_pattern;

  static const Table& table();
};

namespace list_transactions_response {

struct TransactionState {
  std::string transactional_id;
  std::int64_t producer_id = 0;
  std::string transaction_state;

  static const Table& table();
};

}  // namespace list_transactions_response

struct ListTransactionsResponse {
  static constexpr std::int16_t kApiKey = 66;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 0;
  using TransactionState = list_transactions_response::TransactionState;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<std::string> unknown_state_filters;
  std::vector<TransactionState> transaction_states;

  static const Table& table();
};

}  // namespace takhin::protocol
