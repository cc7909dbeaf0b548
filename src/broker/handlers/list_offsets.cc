// ListOffsets: ends, starts and times. What needs a look into segments runs in the cold pool, each partition by itself.

#include <atomic>

#include "base/log.h"
#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/list_offsets.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using Asked = ListOffsetsRequest::ListOffsetsPartition;
using Outcome = ListOffsetsResponse::ListOffsetsPartitionResponse;

/// Special timestamps, and the version that brought each.
constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr std::int64_t kMaxTimestamp = -3;
constexpr std::int64_t kEarliestLocal = -4;
constexpr std::int64_t kLatestTiered = -5;
constexpr std::int64_t kEarliestPendingUpload = -6;
constexpr std::pair<std::int64_t, std::int16_t> kSince[] = {
    {kLatest, 1}, {kEarliest, 1}, {kMaxTimestamp, 7}, {kEarliestLocal, 8}, {kLatestTiered, 9}, {kEarliestPendingUpload, 11}};

/// For requests that do not say: versions before 10.
constexpr std::chrono::milliseconds kDefaultTimeout{30'000};
constexpr std::int16_t kTimeoutSince = 10;

struct Job {
  explicit Job(CallPtr call) : call(std::move(call)) {}
  const CallPtr call;
  ListOffsetsResponse response;
  std::atomic<std::size_t> open{1};  // partitions looked up in the pool, and the request itself
};

void settle(const std::shared_ptr<Job>& job) {
  if (job->open.fetch_sub(1) == 1) job->call->answer(job->response);
}

bool is_known(std::int64_t timestamp, std::int16_t version) {
  if (timestamp >= 0) return true;
  for (const auto& [special, since] : kSince) {
    if (special == timestamp) return version >= since;
  }
  return false;
}

/// The epoch under which `offset` was, or will be, written.
std::int32_t epoch_at(const partition::Partition& partition, Offset offset) {
  std::int32_t epoch = partition.epoch().raw;
  for (const auto& start : partition.epochs()) {
    if (start.start <= offset) epoch = start.epoch.raw;
  }
  return epoch;
}

/// The answers that are at hand.
void answer_at_once(const partition::Partition& partition, std::int64_t timestamp, bool committed, Outcome& outcome) {
  const auto offsets = partition.offsets();
  const bool tiered = offsets.tiered_end > offsets.log_start;
  Offset offset = kNoOffset;
  switch (timestamp) {
    case kLatest:
      offset = committed ? offsets.last_stable : offsets.high_watermark;
      outcome.leader_epoch = partition.epoch().raw;
      outcome.offset = offset.raw;
      return;
    case kEarliest:
      offset = offsets.log_start;
      break;
    case kEarliestLocal:
      offset = offsets.local_start;
      break;
    case kLatestTiered:
      if (!tiered) return;
      offset = Offset{offsets.tiered_end.raw - 1};
      break;
    default:
      TAKHIN_ASSERT(timestamp == kEarliestPendingUpload, "others look into segments");
      offset = offsets.tiered_end;
      break;
  }
  outcome.offset = offset.raw;
  outcome.leader_epoch = epoch_at(partition, offset);
}

/// Blocks: in the cold pool.
void look_up(partition::Partition& partition, std::int64_t timestamp, bool committed, Deadline deadline, Outcome& outcome) {
  const auto found = timestamp == kMaxTimestamp ? partition.offset_of_max_timestamp(deadline)
                                                : partition.offset_for(TimestampMs{timestamp}, deadline);
  if (!found.ok()) {
    if (found.error().kind == Kind::kNotFound) return;  // no such record: -1
    log_warn("broker", "offset by time of {}: {}", partition.ref().name(), found.error().text);
    outcome.error_code = protocol::error_code_for(found.error().kind);
    return;
  }
  if (committed && found->offset >= partition.offsets().last_stable) return;
  outcome.offset = found->offset.raw;
  outcome.timestamp = found->timestamp.raw;
  outcome.leader_epoch = found->epoch.raw;
}

struct Lookup {
  std::shared_ptr<partition::Partition> partition;
  std::int64_t timestamp;
  std::size_t topic;
  std::size_t index;
};

void run(const CallPtr& call, ListOffsetsRequest request) {
  const Broker& broker = call->broker;
  const auto job = std::make_shared<Job>(call);
  const bool committed = request.isolation_level == 1;
  std::vector<Lookup> lookups;
  for (const auto& asked_topic : request.topics) {
    const auto topic = broker.topics.find(asked_topic.name);
    auto& answered = job->response.topics.emplace_back();
    answered.name = asked_topic.name;
    const bool allowed = may_topic(*call, AclOperation::kDescribe, asked_topic.name);
    for (const Asked& asked : asked_topic.partitions) {
      Outcome& outcome = answered.partitions.emplace_back();
      outcome.partition_index = asked.partition_index;
      const auto found = locate(topic.get(), asked.partition_index, ErrorCode::kUnknownTopicOrPartition);
      outcome.error_code = allowed ? found.error : ErrorCode::kTopicAuthorizationFailed;
      if (outcome.error_code == ErrorCode::kNone) outcome.error_code = check_epoch(*found.partition, asked.current_leader_epoch);
      if (outcome.error_code == ErrorCode::kNone && !is_known(asked.timestamp, call->version()))
        outcome.error_code = ErrorCode::kUnsupportedVersion;
      if (outcome.error_code != ErrorCode::kNone) continue;
      if (asked.timestamp >= 0 || asked.timestamp == kMaxTimestamp) {
        lookups.push_back({found.partition, asked.timestamp, job->response.topics.size() - 1, answered.partitions.size() - 1});
      } else {
        answer_at_once(*found.partition, asked.timestamp, committed, outcome);
      }
    }
  }
  const bool timed = call->version() >= kTimeoutSince && request.timeout_ms > 0;
  const auto deadline = Deadline::in(broker.clock, timed ? std::chrono::milliseconds(request.timeout_ms) : kDefaultTimeout);
  job->open += lookups.size();  // the response takes no new rows from here on
  for (const Lookup& lookup : lookups) {
    Outcome& outcome = job->response.topics[lookup.topic].partitions[lookup.index];
    in_pool(
        broker.cold,
        [job, lookup, committed, deadline, &outcome] {
          look_up(*lookup.partition, lookup.timestamp, committed, deadline, outcome);
          settle(job);
        },
        [&] {
          outcome.error_code = ErrorCode::kKafkaStorageError;
          settle(job);
        });
  }
  settle(job);
}

}  // namespace

void list_offsets(const CallPtr& call) { decoded<ListOffsetsRequest, run>(call); }

}  // namespace takhin::broker::handlers
