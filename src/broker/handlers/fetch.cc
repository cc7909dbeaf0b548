// Fetch: hot partitions are answered as slices of their files, cold ones from a pool of their own, and a request that finds
// too little waits for appends or its time, whichever is first.

#include "base/kinds.h"
#include "base/log.h"
#include "broker/fetch_sessions.h"
#include "broker/handlers/common.h"
#include "broker/handlers/handlers.h"
#include "broker/live_configs.h"
#include "protocol/messages/fetch.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;
using Asked = FetchRequest::FetchPartition;
using Answered = FetchResponse::PartitionData;

constexpr std::int16_t kTopicIdsSince = 13;
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
/// Lives on its connection's core; what comes from elsewhere is posted there. The timer keeps it alive while it waits.
class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(CallPtr call, FetchRequest request, FetchSessions::Context context)
      : call_(std::move(call)), request_(std::move(request)), context_(std::move(context)) {}

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
  void cold_done(std::size_t index, Result<partition::ReadAnswer> read);
  void keep_within_limits();
  void finish();
  void limit_to_quota();
  bool over_quota();
  std::uint64_t bytes_min() const;
  partition::ReadRequest request_for(const Part& part, std::uint64_t budget, bool at_least_one) const;
  FetchSessions::Told tell_session();

  const CallPtr call_;
  const FetchRequest request_;
  const FetchSessions::Context context_;
  std::vector<Part> parts_;  // as in the context
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

bool same_topic(const FetchedPartition& a, const FetchedPartition& b) { return a.topic == b.topic && a.topic_id == b.topic_id; }

void Job::start() {
  const std::int64_t most = call_->broker.live.get(Live::kFetchBytesMax);
  bytes_max_ = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::min<std::int64_t>(request_.max_bytes, most)));
  limit_to_quota();
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
  std::shared_ptr<const partition::TopicInfo> topic;
  bool allowed = true;
  for (std::size_t i = 0; i < context_.partitions.size(); ++i) {
    const FetchedPartition& one = context_.partitions[i];
    const FetchedPartition* before = i > 0 ? &context_.partitions[i - 1] : nullptr;
    if (before == nullptr || !same_topic(*before, one)) {
      topic = find_topic(broker, one.topic, one.topic_id, by_id);
      const bool nobody = by_id && topic == nullptr;
      allowed = nobody || may_topic(*call_, AclOperation::kRead, by_id ? topic->name : one.topic);
    }
    const auto found = locate(topic.get(), one.asked.partition,
                              by_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition);
    Part& part = parts_.emplace_back();
    part.asked = one.asked;
    part.error = allowed ? found.error : ErrorCode::kTopicAuthorizationFailed;
    if (part.error != ErrorCode::kNone) continue;
    part.error = check_epoch(*found.partition, one.asked.current_leader_epoch);
    if (part.error == ErrorCode::kNone) part.partition = found.partition;
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
  failed_ = parts_.empty();
  for (Part& part : parts_) read(part);
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
    const bool told_below = read.error().kind == kFrozen;  // once per object, not per reader that waits for it
    if (read.error().kind != Kind::kOutOfRange && !told_below)
      log_warn("broker", "fetch from {}: {}", part.partition->ref().name(), read.error().text);
    failed_ = true;
    return;
  }
  part.answer = *std::move(read);
  part.read = true;
  if (part.answer.cold) ++cold_;
  bytes_ += part.answer.data.range.size();
}

std::uint64_t Job::bytes_min() const {
  return std::min(bytes_max_, static_cast<std::uint64_t>(std::max(0, request_.min_bytes)));
}

bool Job::enough() const { return last_look_ || failed_ || bytes_ >= bytes_min(); }

// More than this at once would be over the quota however long the client was silent: it would never get it.
void Job::limit_to_quota() {
  if (!call_->limited(quotas::Quota::kFetch)) return;
  const double most = call_->broker.quotas.most_at_once(quotas::Quota::kFetch, call_->client());
  if (most < static_cast<double>(bytes_max_)) bytes_max_ = static_cast<std::uint64_t>(most);
}

// As in Kafka the client is told to wait and gets nothing, so nothing is charged: it asks again for the same.
bool Job::over_quota() {
  using quotas::Quota;
  auto& quotas = call_->broker.quotas;
  const auto bytes = static_cast<double>(bytes_);
  const bool counted = call_->limited(Quota::kFetch);
  if (counted) call_->throttle(Quota::kFetch, quotas.record(Quota::kFetch, call_->client(), bytes));
  if (call_->charge_time() == 0) return false;
  if (counted) quotas.take_back(Quota::kFetch, call_->client(), bytes);
  const FetchSessions::Told told = call_->broker.fetch_sessions.close_empty(context_);
  FetchResponse response;
  response.error_code = told.error;
  response.session_id = told.session_id;
  call_->answer(response);
  return true;
}

