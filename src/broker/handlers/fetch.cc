// Fetch: hot partitions are answered as slices of their files, cold ones from a pool of their own, and a request that finds
// too little waits for appends or its time, whichever is first.
//
// Sessions (KIP-227) are refused as the protocol provides for it: every answer carries session id 0, so clients send whole
// requests.

#include "base/log.h"
#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/fetch.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;
using Asked = FetchRequest::FetchPartition;
using Answered = FetchResponse::PartitionData;

constexpr std::int16_t kSessionsSince = 7;
constexpr std::int16_t kTopicIdsSince = 13;
constexpr std::int32_t kFinalEpoch = -1;
/// Longest that a request may ask to wait.
constexpr std::int32_t kWaitMaxMs = 300'000;
/// The reader's own deadline comes first, so that a store that fails is told as an error and not as silence.
constexpr std::chrono::milliseconds kColdGrace{250};

/// One partition of a request, and what was found for it.
struct Part {
  std::shared_ptr<partition::Partition> partition;  // null: `error` says why
  Asked asked;
  ErrorCode error = ErrorCode::kNone;
  partition::ReadAnswer answer;
  bool read = false;  // `answer` holds offsets
};
struct TopicParts {
  std::string name;
  Uuid id;
  std::vector<Part> parts;
};

/// Lives on its connection's core; what comes from elsewhere is posted there. The timer keeps it alive while it waits.
class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(CallPtr call, FetchRequest request) : call_(std::move(call)), request_(std::move(request)) {}

  void start();

 private:
  void resolve();
  void read_all();
  void read(Part& part);
  void take(Part& part, Result<partition::ReadAnswer> read);
  bool enough() const;
  void wait_for_appends();
  void look_again();
  void read_cold();
  void cold_done(std::size_t topic, std::size_t index, Result<partition::ReadAnswer> read);
  void finish();
  partition::ReadRequest request_for(const Part& part, std::uint64_t budget, bool at_least_one) const;
  template <class Do>
  void each_part(Do what) {
    for (auto& topic : topics_) {
      for (auto& part : topic.parts) what(part);
    }
  }

  const CallPtr call_;
  const FetchRequest request_;
  std::vector<TopicParts> topics_;
  std::uint64_t bytes_max_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t cold_ = 0;     // parts that are not at hand
  std::size_t pending_ = 0;  // cold reads under way
  bool failed_ = false;      // some part has an error: answer at once
  bool last_look_ = false;   // the time is up
  int round_ = 0;            // of waiting for appends: a wake-up from an earlier one is stale
  bool finished_ = false;
  std::vector<std::shared_ptr<void>> waiters_;
  std::shared_ptr<void> timer_;
};

partition::Isolation isolation_of(const FetchRequest& request) {
  return request.isolation_level == 1 ? partition::Isolation::kReadCommitted : partition::Isolation::kReadUncommitted;
}

void Job::start() {
  const auto& options = call_->broker.options;
  bytes_max_ = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::min<std::int64_t>(request_.max_bytes, options.fetch_bytes_max)));
  resolve();
  read_all();
  last_look_ = request_.max_wait_ms <= 0;
  if (cold_ > 0) return read_cold();
  if (enough()) return finish();
  const auto wait = std::chrono::milliseconds(std::min(request_.max_wait_ms, kWaitMaxMs));
  timer_ = call_->broker.timers.after(wait, [self = shared_from_this()] {
    self->call_->post([self] {
      self->last_look_ = true;
      self->look_again();
    });
  });
  wait_for_appends();
}

