#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace add_partitions_to_txn_request {

struct AddPartitionsToTxnTopic {
  std::string name;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};
struct AddPartitionsToTxnTransaction {
  std::string transactional_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  bool verify_only = false;
  std::vector<AddPartitionsToTxnTopic> topics;

  static const Table& table();
};

}  // namespace add_partitions_to_txn_request

struct AddPartitionsToTxnRequest {
  static constexpr std::int16_t kApiKey = 24;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 3;
  using AddPartitionsToTxnTopic = add_partitions_to_txn_request::AddPartitionsToTxnTopic;
  using AddPartitionsToTxnTransaction = add_partitions_to_txn_request::AddPartitionsToTxnTransaction;

  std::vector<AddPartitionsToTxnTransaction> transactions;
  std::string v3_and_below_transactional_id;
  std::int64_t v3_and_below_producer_id = 0;
  std::int16_t v3_and_below_producer_epoch = 0;
  std::vector<AddPartitionsToTxnTopic> v3_and_below_topics;

  static const Table& table();
};

namespace add_partitions_to_txn_response {

struct AddPartitionsToTxnPartitionResult {
  std::int32_t partition_index = 0;
  std::int16_t partition_error_code = 0;

  static const Table& table();
};
struct AddPartitionsToTxnTopicResult {
  std::string name;
  std::vector<AddPartitionsToTxnPartitionResult> results_by_partition;

  static const Table& table();
};
struct AddPartitionsToTxnResult {
  std::string transactional_id;
  std::vector<AddPartitionsToTxnTopicResult> topic_results;

  static const Table& table();
};

}  // namespace add_partitions_to_txn_response

struct AddPartitionsToTxnResponse {
  static constexpr std::int16_t kApiKey = 24;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 5;
  static constexpr std::int16_t kFlexibleSince = 3;
  using AddPartitionsToTxnPartitionResult = add_partitions_to_txn_response::AddPartitionsToTxnPartitionResult;
  using AddPartitionsToTxnTopicResult = add_partitions_to_txn_response::AddPartitionsToTxnTopicResult;
  using AddPartitionsToTxnResult = add_partitions_to_txn_response::AddPartitionsToTxnResult;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<AddPartitionsToTxnResult> results_by_transaction;
  std::vector<AddPartitionsToTxnTopicResult> results_by_topic_v3_and_below;

  static const Table& table();
};

}  // namespace takhin::protocol
