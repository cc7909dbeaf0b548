// What a transactional producer asks beside its records: partitions and offsets into the transaction, and its end.

#include <atomic>

#include "broker/handlers/common.h"
#include "broker/handlers/groups.h"
#include "broker/handlers/handlers.h"
#include "broker/internal_topic.h"
#include "broker/transactions/coordinator.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/end_txn.h"

namespace takhin::broker::handlers {
namespace {

using protocol::AddOffsetsToTxnRequest;
using protocol::AddOffsetsToTxnResponse;
using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using protocol::EndTxnRequest;
using protocol::EndTxnResponse;
using protocol::ErrorCode;
using transactions::Participant;
using TopicResult = AddPartitionsToTxnResponse::AddPartitionsToTxnTopicResult;

constexpr std::int16_t kBatchedSince = 4;  // AddPartitionsToTxn: several transactions, for brokers
constexpr std::int16_t kFencedSince = 2;   // before it PRODUCER_FENCED is not known
constexpr std::int16_t kVersion2Since = 5; // EndTxn: the producer counts an epoch for each transaction (KIP-890)

ErrorCode for_version(ErrorCode error, std::int16_t version) {
  return error == ErrorCode::kProducerFenced && version < kFencedSince ? ErrorCode::kInvalidProducerEpoch : error;
}

/// One transaction's part of the request, and its results: a row for each partition, as it was asked.
struct Adding {
  AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction asked;
  std::vector<TopicResult> results;
  std::vector<Participant> partitions;
  bool complete = true;  // every partition exists, and may be written
};

/// `by_broker`: the one that asks has checked its client.
Adding examine(Call& call, AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction asked, bool by_broker) {
  Adding out;
  for (const auto& topic : asked.topics) {
    const auto info = call.broker.topics.find(topic.name);
    const bool allowed = by_broker || may_topic(call, AclOperation::kWrite, topic.name);
    auto& result = out.results.emplace_back();
    result.name = topic.name;
    for (const std::int32_t index : topic.partitions) {
      const auto found = locate(info.get(), index, ErrorCode::kUnknownTopicOrPartition);
      const ErrorCode error = allowed ? found.error : ErrorCode::kTopicAuthorizationFailed;
      result.results_by_partition.push_back({index, static_cast<std::int16_t>(error)});
      out.partitions.push_back({topic.name, index});
      if (error != ErrorCode::kNone) out.complete = false;
    }
  }
  out.asked = std::move(asked);
  return out;
}

template <class ErrorOf>
void set_errors(std::vector<TopicResult>& results, const ErrorOf& error_of) {
  std::size_t at = 0;
  for (auto& topic : results) {
    for (auto& partition : topic.results_by_partition) {
      const auto own = static_cast<ErrorCode>(partition.partition_error_code);
      partition.partition_error_code = static_cast<std::int16_t>(error_of(at++, own));
    }
  }
}

/// All or nothing: with one partition that cannot be added none is.
void refuse_others(Adding& adding) {
  set_errors(adding.results, [](std::size_t, ErrorCode own) {
    return own == ErrorCode::kNone ? ErrorCode::kOperationNotAttempted : own;
  });
}

struct AddJob {
  explicit AddJob(CallPtr call) : call(std::move(call)) {}
  const CallPtr call;
  std::vector<Adding> addings;       // takes no new rows once the first was sent off
  std::atomic<std::size_t> open{1};  // transactions under way, and the request itself

  void settle() {
    if (open.fetch_sub(1) != 1) return;
    AddPartitionsToTxnResponse response;
    for (Adding& adding : addings) {
      if (call->version() < kBatchedSince) response.results_by_topic_v3_and_below = std::move(adding.results);
      else response.results_by_transaction.push_back({adding.asked.transactional_id, std::move(adding.results)});
    }
    call->answer(response);
  }
};

void add_one(const std::shared_ptr<AddJob>& job, Adding& adding) {
  const auto& asked = adding.asked;
  const transactions::Producer who{asked.transactional_id, asked.producer_id, asked.producer_epoch};
  auto& coordinator = *job->call->broker.transactions;
  if (asked.verify_only) {
    const auto errors = coordinator.verify(who, adding.partitions);
    set_errors(adding.results, [&](std::size_t at, ErrorCode own) { return own == ErrorCode::kNone ? errors[at] : own; });
    return;
  }
  if (!adding.complete) return refuse_others(adding);
  ++job->open;
  coordinator.add(who, adding.partitions, [job, &adding](ErrorCode error) {
    const ErrorCode told = for_version(error, job->call->version());
    set_errors(adding.results, [&](std::size_t, ErrorCode) { return told; });
    job->settle();
  });
}

void add_partitions(const CallPtr& call, AddPartitionsToTxnRequest request) {
  const bool by_broker = call->version() >= kBatchedSince;
  if (by_broker && !call->rights.may_in_cluster(AclOperation::kClusterAction)) {
    AddPartitionsToTxnResponse response;
    response.error_code = ErrorCode::kClusterAuthorizationFailed;
    return call->answer(response);
  }
  if (!by_broker) {
    request.transactions.push_back({.transactional_id = std::move(request.v3_and_below_transactional_id),
                                    .producer_id = request.v3_and_below_producer_id,
                                    .producer_epoch = request.v3_and_below_producer_epoch,
                                    .verify_only = false,
                                    .topics = std::move(request.v3_and_below_topics)});
  }
  const auto job = std::make_shared<AddJob>(call);
  for (auto& one : request.transactions) job->addings.push_back(examine(*call, std::move(one), by_broker));
  for (Adding& adding : job->addings) {
    if (by_broker || may_transaction(*call, AclOperation::kWrite, adding.asked.transactional_id)) {
      add_one(job, adding);
      continue;
    }
    set_errors(adding.results, [](std::size_t, ErrorCode) { return ErrorCode::kTransactionalIdAuthorizationFailed; });
  }
  job->settle();
}

void add_offsets(const CallPtr& call, AddOffsetsToTxnRequest request) {
  const auto answer = [call](ErrorCode error) {
    AddOffsetsToTxnResponse response;
    response.error_code = for_version(error, call->version());
    call->answer(response);
  };
  if (!may_transaction(*call, AclOperation::kWrite, request.transactional_id)) {
    return answer(ErrorCode::kTransactionalIdAuthorizationFailed);
  }
  if (!may_group(*call, AclOperation::kRead, request.group_id)) return answer(ErrorCode::kGroupAuthorizationFailed);
  if (request.group_id.empty()) return answer(ErrorCode::kInvalidGroupId);
  call->broker.transactions->add({request.transactional_id, request.producer_id, request.producer_epoch},
                                 {{std::string(kOffsetsTopic), 0}}, answer);
}

void end(const CallPtr& call, EndTxnRequest request) {
  if (!may_transaction(*call, AclOperation::kWrite, request.transactional_id)) {
    EndTxnResponse response;
    response.error_code = ErrorCode::kTransactionalIdAuthorizationFailed;
    return call->answer(response);
  }
  call->broker.transactions->end(request, call->version() >= kVersion2Since, [call](EndTxnResponse response) {
    response.error_code = for_version(response.error_code, call->version());
    call->answer(response);
  });
}

}  // namespace

void add_partitions_to_txn(const CallPtr& call) { decoded<AddPartitionsToTxnRequest, add_partitions>(call); }
void add_offsets_to_txn(const CallPtr& call) { decoded<AddOffsetsToTxnRequest, add_offsets>(call); }
void end_txn(const CallPtr& call) { decoded<EndTxnRequest, end>(call); }

}  // namespace takhin::broker::handlers