void Job::resolve() {
  const Broker& broker = call_->broker;
  const bool by_id = call_->version() >= kTopicIdsSince;
  for (const auto& asked_topic : request_.topics) {
    const auto topic = find_topic(broker, asked_topic.topic, asked_topic.topic_id, by_id);
    auto& parts = topics_.emplace_back(TopicParts{asked_topic.topic, asked_topic.topic_id, {}}).parts;
    for (const Asked& asked : asked_topic.partitions) {
      const auto found =
          locate(topic.get(), asked.partition, by_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition);
      Part& part = parts.emplace_back();
      part.asked = asked;
      part.error = found.error;
      if (found.error == ErrorCode::kNone) part.error = check_epoch(*found.partition, asked.current_leader_epoch);
      if (part.error == ErrorCode::kNone) part.partition = found.partition;
    }
  }
}

partition::ReadRequest Job::request_for(const Part& part, std::uint64_t budget, bool at_least_one) const {
  const auto wanted = static_cast<std::uint64_t>(std::max(0, part.asked.partition_max_bytes));
  return {.offset = Offset{part.asked.fetch_offset},
          .bytes_max = std::min(wanted, budget),
          .at_least_one = at_least_one,
          .isolation = isolation_of(request_)};
}

// From the start, also when only one partition has grown: what a request may carry is shared out in its order.
void Job::read_all() {
  bytes_ = 0;
  cold_ = 0;
  failed_ = topics_.empty();
  each_part([&](Part& part) { read(part); });
}

void Job::read(Part& part) {
  part.answer = {};
  part.read = false;
  if (part.partition == nullptr) {
    failed_ = true;
    return;
  }
  part.error = ErrorCode::kNone;
  const std::uint64_t left = bytes_ < bytes_max_ ? bytes_max_ - bytes_ : 0;
  // Only the first partition with data may go over the limits, so that a batch larger than them gets through.
  take(part, part.partition->read(request_for(part, left, bytes_ == 0)));
}

void Job::take(Part& part, Result<partition::ReadAnswer> read) {
  if (!read.ok()) {
    part.error = protocol::error_code_for(read.error().kind);
    if (read.error().kind != Kind::kOutOfRange)
      log_warn("broker", "fetch from {}: {}", part.partition->ref().name(), read.error().text);
    failed_ = true;
    return;
  }
  part.answer = *std::move(read);
  part.read = true;
  if (part.answer.cold) ++cold_;
  bytes_ += part.answer.data.range.size();
}

bool Job::enough() const {
  return last_look_ || failed_ || bytes_ >= static_cast<std::uint64_t>(std::max(0, request_.min_bytes));
}

// A waiter is for one append; look_again() takes new ones. The callbacks come from the appender's thread.
void Job::wait_for_appends() {
  waiters_.clear();
  ++round_;
  each_part([&](Part& part) {
    const auto wake = [weak = weak_from_this(), call = call_, round = round_] {
      call->post([weak, round] {
        const auto self = weak.lock();
        if (self != nullptr && self->round_ == round) self->look_again();
      });
    };
    waiters_.push_back(part.partition->when_appended(part.answer.offsets.high_watermark, wake));
  });
}

void Job::look_again() {
  if (finished_ || pending_ > 0) return;
  read_all();
  if (cold_ > 0) return read_cold();
  if (enough()) return finish();
  wait_for_appends();
}

// Every cold part is read at the same time, each with its share of what the answer may still carry. When hot data is at hand
// it is answered now; the reads go on and fill the cache for the next request.
void Job::read_cold() {
  const Broker& broker = call_->broker;
  waiters_.clear();
  ++round_;
  const std::uint64_t share = (bytes_ < bytes_max_ ? bytes_max_ - bytes_ : 0) / cold_;
  const auto wait = std::chrono::milliseconds(broker.options.cold_wait_ms);
  const auto deadline = Deadline::in(broker.clock, wait);
  const bool hot = bytes_ > 0 && bytes_ >= static_cast<std::uint64_t>(std::max(0, request_.min_bytes));
  bool first = bytes_ == 0;
  for (std::size_t t = 0; t < topics_.size(); ++t) {
    for (std::size_t i = 0; i < topics_[t].parts.size(); ++i) {
      Part& part = topics_[t].parts[i];
      if (part.partition == nullptr || !part.answer.cold) continue;
      const auto request = request_for(part, share, first);
      first = false;
      if (hot || failed_) {
        broker.cold_reads.prefetch(part.partition, request, deadline);
        continue;
      }
      const auto then = [weak = weak_from_this(), call = call_, t, i](Result<partition::ReadAnswer> read) {
        auto shared = std::make_shared<Result<partition::ReadAnswer>>(std::move(read));
        call->post([weak, shared, t, i] {
          if (const auto self = weak.lock()) self->cold_done(t, i, *std::move(shared));
        });
      };
      if (broker.cold_reads.read(part.partition, request, deadline, then)) ++pending_;
    }
  }
  if (hot || failed_) return finish();
  // With the pool full nothing is under way: the answer is empty then, but never at once, or the client would ask in a tight
  // loop.
  timer_ = broker.timers.after(pending_ > 0 ? wait + kColdGrace : kColdGrace, [self = shared_from_this()] {
    self->call_->post([self] {
      if (!self->finished_) self->finish();
    });
  });
}

