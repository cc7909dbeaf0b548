#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"

namespace takhin::protocol {

struct Table;

namespace transaction_log_value {

struct PartitionsSchema {
  std::string topic;
  std::vector<std::int32_t> partition_ids;

  static const Table& table();
};

}  // namespace transaction_log_value

struct TransactionLogValue {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 1;
  using PartitionsSchema = transaction_log_value::PartitionsSchema;

  std::int64_t producer_id = 0;
  std::int64_t previous_producer_id = -1;
  std::int64_t next_producer_id = -1;
  std::int16_t producer_epoch = 0;
  std::int16_t next_producer_epoch = -1;
  std::int32_t transaction_timeout_ms = 0;
  std::int8_t transaction_status = 0;
  std::optional<std::vector<PartitionsSchema>> transaction_partitions{std::vector<PartitionsSchema>{}};
  std::int64_t transaction_last_update_timestamp_ms = 0;
  std::int64_t transaction_start_timestamp_ms = 0;
  std::int16_t client_transaction_version = 0;

  static const Table& table();
};

}  // namespace takhin::protocol
