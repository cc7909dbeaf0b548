// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/write_txn_markers.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& write_txn_markers_request::WritableTxnMarkerTopic::table() {
  using S = WritableTxnMarkerTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"PartitionIndexes", offsetof(S, partition_indexes), kShape<decltype(S::partition_indexes)>, {}},
  };
  static constexpr Table table{"WritableTxnMarkerTopic", rows, 1, 2, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& write_txn_markers_request::WritableTxnMarker::table() {
  using S = WritableTxnMarker;
  static constexpr Row rows[] = {
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"ProducerEpoch", offsetof(S, producer_epoch), kShape<decltype(S::producer_epoch)>, {}},
      {"TransactionResult", offsetof(S, transaction_result), kShape<decltype(S::transaction_result)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"CoordinatorEpoch", offsetof(S, coordinator_epoch), kShape<decltype(S::coordinator_epoch)>, {}},
      {"TransactionVersion", offsetof(S, transaction_version),
       kShape<decltype(S::transaction_version)>, {.since = 2}},
  };
  static constexpr Table table{"WritableTxnMarker", rows, 1, 2, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& WriteTxnMarkersRequest::table() {
  using S = WriteTxnMarkersRequest;
  static constexpr Row rows[] = {
      {"Markers", offsetof(S, markers), kShape<decltype(S::markers)>, {}},
  };
  static constexpr Table table{"WriteTxnMarkersRequest", rows, 1, 2, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& write_txn_markers_response::WritableTxnMarkerPartitionResult::table() {
  using S = WritableTxnMarkerPartitionResult;
  static constexpr Row rows[] = {
      {"PartitionIndex", offsetof(S, partition_index), kShape<decltype(S::partition_index)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
  };
  static constexpr Table table{"WritableTxnMarkerPartitionResult", rows, 1, 2, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& write_txn_markers_response::WritableTxnMarkerTopicResult::table() {
  using S = WritableTxnMarkerTopicResult;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"WritableTxnMarkerTopicResult", rows, 1, 2, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& write_txn_markers_response::WritableTxnMarkerResult::table() {
  using S = WritableTxnMarkerResult;
  static constexpr Row rows[] = {
      {"ProducerId", offsetof(S, producer_id), kShape<decltype(S::producer_id)>, {}},
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
  };
  static constexpr Table table{"WritableTxnMarkerResult", rows, 1, 2, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& WriteTxnMarkersResponse::table() {
  using S = WriteTxnMarkersResponse;
  static constexpr Row rows[] = {
      {"Markers", offsetof(S, markers), kShape<decltype(S::markers)>, {}},
  };
  static constexpr Table table{"WriteTxnMarkersResponse", rows, 1, 2, 1,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
