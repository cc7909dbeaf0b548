#pragma once
// Topics and partitions in memory, for tests of what stands above them. Batches are real; there is one segment, and cold is
// what a test says is cold.

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "partition/topics.h"
#include "record/control.h"
#include "testing/memory_file.h"
#include "testing/seeded_random.h"

namespace takhin::testing {

/// Any thread.
class FakePartition final : public partition::Partition {
 public:
  explicit FakePartition(tier::PartitionRef ref) : ref_(std::move(ref)) {}

  // ---- what a test may set; before other threads come, or where it says so
  LeaderEpoch leader_epoch{0};
  log::AppendStatus refuse = log::AppendStatus::kOk;  // anything else: the next append is refused with it
  std::vector<log::RecordError> refuse_records;       // and with these
  std::optional<Error> append_error;
  std::optional<Error> sync_error;
  bool hold_durable = false;                          // when_durable() waits for release_durable()
  std::function<Result<>()> before_cold;              // runs inside read_cold(): may block or fail
  std::vector<log::AbortedTransaction> aborted;
  Offset last_stable = kNoOffset;                     // none: the end
  std::vector<log::ProducerInfo> known_producers;

  /// Offsets below it are answered as cold by read(). Any time.
  void set_cold_below(Offset offset) {
    const std::lock_guard hold(mutex_);
    cold_below_ = offset;
  }
  /// Any time.
  void release_durable() {
    std::vector<std::function<void(Result<>)>> waiting;
    {
      const std::lock_guard hold(mutex_);
      waiting.swap(durable_);
    }
    for (auto& then : waiting) then(sync_error ? Result<>(*sync_error) : done());
  }
  std::size_t waiters() const {
    const std::lock_guard hold(mutex_);
    return appended_->size();
  }
  std::size_t waiting_durable() const {
    const std::lock_guard hold(mutex_);
    return durable_.size();
  }
  int reads() const {
    const std::lock_guard hold(mutex_);
    return reads_;
  }
  partition::TopicConfig config() const {
    const std::lock_guard hold(mutex_);
    return config_;
  }

  // ---- partition::Partition
  const tier::PartitionRef& ref() const override { return ref_; }
  LeaderEpoch epoch() const override { return leader_epoch; }

  using partition::Partition::append;
  Result<log::Appended> append(std::span<std::byte> batches, const log::Admit& admit) override {
    if (append_error) return *append_error;
    log::Appended out;
    const auto first = record::parse_header(batches);
    if (first.ok() && first->is_transactional() && admit && !admit()) {
      out.status = log::AppendStatus::kNotAdmitted;
      return out;
    }
    std::vector<std::function<void()>> wake;
    {
      const std::lock_guard hold(mutex_);
      out.base = out.end = end_;
      if (refuse != log::AppendStatus::kOk) {
        out.status = refuse;
        out.record_errors = refuse_records;
        out.why = "scripted refusal";
        return out;
      }
      record::BatchCursor cursor(batches);
      std::size_t at = 0;
      while (const auto header = cursor.next()) {
        if (!record::crc_matches(cursor.batch())) {
          out.status = log::AppendStatus::kCorruptMessage;
          out.why = "crc does not match";
          return out;
        }
        const auto batch = batches.subspan(at, header->total_bytes());
        record::assign(batch, {.base_offset = end_, .leader_epoch = leader_epoch, .append_time = {}});
        batches_.push_back({end_, Offset{end_.raw + header->last_offset_delta + 1}, size_, header->max_timestamp});
        if (!file_->write_at(size_, batch).ok()) return fail(Kind::kExhausted, "memory");
        size_ += batch.size();
        end_ = batches_.back().end;
        at += header->total_bytes();
      }
      out.end = end_;
      for (auto& [id, then] : *appended_) wake.push_back(std::move(then));
      appended_->clear();
    }
    for (auto& then : wake) then();
    return out;
  }
  Result<log::Appended> append_marker(const log::TxnEnd& end) override {
    const auto type = end.commit ? record::MarkerType::kCommit : record::MarkerType::kAbort;
    Bytes batch = record::build_marker({type, end.coordinator_epoch}, TimestampMs{1'700'000'000'000},
                                       {.producer_id = end.producer_id, .producer_epoch = end.producer_epoch});
    return append(batch);
  }
  std::vector<log::ProducerInfo> producers() const override { return known_producers; }
  void when_durable(Offset, std::function<void(Result<>)> then) override {
    {
      const std::lock_guard hold(mutex_);
      if (hold_durable) return durable_.push_back(std::move(then));
    }
    then(sync_error ? Result<>(*sync_error) : done());
  }
  Result<partition::ReadAnswer> read(const partition::ReadRequest& request) override {
    const std::lock_guard hold(mutex_);
    ++reads_;
    if (request.offset < cold_below_ && request.offset >= log_start_) {
      partition::ReadAnswer answer;
      answer.cold = true;
      answer.offsets = offsets_locked();
      return answer;
    }
    return slice_locked(request);
  }
  Result<partition::ReadAnswer> read_cold(const partition::ReadRequest& request, Deadline) override {
    if (before_cold) TRY(before_cold());
    const std::lock_guard hold(mutex_);
    return slice_locked(request);
  }
  std::shared_ptr<void> when_appended(Offset end, std::function<void()> then) override {
    {
      const std::lock_guard hold(mutex_);
      if (end_ <= end) {
        const int id = next_waiter_++;
        appended_->emplace(id, std::move(then));
        return std::make_shared<Waiter>(*this, id);
      }
    }
    then();
    return nullptr;
  }
  partition::Offsets offsets() const override {
    const std::lock_guard hold(mutex_);
    return offsets_locked();
  }
  Result<partition::OffsetAnswer> offset_for(TimestampMs timestamp, Deadline) override {
    const std::lock_guard hold(mutex_);
    for (const auto& batch : batches_) {
      if (batch.max_timestamp >= timestamp) return partition::OffsetAnswer{batch.base, batch.max_timestamp, leader_epoch};
    }
    return partition::OffsetAnswer{};
  }
  Result<partition::OffsetAnswer> offset_of_max_timestamp(Deadline) override {
    const std::lock_guard hold(mutex_);
    partition::OffsetAnswer best;
    for (const auto& batch : batches_) {
      if (batch.max_timestamp > best.timestamp) best = {Offset{batch.end.raw - 1}, batch.max_timestamp, leader_epoch};
    }
    return best;
  }
  std::vector<log::EpochStart> epochs() const override { return {{leader_epoch, Offset{0}}}; }
  Result<> raise_log_start(Offset to, Deadline) override {
    const std::lock_guard hold(mutex_);
    if (to > end_) return fail(Kind::kOutOfRange, "{} is past the end, {}", to.raw, end_.raw);
    log_start_ = std::max(log_start_, to);
    return done();
  }
  void set_config(const partition::TopicConfig& config) override {
    const std::lock_guard hold(mutex_);
    config_ = config;
  }
  std::uint64_t local_bytes() const override {
    const std::lock_guard hold(mutex_);
    return size_;
  }

