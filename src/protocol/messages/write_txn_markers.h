#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace write_txn_markers_request {

struct WritableTxnMarkerTopic {
  std::string name;
  std::vector<std::int32_t> partition_indexes;

  static const Table& table();
};
struct WritableTxnMarker {
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  bool transaction_result = false;
  std::vector<WritableTxnMarkerTopic> topics;
  std::int32_t coordinator_epoch = 0;
  std::int8_t transaction_version = 0;

  static const Table& table();
};

}  // namespace write_txn_markers_request

struct WriteTxnMarkersRequest {
  static constexpr std::int16_t kApiKey = 27;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 1;
  using WritableTxnMarkerTopic = write_txn_markers_request::WritableTxnMarkerTopic;
  using WritableTxnMarker = write_txn_markers_request::WritableTxnMarker;

  std::vector<WritableTxnMarker> markers;

  static const Table& table();
};

namespace write_txn_markers_response {

struct WritableTxnMarkerPartitionResult {
  std::int32_t partition_index = 0;
  ErrorCode error_code = ErrorCode::kNone;

  static const Table& table();
};
struct WritableTxnMarkerTopicResult {
  std::string name;
  std::vector<WritableTxnMarkerPartitionResult> partitions;

  static const Table& table();
};
struct WritableTxnMarkerResult {
  std::int64_t producer_id = 0;
  std::vector<WritableTxnMarkerTopicResult> topics;

  static const Table& table();
};

}  // namespace write_txn_markers_response

struct WriteTxnMarkersResponse {
  static constexpr std::int16_t kApiKey = 27;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 2;
  static constexpr std::int16_t kFlexibleSince = 1;
  using WritableTxnMarkerPartitionResult = write_txn_markers_response::WritableTxnMarkerPartitionResult;
  using WritableTxnMarkerTopicResult = write_txn_markers_response::WritableTxnMarkerTopicResult;
  using WritableTxnMarkerResult = write_txn_markers_response::WritableTxnMarkerResult;

  std::vector<WritableTxnMarkerResult> markers;

  static const Table& table();
};

}  // namespace takhin::protocol
