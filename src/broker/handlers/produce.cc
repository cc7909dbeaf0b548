// Produce: appends on the connection's core (a write into the page cache), waits for the disk elsewhere when acks=all asks
// for it.

#include <atomic>

#include "base/log.h"
#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "broker/transactions/coordinator.h"
#include "protocol/messages/produce.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::ProduceRequest;
using protocol::ProduceResponse;
using Outcome = ProduceResponse::PartitionProduceResponse;

constexpr std::int16_t kTopicIdsSince = 13;
constexpr std::int16_t kZstdSince = 7;
constexpr std::int16_t kAbortableSince = 11;  // TRANSACTION_ABORTABLE is known
constexpr std::int16_t kAddsSince = 12;       // the first batch takes its partition into the transaction
constexpr std::int16_t kAcksAll = -1;

/// A request that waits for the disk. Every append that must be durable holds a share; the last one answers.
struct Job {
  explicit Job(CallPtr call) : call(std::move(call)) {}
  const CallPtr call;
  ProduceResponse response;         // complete but for the errors of failed fsyncs
  std::atomic<std::size_t> open{1};  // appends not yet durable, and the request itself
};

void settle(const std::shared_ptr<Job>& job) {
  if (job->open.fetch_sub(1) == 1) job->call->answer(job->response);
}

void fail_with(Outcome& outcome, ErrorCode error, std::string why = "") {
  outcome.error_code = error;
  outcome.base_offset = -1;
  outcome.log_append_time_ms = -1;
  outcome.log_start_offset = -1;
  if (!why.empty()) outcome.error_message = std::move(why);
}

ErrorCode code_of(log::AppendStatus status) {
  switch (status) {
    case log::AppendStatus::kOk:
    case log::AppendStatus::kDuplicate:
      return ErrorCode::kNone;
    case log::AppendStatus::kCorruptMessage:
      return ErrorCode::kCorruptMessage;
    case log::AppendStatus::kMessageTooLarge:
      return ErrorCode::kMessageTooLarge;
    case log::AppendStatus::kInvalidTimestamp:
      return ErrorCode::kInvalidTimestamp;
    case log::AppendStatus::kInvalidRecord:
      return ErrorCode::kInvalidRecord;
    case log::AppendStatus::kUnsupportedMagic:
      return ErrorCode::kUnsupportedForMessageFormat;
    case log::AppendStatus::kOutOfOrderSequence:
      return ErrorCode::kOutOfOrderSequenceNumber;
    case log::AppendStatus::kInvalidProducerEpoch:
      return ErrorCode::kInvalidProducerEpoch;
    case log::AppendStatus::kNotAdmitted:
      return ErrorCode::kInvalidTxnState;
    case log::AppendStatus::kCoordinatorFenced:
      return ErrorCode::kTransactionCoordinatorFenced;
  }
  return ErrorCode::kUnknownServerError;
}

/// What a client may send at all: one batch of format v2 without the marks that only a broker sets. The log checks the rest.
ErrorCode check_shape(View records, std::int16_t version, const std::optional<std::string>& transactional_id,
                      std::string& why) {
  const auto header = record::parse_header(records);
  if (!header.ok()) {
    why = header.error().text;
    return header.error().kind == Kind::kCorrupt ? ErrorCode::kCorruptMessage : ErrorCode::kInvalidRecord;
  }
  if (header->total_bytes() != records.size()) {
    why = "a partition's records must be exactly one record batch";
    return header->total_bytes() > records.size() ? ErrorCode::kCorruptMessage : ErrorCode::kInvalidRecord;
  }
  if (header->is_control()) {
    why = "clients must not write control batches";
    return ErrorCode::kInvalidRecord;
  }
  if (header->has_producer() && header->base_sequence < 0) {
    why = "a producer with an id numbers its batches";
    return ErrorCode::kInvalidRecord;
  }
  if (header->is_transactional() && !transactional_id) {
    why = "a transactional batch without a transactional id";
    return ErrorCode::kTransactionalIdAuthorizationFailed;
  }
  if (header->codec() == record::Codec::kZstd && version < kZstdSince) {
    why = "zstd needs Produce v7";
    return ErrorCode::kUnsupportedCompressionType;
  }
  return ErrorCode::kNone;
}