void Job::cold_done(std::size_t topic, std::size_t index, Result<partition::ReadAnswer> read) {
  if (finished_) return;
  --pending_;
  Part& part = topics_[topic].parts[index];
  if (!read.ok()) part.read = false;
  take(part, std::move(read));
  if (pending_ == 0) finish();
}

void fill(const Part& part, bool committed, Answered& out) {
  out.partition_index = part.asked.partition;
  out.error_code = part.error;
  out.records = protocol::Records::empty();
  out.aborted_transactions.reset();
  if (!part.read) {
    out.high_watermark = -1;
    return;
  }
  out.high_watermark = part.answer.offsets.high_watermark.raw;
  out.last_stable_offset = part.answer.offsets.last_stable.raw;
  out.log_start_offset = part.answer.offsets.log_start.raw;
  if (committed) {
    auto& aborted = out.aborted_transactions.emplace();
    for (const auto& one : part.answer.aborted) aborted.push_back({one.producer_id, one.first_offset.raw});
  }
  if (!part.answer.data.range.empty()) out.records = protocol::Records::file(part.answer.data);
}

void Job::finish() {
  finished_ = true;
  waiters_.clear();
  const auto timer = std::move(timer_);  // may hold the last reference to this job: let go at the end
  FetchResponse response;
  const bool committed = isolation_of(request_) == partition::Isolation::kReadCommitted;
  for (const auto& topic : topics_) {
    auto& out = response.responses.emplace_back();
    out.topic = topic.name;
    out.topic_id = topic.id;
    out.partitions.resize(topic.parts.size());
    for (std::size_t i = 0; i < topic.parts.size(); ++i) {
      fill(topic.parts[i], committed, out.partitions[i]);
      if (topic.parts[i].error != ErrorCode::kNone) call_->broker.counters.fetch_errors.add();
    }
  }
  call_->broker.counters.fetched_bytes.add(static_cast<double>(bytes_));
  call_->answer(response);
}

/// What a client that goes on with a session it believes in is told; it then begins anew with a whole request.
ErrorCode session_error(const FetchRequest& request, std::int16_t version) {
  if (version < kSessionsSince) return ErrorCode::kNone;
  const bool whole = request.session_epoch == 0 || request.session_epoch == kFinalEpoch;
  if (whole) return ErrorCode::kNone;  // also one that closes or replaces a session: there was none to close
  return request.session_id == 0 ? ErrorCode::kInvalidFetchSessionEpoch : ErrorCode::kFetchSessionIdNotFound;
}

void run(const CallPtr& call, FetchRequest request) {
  if (const ErrorCode error = session_error(request, call->version()); error != ErrorCode::kNone) {
    FetchResponse response;
    response.error_code = error;
    return call->answer(response);
  }
  std::make_shared<Job>(call, std::move(request))->start();
}

}  // namespace

void fetch(const CallPtr& call) { decoded<FetchRequest, run>(call); }

}  // namespace takhin::broker::handlers
