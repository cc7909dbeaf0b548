#include "broker/offsets_store.h"

#include "base/log.h"
#include "broker/groups/snapshot.h"
#include "record/batch.h"

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

/// Calls `each` for every record of the whole batches in `data`; the offset behind the last of them.
Result<Offset> replay_batches(View data, Offset from, const std::function<void(View, std::optional<View>)>& each) {
  record::BatchCursor cursor(data);
  Offset next = from;
  while (const auto header = cursor.next()) {
    next = header->next_offset();
    if (header->is_control()) continue;
    TRY(record::for_each_record(cursor.batch(), kDecompressedMax, [&](const record::Record& one) {
      if (one.key) each(*one.key, one.value);
      return true;
    }));
  }
  return next;
}

}  // namespace

std::shared_ptr<partition::Partition> OffsetsStore::find() const {
  const std::lock_guard hold(mutex_);
  if (partition_ == nullptr) {
    const auto topic = topics_.find(std::string(kOffsetsTopic));
    if (topic != nullptr && !topic->partitions.empty()) partition_ = topic->partitions.front();
  }
  return partition_;
}

Result<> OffsetsStore::ensure() {
  if (find() != nullptr) return done();
  const auto made = topics_.create(std::string(kOffsetsTopic), 1, topic_configs());
  if (!made.ok() && made.error().kind != Kind::kConflict) return made.error();
  if (find() == nullptr) return fail(Kind::kUnavailable, "{}: its log could not be opened", kOffsetsTopic);
  return done();
}

Result<> OffsetsStore::replay(const std::function<void(View key, std::optional<View> value)>& each) {
  if (topics_.find(std::string(kOffsetsTopic)) == nullptr) return done();
  const auto partition = find();
  if (partition == nullptr) return fail(Kind::kUnavailable, "{}: its log could not be opened", kOffsetsTopic);
  const auto offsets = partition->offsets();
  Offset at = offsets.log_start;
  while (at < offsets.high_watermark) {
    TRY(const auto read, partition->read({.offset = at, .bytes_max = kReplayBytes}));
    if (read.data.range.empty())
      return fail(Kind::kCorrupt, "{} ends at {} before {}", kOffsetsTopic, at.raw, offsets.high_watermark.raw);
    TRY(const Bytes data, read_exactly(*read.data.file, read.data.range));
    TRY(const Offset next, replay_batches(data, at, each).within(kOffsetsTopic));
    if (next <= at) return fail(Kind::kCorrupt, "{}: no batch at {}", kOffsetsTopic, at.raw);
    at = next;
  }
  return done();
}

Result<Offset> OffsetsStore::append(std::span<const groups::StoredRecord> records, TimestampMs now) {
  TRY(ensure());
  const auto partition = find();
  Offset end = partition->offsets().high_watermark;
  while (!records.empty()) {
    TRY(Bytes built, groups::take_batch(records, now));
    TRY(const auto appended, partition->append(built).within(kOffsetsTopic));
    if (appended.status != log::AppendStatus::kOk) return fail(Kind::kInvalid, "{}: {}", kOffsetsTopic, appended.why);
    end = appended.end;
  }
  return end;
}

void OffsetsStore::when_durable(Offset end, std::function<void(Result<>)> then) {
  const auto partition = find();
  if (partition == nullptr) return then(fail(Kind::kUnavailable, "{} is gone", kOffsetsTopic));
  partition->when_durable(end, std::move(then));
}

Offset OffsetsStore::end() const {
  const auto partition = find();
  return partition == nullptr ? Offset{0} : partition->offsets().high_watermark;
}

std::uint64_t OffsetsStore::records() const {
  const auto partition = find();
  if (partition == nullptr) return 0;
  const auto offsets = partition->offsets();
  return static_cast<std::uint64_t>(offsets.high_watermark.raw - offsets.log_start.raw);
}

void OffsetsStore::forget_before(Offset offset) {
  const auto partition = find();
  if (partition == nullptr) return;
  // Not done is no harm: the next snapshot asks again.
  const auto submitted = pool_.submit([partition, offset, &clock = clock_] {
    const auto raised = partition->raise_log_start(offset, Deadline::in(clock, kForgetDeadline));
    if (!raised.ok()) log_warn("broker", "{}: {}", kOffsetsTopic, raised.error().text);
  });
  if (!submitted.ok()) log_warn("broker", "{} keeps what is below {}: {}", kOffsetsTopic, offset.raw, submitted.error().text);
}

}  // namespace takhin::broker