 private:
  struct Batch {
    Offset base;
    Offset end;
    std::uint64_t position;
    TimestampMs max_timestamp;
  };
  using Waiting = std::map<int, std::function<void()>>;
  class Waiter {
   public:
    Waiter(FakePartition& of, int id) : mutex_(of.mutex_), waiting_(of.appended_), id_(id) {}
    ~Waiter() {
      std::function<void()> dropped;
      const std::lock_guard hold(mutex_);
      if (const auto at = waiting_->find(id_); at != waiting_->end()) {
        dropped = std::move(at->second);
        waiting_->erase(at);
      }
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

   private:
    std::mutex& mutex_;
    const std::shared_ptr<Waiting> waiting_;
    const int id_;
  };

  partition::Offsets offsets_locked() const {
    return {.log_start = log_start_,
            .local_start = std::max(log_start_, cold_below_),
            .tiered_end = std::max(log_start_, cold_below_),
            .last_stable = last_stable == kNoOffset ? end_ : last_stable,
            .high_watermark = end_};
  }
  Result<partition::ReadAnswer> slice_locked(const partition::ReadRequest& request) const {
    if (request.offset < log_start_ || request.offset > end_) {
      return fail(Kind::kOutOfRange, "offset {} is not in {}..{}", request.offset.raw, log_start_.raw, end_.raw);
    }
    partition::ReadAnswer answer;
    answer.offsets = offsets_locked();
    answer.aborted = aborted;
    const auto first = std::ranges::find_if(batches_, [&](const Batch& batch) { return batch.end > request.offset; });
    if (first == batches_.end()) return answer;
    const std::uint64_t first_end = std::next(first) == batches_.end() ? size_ : std::next(first)->position;
    std::uint64_t count = std::min<std::uint64_t>(request.bytes_max, size_ - first->position);
    if (request.at_least_one) count = std::max(count, first_end - first->position);
    answer.data = {file_, {first->position, first->position + count}};
    return answer;
  }

  const tier::PartitionRef ref_;
  mutable std::mutex mutex_;
  const std::shared_ptr<MemoryFile> file_ = std::make_shared<MemoryFile>();
  std::vector<Batch> batches_;
  std::uint64_t size_ = 0;
  Offset log_start_{0};
  Offset end_{0};
  Offset cold_below_{0};
  partition::TopicConfig config_;
  std::vector<std::function<void(Result<>)>> durable_;
  const std::shared_ptr<Waiting> appended_ = std::make_shared<Waiting>();
  int next_waiter_ = 0;
  int reads_ = 0;
};

/// Any thread. No tiering behind its Admin face.
class FakeTopics final : public partition::Topics {
 public:
  using Info = std::shared_ptr<const partition::TopicInfo>;
  using partition::Topics::find;

  /// The partition itself, for its knobs. Must exist.
  FakePartition& fake(const std::string& topic, std::int32_t index = 0) const {
    const Info info = find(topic);
    TAKHIN_ASSERT(info != nullptr, "no such topic");
    return static_cast<FakePartition&>(*info->partitions.at(static_cast<std::size_t>(index)));
  }
  std::optional<Error> create_error;