/// The records lie in the frame, which the connection hands over for changing: offsets are written into them in place.
std::span<std::byte> writable(View records) { return {const_cast<std::byte*>(records.data()), records.size()}; }

/// What the coordinator's refusal of a transactional batch is to a producer (KIP-890): the ones before v12 do not expect the
/// coordinator's errors here and would not try again.
ErrorCode refusal_for(ErrorCode error, std::int16_t version) {
  switch (error) {
    case ErrorCode::kProducerFenced: return ErrorCode::kInvalidProducerEpoch;
    case ErrorCode::kTransactionAbortable: return version >= kAbortableSince ? error : ErrorCode::kInvalidTxnState;
    case ErrorCode::kConcurrentTransactions: return version >= kAddsSince ? error : ErrorCode::kNotEnoughReplicas;
    case ErrorCode::kCoordinatorNotAvailable: return ErrorCode::kNotEnoughReplicas;
    default: return error;
  }
}

struct Appending {
  Offset end;
  Offset noted;  // in the coordinator's log; zero: nothing
};

/// Appends; what to wait for, or nothing with the error in `outcome`.
std::optional<Appending> append(const Broker& broker, partition::Partition& partition, const ProduceRequest& request,
                                View records, std::int16_t version, Outcome& outcome) {
  std::string why;
  if (const ErrorCode error = check_shape(records, version, request.transactional_id, why); error != ErrorCode::kNone) {
    fail_with(outcome, error, std::move(why));
    return std::nullopt;
  }
  transactions::Admission admission;
  const auto admit = [&] {
    const auto header = record::parse_header(records);
    admission = broker.transactions->admit({*request.transactional_id, header->producer_id, header->producer_epoch},
                                           {partition.ref().topic, partition.ref().partition}, version >= kAddsSince);
    return admission.error == ErrorCode::kNone;
  };
  const auto appended = partition.append(writable(records), request.transactional_id ? log::Admit(admit) : log::Admit());
  if (!appended.ok()) {
    log_warn("broker", "append to {}: {}", partition.ref().name(), appended.error().text);
    const bool closed = appended.error().kind == Kind::kClosed;
    fail_with(outcome, closed ? ErrorCode::kNotLeaderOrFollower : ErrorCode::kKafkaStorageError, appended.error().text);
    return std::nullopt;
  }
  ErrorCode error = code_of(appended->status);
  if (appended->status == log::AppendStatus::kNotAdmitted) error = refusal_for(admission.error, version);
  if (error != ErrorCode::kNone) {
    fail_with(outcome, error, appended->why);
    for (const auto& [index, why] : appended->record_errors) outcome.record_errors.push_back({index, why});
    const bool about_records = error == ErrorCode::kInvalidRecord || error == ErrorCode::kInvalidTimestamp;
    if (about_records && outcome.record_errors.empty()) outcome.record_errors.push_back({0, appended->why});
    return std::nullopt;
  }
  outcome.base_offset = appended->base.raw;
  outcome.log_append_time_ms = appended->append_time.raw;
  outcome.log_start_offset = partition.offsets().log_start.raw;
  if (appended->status == log::AppendStatus::kOk) {
    broker.counters.produced_batches.add();
    broker.counters.produced_bytes.add(static_cast<double>(records.size()));
  }
  return Appending{appended->end, admission.durable};
}

