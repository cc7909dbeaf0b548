// What tools and other coordinators ask about transactions: WriteTxnMarkers, DescribeProducers, DescribeTransactions,
// ListTransactions.

#include <atomic>

#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "broker/transaction_ends.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/write_txn_markers.h"

namespace takhin::broker::handlers {
namespace {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::ErrorCode;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

/// Markers under way. Each holds a share; the last one to be on disk answers.
struct MarkerJob {
  explicit MarkerJob(CallPtr call) : call(std::move(call)) {}
  const CallPtr call;
  WriteTxnMarkersResponse response;  // takes no new rows once the first marker was sent off
  std::atomic<std::size_t> open{1};

  void settle() {
    if (open.fetch_sub(1) == 1) call->answer(response);
  }
};

ErrorCode code_of(const Result<log::AppendStatus>& written) {
  if (!written.ok()) {
    return written.error().kind == Kind::kNotFound ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kKafkaStorageError;
  }
  switch (*written) {
    case log::AppendStatus::kOk: return ErrorCode::kNone;
    case log::AppendStatus::kCoordinatorFenced: return ErrorCode::kTransactionCoordinatorFenced;
    default: return ErrorCode::kInvalidProducerEpoch;
  }
}

void write_markers(const CallPtr& call, WriteTxnMarkersRequest request) {
  const auto job = std::make_shared<MarkerJob>(call);
  // Brokers write markers, and administrators end transactions that hang.
  const bool allowed = call->rights.sees(AclOperation::kAlter, ResourceType::kCluster, security::kClusterName) ||
                       call->rights.may_in_cluster(AclOperation::kClusterAction);
  const ErrorCode denied = allowed ? ErrorCode::kNone : ErrorCode::kClusterAuthorizationFailed;
  for (const auto& marker : request.markers) {
    auto& result = job->response.markers.emplace_back();
    result.producer_id = marker.producer_id;
    for (const auto& topic : marker.topics) {
      auto& to = result.topics.emplace_back();
      to.name = topic.name;
      for (const std::int32_t index : topic.partition_indexes) to.partitions.push_back({index, denied});
    }
  }
  for (std::size_t m = 0; allowed && m < request.markers.size(); ++m) {
    const auto& marker = request.markers[m];
    const log::TxnEnd end{.producer_id = marker.producer_id,
                          .producer_epoch = marker.producer_epoch,
                          .commit = marker.transaction_result,
                          .coordinator_epoch = marker.coordinator_epoch};
    for (auto& topic : job->response.markers[m].topics) {
      call->changed(ResourceType::kTopic, topic.name);
      for (auto& partition : topic.partitions) {
        ++job->open;
        call->broker.ends.write_one(end, {topic.name, partition.partition_index},
                                    [job, &partition](const Result<log::AppendStatus>& written) {
                                      partition.error_code = code_of(written);
                                      job->settle();
                                    });
      }
    }
  }
  job->settle();
}

void producers(const CallPtr& call, DescribeProducersRequest request) {
  DescribeProducersResponse response;
  for (const auto& topic : request.topics) {
    const auto info = call->broker.topics.find(topic.name);
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    const bool allowed = may_topic(*call, AclOperation::kRead, topic.name);
    for (const std::int32_t index : topic.partition_indexes) {
      auto& out = answered.partitions.emplace_back();
      const auto found = locate(info.get(), index, ErrorCode::kUnknownTopicOrPartition);
      out.partition_index = index;
      out.error_code = allowed ? found.error : ErrorCode::kTopicAuthorizationFailed;
      if (out.error_code != ErrorCode::kNone) {
        if (!allowed) out.error_message = kTopicDenied;
        continue;
      }
      for (const log::ProducerInfo& one : found.partition->producers()) {
        out.active_producers.push_back({.producer_id = one.id,
                                        .producer_epoch = one.epoch,
                                        .last_sequence = one.last_sequence,
                                        .last_timestamp = one.last_timestamp.raw,
                                        .coordinator_epoch = one.coordinator_epoch,
                                        .current_txn_start_offset = one.txn_first.raw});
      }
    }
  }
  call->answer(response);
}

void describe(const CallPtr& call, protocol::DescribeTransactionsRequest request) {
  std::vector<std::string> refused;
  std::erase_if(request.transactional_ids, [&](const std::string& id) {
    if (may_transaction(*call, AclOperation::kDescribe, id)) return false;
    refused.push_back(id);
    return true;
  });
  auto response = call->broker.transactions->describe(request);
  for (auto& one : response.transaction_states) {
    std::erase_if(one.topics, [&](const auto& topic) {
      return !call->rights.sees(AclOperation::kDescribe, ResourceType::kTopic, topic.topic);
    });
  }
  for (const std::string& id : refused) {
    auto& out = response.transaction_states.emplace_back();
    out.transactional_id = id;
    out.error_code = ErrorCode::kTransactionalIdAuthorizationFailed;
  }
  call->answer(response);
}
void list(const CallPtr& call, protocol::ListTransactionsRequest request) {
  auto response = call->broker.transactions->list(request);
  std::erase_if(response.transaction_states, [&](const auto& one) {
    return !call->rights.sees(AclOperation::kDescribe, ResourceType::kTransactionalId, one.transactional_id);
  });
  call->answer(response);
}

}  // namespace

void write_txn_markers(const CallPtr& call) { decoded<WriteTxnMarkersRequest, write_markers>(call); }
void describe_producers(const CallPtr& call) { decoded<DescribeProducersRequest, producers>(call); }
void describe_transactions(const CallPtr& call) { decoded<protocol::DescribeTransactionsRequest, describe>(call); }
void list_transactions(const CallPtr& call) { decoded<protocol::ListTransactionsRequest, list>(call); }

}  // namespace takhin::broker::handlers