  std::vector<Info> all() const override {
    const std::lock_guard hold(mutex_);
    std::vector<Info> out;
    for (const auto& [name, info] : topics_) out.push_back(info);
    return out;
  }
  Info find(const std::string& topic) const override {
    const std::lock_guard hold(mutex_);
    const auto found = topics_.find(topic);
    return found == topics_.end() ? nullptr : found->second;
  }
  Info find(const Uuid& id) const override {
    const std::lock_guard hold(mutex_);
    for (const auto& [name, info] : topics_) {
      if (info->id == id) return info;
    }
    return nullptr;
  }
  Result<Info> create(const std::string& topic, std::int32_t partitions, const partition::ConfigMap& configs) override {
    if (create_error) return *create_error;
    TRY(validate(topic, partitions, configs));
    partition::TopicInfo info{.name = topic, .id = Uuid::make(random_), .configs = configs, .config = {}, .partitions = {}};
    grow(info, partitions);
    return put(std::move(info));
  }
  Result<> validate(const std::string& topic, std::int32_t partitions, const partition::ConfigMap&) const override {
    const bool named =
        !topic.empty() && topic.size() <= 249 && topic != "." && topic != ".." &&
        topic.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == std::string::npos;
    if (!named) return fail(Kind::kInvalid, "topic name '{}'", topic);
    if (partitions < 1) return fail(Kind::kInvalid, "{} partitions", partitions);
    if (find(topic) != nullptr) return fail(Kind::kConflict, "topic {} exists", topic);
    return done();
  }
  Result<> remove(const std::string& topic) override {
    const std::lock_guard hold(mutex_);
    if (topics_.erase(topic) == 0) return fail(Kind::kNotFound, "no topic {}", topic);
    return done();
  }
  Result<> set_configs(const std::string& topic, const partition::ConfigMap& configs) override {
    TRY(partition::TopicInfo info, copy(topic));
    info.configs = configs;
    TRY(put(std::move(info)));
    return done();
  }
  partition::TopicDefaults defaults() const override {
    const std::lock_guard hold(mutex_);
    return defaults_;
  }
  Result<> set_defaults(const partition::ConfigMap& cluster, const partition::ConfigMap& broker, bool validate_only) override {
    TRY(partition::parse_topic_config(partition::effective_configs({{}, cluster, broker}, {})));
    if (validate_only) return done();
    {
      const std::lock_guard hold(mutex_);
      defaults_ = {{}, cluster, broker};
    }
    for (const Info& info : all()) TRY(put(*info));
    return done();
  }
  Result<> add_partitions(const std::string& topic, std::int32_t total) override {
    TRY(partition::TopicInfo info, copy(topic));
    if (static_cast<std::size_t>(total) <= info.partitions.size()) return fail(Kind::kInvalid, "{} has as many already", topic);
    grow(info, total);
    TRY(put(std::move(info)));
    return done();
  }
  Result<> close() override { return done(); }

  bool tiering_enabled() const override { return false; }
  Result<> ready() const override { return done(); }
  partition::SegmentCounts segment_counts() const override { return {}; }
  partition::TierCounts tier_counts() const override { return {}; }
  Result<> archive(const std::string& path) override { return fail(Kind::kNotFound, "segment not found: {}", path); }
  Result<> restore(const std::string& path) override { return fail(Kind::kNotFound, "segment not found: {}", path); }
  Result<partition::SegmentStatus> segment(const std::string& path) const override {
    return fail(Kind::kNotFound, "segment not found: {}", path);
  }
  Result<partition::SegmentWhy> why(const std::string&) const override { return fail(Kind::kNotFound, "no tiers here"); }
  Result<tier::AccessStats> access(const std::string&) const override {
    return fail(Kind::kNotFound, "no access statistics for segment");
  }
  std::vector<std::pair<std::string, double>> top_access_hz(std::size_t) const override { return {}; }
  partition::CostReport cost() const override { return {}; }
  std::vector<partition::TopicCost> topic_costs(std::size_t) const override { return {}; }
  Result<> evaluate() override { return done(); }

 private:
  static void grow(partition::TopicInfo& info, std::int32_t total) {
    while (info.partitions.size() < static_cast<std::size_t>(total)) {
      info.partitions.push_back(std::make_shared<FakePartition>(tier::PartitionRef{
          .topic = info.name, .topic_id = info.id, .partition = static_cast<std::int32_t>(info.partitions.size())}));
    }
  }
  Result<partition::TopicInfo> copy(const std::string& topic) const {
    const Info info = find(topic);
    if (info == nullptr) return fail(Kind::kNotFound, "no topic {}", topic);
    return *info;
  }
  Result<Info> put(partition::TopicInfo info) {
    TRY(info.config, partition::parse_topic_config(partition::effective_configs(defaults(), info.configs)));
    const auto shared = std::make_shared<const partition::TopicInfo>(std::move(info));
    const std::lock_guard hold(mutex_);
    topics_[shared->name] = shared;
    return Info(shared);
  }

  SeededRandom random_{7};
  mutable std::mutex mutex_;
  partition::TopicDefaults defaults_;  // guarded by the mutex
  std::map<std::string, Info> topics_;
};

}  // namespace takhin::testing