/// Refusals that hold for the whole topic or request; kNone when appends may be tried. A name that the client gave is refused
/// before anything is said of its topic.
ErrorCode check_request(Call& call, const ProduceRequest& request, const std::string& name, const partition::TopicInfo* topic) {
  if (request.acks < kAcksAll || request.acks > 1) return ErrorCode::kInvalidRequiredAcks;
  if (request.transactional_id && !may_transaction(call, AclOperation::kWrite, *request.transactional_id)) {
    return ErrorCode::kTransactionalIdAuthorizationFailed;
  }
  const bool named = call.version() < kTopicIdsSince;
  if ((named || topic != nullptr) && !may_topic(call, AclOperation::kWrite, named ? name : topic->name)) {
    return ErrorCode::kTopicAuthorizationFailed;
  }
  if (topic != nullptr && is_internal_topic(topic->name)) return ErrorCode::kInvalidTopic;
  if (topic == nullptr || request.acks != kAcksAll) return ErrorCode::kNone;
  return topic->config.min_insync_replicas > 1 ? ErrorCode::kNotEnoughReplicas : ErrorCode::kNone;
}

struct Durable {
  std::shared_ptr<partition::Partition> partition;
  Appending appending;
  std::size_t topic;
  std::size_t index;
};

void append_topic(const Job& job, const ProduceRequest& request, std::size_t at, ProduceResponse& response,
                  std::vector<Durable>& waits) {
  const Broker& broker = job.call->broker;
  const auto& asked = request.topic_data[at];
  const bool by_id = job.call->version() >= kTopicIdsSince;
  const auto topic = find_topic(broker, asked.name, asked.topic_id, by_id);
  const ErrorCode refused = check_request(*job.call, request, asked.name, topic.get());
  auto& answered = response.responses.emplace_back();
  answered.name = asked.name;
  answered.topic_id = asked.topic_id;
  for (const auto& data : asked.partition_data) {
    Outcome& outcome = answered.partition_responses.emplace_back();
    outcome.index = data.index;
    const auto found = locate(topic.get(), data.index, by_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition);
    const ErrorCode error = refused != ErrorCode::kNone ? refused : found.error;
    if (error != ErrorCode::kNone) {
      fail_with(outcome, error);
    } else if (const auto appending =
                   append(broker, *found.partition, request, data.records.view(), job.call->version(), outcome)) {
      if (request.acks == kAcksAll) waits.push_back({found.partition, *appending, at, answered.partition_responses.size() - 1});
    }
    if (outcome.error_code != ErrorCode::kNone) broker.counters.produce_errors.add();
  }
}

/// No answer was asked for; a closed connection is how the client learns that something is wrong.
void finish_unacknowledged(const Job& job) {
  for (const auto& topic : job.response.responses) {
    for (const auto& outcome : topic.partition_responses) {
      if (outcome.error_code == ErrorCode::kNone) continue;
      return job.call->refuse(fmt::format("{} for partition {} with acks=0", name_of(outcome.error_code), outcome.index));
    }
  }
  job.call->answer_nothing();
}

void run(const CallPtr& call, ProduceRequest request) {
  using quotas::Quota;
  if (call->limited(Quota::kProduce)) {  // now, not with the answer: requests behind this one are not even read
    const auto bytes = static_cast<double>(call->frame_bytes);
    call->throttle(Quota::kProduce, call->broker.quotas.record(Quota::kProduce, call->client(), bytes));
  }
  const auto job = std::make_shared<Job>(call);
  std::vector<Durable> waits;
  for (std::size_t i = 0; i < request.topic_data.size(); ++i) append_topic(*job, request, i, job->response, waits);
  if (request.acks == 0) return finish_unacknowledged(*job);
  job->open += waits.size();  // the response takes no new rows from here on
  for (const Durable& wait : waits) {
    Outcome& outcome = job->response.responses[wait.topic].partition_responses[wait.index];
    const auto settled = [job, &outcome](const Result<>& synced) {
      if (!synced.ok()) fail_with(outcome, ErrorCode::kKafkaStorageError, synced.error().text);
      settle(job);
    };
    const Offset noted = wait.appending.noted;
    wait.partition->when_durable(wait.appending.end, [&broker = call->broker, noted, settled](const Result<>& synced) {
      if (!synced.ok() || noted == Offset{0}) return settled(synced);
      broker.transactions->when_durable(noted, settled);
    });
  }
  settle(job);
}

}  // namespace

void produce(const CallPtr& call) { decoded<ProduceRequest, run>(call); }

}  // namespace takhin::broker::handlers
