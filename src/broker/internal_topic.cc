#include "broker/internal_topic.h"

#include "base/log.h"
#include "broker/groups/snapshot.h"
#include "record/control.h"

namespace takhin::broker {
namespace {

constexpr std::uint64_t kReplayBytes = kMiB;
constexpr std::size_t kDecompressedMax = 256 * kMiB;
constexpr std::chrono::seconds kForgetDeadline{30};

const partition::ConfigMap& topic_configs() {
  // A group with many members is one record: it may be larger than what clients may send.
  static const partition::ConfigMap configs{
      {"cleanup.policy", "compact"}, {"max.message.bytes", "104857600"}, {"segment.bytes", "104857600"}};
  return configs;
}

Result<> replay_batch(const record::BatchHeader& header, View batch, const ReplayTo& to) {
  if (!header.is_control()) {
    const std::int64_t producer_id = header.is_transactional() ? header.producer_id : -1;
    return record::for_each_record(batch, kDecompressedMax, [&](const record::Record& one) {
      if (one.key) to.record(*one.key, one.value, producer_id);
      return true;
    });
  }
  TRY(const auto marker, record::marker_of(batch));
  if (marker) to.end(header.producer_id, marker->type == record::MarkerType::kCommit);
  return done();
}

/// The offset behind the last whole batch in `data`.
Result<Offset> replay_batches(View data, Offset from, const ReplayTo& to) {
  record::BatchCursor cursor(data);
  Offset next = from;
  while (const auto header = cursor.next()) {
    next = header->next_offset();
    TRY(replay_batch(*header, cursor.batch(), to));
  }
  return next;
}

}  // namespace

std::shared_ptr<partition::Partition> InternalTopic::find() const {
  const std::lock_guard hold(mutex_);
  if (partition_ == nullptr) {
    const auto topic = topics_.find(name_);
    if (topic != nullptr && !topic->partitions.empty()) partition_ = topic->partitions.front();
  }
  return partition_;
}

Result<> InternalTopic::ensure() {
  if (find() != nullptr) return done();
  const auto made = topics_.create(name_, 1, topic_configs());
  if (!made.ok() && made.error().kind != Kind::kConflict) return made.error();
  if (find() == nullptr) return fail(Kind::kUnavailable, "{}: its log could not be opened", name_);
  return done();
}

Result<> InternalTopic::replay(const ReplayTo& to) {
  if (topics_.find(name_) == nullptr) return done();
  const auto partition = find();
  if (partition == nullptr) return fail(Kind::kUnavailable, "{}: its log could not be opened", name_);
  const auto offsets = partition->offsets();
  Offset at = offsets.log_start;
  while (at < offsets.high_watermark) {
    TRY(const auto read, partition->read({.offset = at, .bytes_max = kReplayBytes}));
    if (read.data.range.empty())
      return fail(Kind::kCorrupt, "{} ends at {} before {}", name_, at.raw, offsets.high_watermark.raw);
    TRY(const Bytes data, read_exactly(*read.data.file, read.data.range));
    TRY(const Offset next, replay_batches(data, at, to).within(name_));
    if (next <= at) return fail(Kind::kCorrupt, "{}: no batch at {}", name_, at.raw);
    at = next;
  }
  return done();
}

Result<Offset> InternalTopic::append(std::span<const StoredRecord> records, TimestampMs now, const ProducerStamp& stamp) {
  TRY(ensure());
  const auto partition = find();
  Offset end = partition->offsets().high_watermark;
  while (!records.empty()) {
    TRY(Bytes built, groups::take_batch(records, now, stamp));
    TRY(const auto appended, partition->append(built).within(name_));
    if (appended.status != log::AppendStatus::kOk) return fail(Kind::kInvalid, "{}: {}", name_, appended.why);
    end = appended.end;
  }
  return end;
}

Result<Offset> InternalTopic::append_end(const log::TxnEnd& end) {
  TRY(ensure());
  TRY(const auto appended, find()->append_marker(end).within(name_));
  if (appended.status != log::AppendStatus::kOk) return fail(Kind::kInvalid, "{}: {}", name_, appended.why);
  return appended.end;
}

void InternalTopic::when_durable(Offset end, std::function<void(Result<>)> then) {
  const auto partition = find();
  if (partition == nullptr) return then(fail(Kind::kUnavailable, "{} is gone", name_));
  partition->when_durable(end, std::move(then));
}

Offset InternalTopic::end() const {
  const auto partition = find();
  return partition == nullptr ? Offset{0} : partition->offsets().high_watermark;
}

std::uint64_t InternalTopic::records() const {
  const auto partition = find();
  if (partition == nullptr) return 0;
  const auto offsets = partition->offsets();
  return static_cast<std::uint64_t>(offsets.high_watermark.raw - offsets.log_start.raw);
}

void InternalTopic::forget_before(Offset offset) {
  const auto partition = find();
  if (partition == nullptr) return;
  const Offset before = std::min(offset, partition->offsets().last_stable);
  // Not done is no harm: the next snapshot asks again.
  const auto submitted = pool_.submit([partition, before, &name = name_, &clock = clock_] {
    const auto raised = partition->raise_log_start(before, Deadline::in(clock, kForgetDeadline));
    if (!raised.ok()) log_warn("broker", "{}: {}", name, raised.error().text);
  });
  if (!submitted.ok()) log_warn("broker", "{} keeps what is below {}: {}", name_, before.raw, submitted.error().text);
}

}  // namespace takhin::broker