// A waiter is for one append; look_again() takes new ones. The callbacks come from the appender's thread.
void Job::wait_for_appends() {
  waiters_.clear();
  ++round_;
  for (const Part& part : parts_) {
    const auto wake = [weak = weak_from_this(), call = call_, round = round_] {
      call->post([weak, round] {
        const auto self = weak.lock();
        if (self != nullptr && self->round_ == round) self->look_again();
      });
    };
    waiters_.push_back(part.partition->when_appended(part.answer.offsets.high_watermark, wake));
  }
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
  const auto wait = std::chrono::milliseconds(broker.live.get(Live::kColdWaitMs));
  const auto deadline = Deadline::in(broker.clock, wait);
  const bool hot = bytes_ > 0 && bytes_ >= bytes_min();
  bool first = bytes_ == 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Part& part = parts_[i];
    if (part.partition == nullptr || !part.answer.cold) continue;
    const auto request = request_for(part, share, first);
    first = false;
    if (hot || failed_) {
      broker.cold_reads.prefetch(part.partition, request, deadline);
      continue;
    }
    const auto then = [weak = weak_from_this(), call = call_, i](Result<partition::ReadAnswer> read) {
      auto shared = std::make_shared<Result<partition::ReadAnswer>>(std::move(read));
      call->post([weak, shared, i] {
        if (const auto self = weak.lock()) self->cold_done(i, *std::move(shared));
      });
    };
    if (broker.cold_reads.read(part.partition, request, deadline, then)) ++pending_;
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

void Job::cold_done(std::size_t index, Result<partition::ReadAnswer> read) {
  if (finished_) return;
  --pending_;
  Part& part = parts_[index];
  if (!read.ok()) part.read = false;
  take(part, std::move(read));
  if (pending_ == 0) finish();
}

// Cold parts are read at the same time, each with its share: where the first batch of all is larger than that, the parts
// behind it carry less. A client may have no room for more than it asked for, and would ask for the same again for ever.
void Job::keep_within_limits() {
  bytes_ = 0;
  for (Part& part : parts_) {
    if (!part.read) continue;
    ByteRange& range = part.answer.data.range;
    const std::uint64_t left = bytes_ < bytes_max_ ? bytes_max_ - bytes_ : 0;
    if (bytes_ > 0 && range.size() > left) range.end = range.begin + left;
    bytes_ += range.size();
  }
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

FetchSessions::Told Job::tell_session() {
  std::vector<FetchNews> news;
  news.reserve(parts_.size());
  for (const Part& part : parts_) {
    auto& one = news.emplace_back();
    one.error = part.error;
    if (!part.read) continue;
    one.high_watermark = part.answer.offsets.high_watermark.raw;
    one.log_start = part.answer.offsets.log_start.raw;
    one.has_records = !part.answer.data.range.empty();
  }
  return call_->broker.fetch_sessions.close(context_, news);
}

void Job::finish() {
  finished_ = true;
  waiters_.clear();
  const auto timer = std::move(timer_);  // may hold the last reference to this job: let go at the end
  if (cold_ > 0) keep_within_limits();  // hot parts were read one after the other, each with what was left
  if (over_quota()) return;
  FetchResponse response;
  const bool committed = isolation_of(request_) == partition::Isolation::kReadCommitted;
  const FetchSessions::Told told = tell_session();
  response.error_code = told.error;
  response.session_id = told.session_id;
  const FetchedPartition* last = nullptr;
  for (std::size_t i = 0; i < parts_.size() && told.error == ErrorCode::kNone; ++i) {
    if (parts_[i].error != ErrorCode::kNone) call_->broker.counters.fetch_errors.add();
    if (!told.include[i]) continue;
    const FetchedPartition& one = context_.partitions[i];
    if (last == nullptr || !same_topic(*last, one)) {
      response.responses.push_back({.topic = one.topic, .topic_id = one.topic_id, .partitions = {}});
    }
    last = &one;
    fill(parts_[i], committed, response.responses.back().partitions.emplace_back());
  }
  call_->broker.counters.fetched_bytes.add(static_cast<double>(bytes_));
  call_->answer(response);
}

void run(const CallPtr& call, FetchRequest request) {
  auto context = call->broker.fetch_sessions.open(request, call->version() >= kTopicIdsSince);
  if (context.error != ErrorCode::kNone) {
    FetchResponse response;
    response.error_code = context.error;
    return call->answer(response);
  }
  std::make_shared<Job>(call, std::move(request), std::move(context))->start();
}

}  // namespace

void fetch(const CallPtr& call) { decoded<FetchRequest, run>(call); }

}  // namespace takhin::broker::handlers
