#include "tests/sim/checks.h"

#include <algorithm>

#include "log/names.h"
#include "tier/bucket.h"
#include "tier/format.h"

namespace takhin::sim {
namespace {

/// More passes than any work left over needs; each waits out the keeper's longest pause.
constexpr int kPassesToRest = 6;
constexpr std::int64_t kReadBytes = 1500;

Error violation(std::string text) { return {Kind::kCorrupt, std::move(text)}; }

/// What a store that fails, or a disk that takes nothing, may cost a reader. Anything else is a violation.
bool may_fail(const World& world, const Error& error, bool store_is_well) {
  if (!store_is_well && (is_transient(error.kind) || error.kind == Kind::kCorrupt)) return true;
  return !world.disk_is_well() && (is_transient(error.kind) || error.kind == Kind::kExhausted);
}

Result<Bytes> object_log(World& world, const object::ObjectInfo& info) {
  TRY(const Bytes body, world.bucket.get(info.key, {0, info.size}, Deadline::never()));
  TRY(const auto parsed, tier::parse_tail(body, info.size));
  if (parsed.tail == nullptr) return violation(info.key.name + " has no whole tail");
  Bytes log;
  for (std::size_t at = 0; at < parsed.tail->chunks.size(); ++at) {
    const tier::Chunk& chunk = parsed.tail->chunks[at];
    TRY(const Bytes plain, tier::open_chunk(*parsed.tail, at, View(body).subspan(chunk.stored_position, chunk.stored_bytes)));
    append(log, plain);
  }
  return log;
}

/// One past the last record of the `bytes` of log that begin at `base`.
Offset end_of(const PartitionModel& partition, Offset base, std::uint64_t bytes) {
  Offset end = base;
  for (auto at = partition.batches().find(base); at != partition.batches().end() && bytes > 0; ++at) {
    bytes -= std::min<std::uint64_t>(bytes, at->second.bytes.size());
    end = at->second.end;
  }
  return end;
}

/// A log file went although its records are still to be had: then a whole object must hold the same bytes, alone or
/// among others that it was merged with.
Result<> check_removed(World& world, const WatchedFs::Removed& file) {
  const std::string dir = parent_of(file.path);
  const std::string name = dir.substr(dir.rfind('/') + 1);
  const auto dash = name.rfind('-');
  const auto topic = world.model.find(name.substr(0, dash));
  const auto base = log::offset_of_name(file.path.substr(dir.size() + 1), log::kLogSuffix);
  if (topic == world.model.end() || world.unsure_removed.contains(topic->first) || !base || file.bytes == 0) return done();
  const auto index = static_cast<std::size_t>(std::stoi(name.substr(dash + 1)));
  const PartitionModel& partition = topic->second.partitions.at(index);
  TRY(const Bytes bytes, partition.log_from(*base, file.bytes).within("removed " + file.path));
  const Offset end = end_of(partition, *base, file.bytes);
  if (end <= partition.log_start()) return done();
  const tier::PartitionRef ref{topic->first, topic->second.id, static_cast<std::int32_t>(index)};
  bool whole = false;
  TRY(object::for_each(world.bucket, tier::partition_prefix(ref), "", Deadline::never(),
                       [&](const object::ObjectInfo& info) -> Result<> {
                         const auto parsed = tier::parse_object_name(info.key.name);
                         if (!parsed || parsed->entry.base > *base || parsed->entry.end < end) return done();
                         const auto log = object_log(world, info);
                         whole = whole || (log.ok() && !std::ranges::search(*log, bytes).empty());
                         return done();
                       }));
  if (whole) return done();
  return violation(fmt::format("{} is gone, and no whole object holds its records {}..{}", file.path, base->raw, end.raw));
}

/// One step of a reader at `at`: compares whole batches, answers where to go on. Nothing: the store could not answer now.
Result<std::optional<Offset>> read_on(World& world, partition::Partition& from, const PartitionModel& model, Offset at,
                                      bool store_is_well) {
  const partition::ReadRequest request{at, kReadBytes};
  auto answer = from.read(request);
  if (answer.ok() && answer->cold) {
    if (at >= from.offsets().local_start) return violation(fmt::format("{} is local, but read as cold", at.raw));
    answer = from.read_cold(request, world.soon());
  }
  if (!answer.ok()) {
    const auto offsets = from.offsets();
    if (answer.error().kind == Kind::kOutOfRange && offsets.log_start > at) return std::optional(offsets.log_start);  // seen now
    const bool local = at >= offsets.local_start;
    if (!local && may_fail(world, answer.error(), store_is_well)) return std::optional<Offset>();
    return violation(fmt::format("read at {}: {}", at.raw, answer.error().text));
  }
  TRY(const Bytes data, read_exactly(*answer->data.file, answer->data.range));
  record::BatchCursor cursor(data);
  Offset next = at;
  while (const auto header = cursor.next()) {
    if (header->next_offset() <= at) continue;
    if (header->base_offset > next) {
      return violation(fmt::format("records {}..{} are skipped", next.raw, header->base_offset.raw));
    }
    TRY(const SimBatch* expected, model.batch_at(header->base_offset));
    if (expected->bytes.size() != cursor.batch().size() ||
        std::memcmp(expected->bytes.data(), cursor.batch().data(), expected->bytes.size()) != 0) {
      return violation(fmt::format("batch at {} is not what was appended", header->base_offset.raw));
    }
    next = expected->end;
  }
  if (next == at) return violation(fmt::format("no progress at {}", at.raw));
  return std::optional(next);
}

Result<> check_bucket(World& world) {
  std::vector<std::string> strangers;
  std::map<std::string, int> seen;
  TRY(object::for_each(world.bucket, "", "", Deadline::never(), [&](const object::ObjectInfo& info) -> Result<> {
    const std::string& key = info.key.name;
    const auto slash = key.find('/');
    const auto dir = tier::parse_topic_dir(key.substr(0, slash));
    const auto topic = dir ? world.model.find(dir->topic) : world.model.end();
    if (topic == world.model.end() || topic->second.id != dir->id) {
      strangers.push_back(key);
      return done();
    }
    const auto parsed = tier::parse_object_name(key);
    if (!parsed) return done();  // topic.json, state.json
    const auto entries = world.engine->segments(parsed->partition);
    const PartitionModel& partition = topic->second.partitions.at(static_cast<std::size_t>(parsed->partition.partition));
    // A copy, left by an attempt whose answer was lost together with the catalogue, goes when its range goes.
    const bool known = std::ranges::any_of(entries, [&](const tier::SegmentEntry& entry) {
      return entry.base == parsed->entry.base && entry.end == parsed->entry.end;
    });
    if (!known || parsed->entry.end <= partition.log_start()) strangers.push_back(key);
    return done();
  }));
  if (!strangers.empty()) return violation(fmt::format("orphans in the bucket: {}", fmt::join(strangers, ", ")));
  TRY(const std::size_t unfinished, world.bucket.abort_uploads("", TimestampMs{INT64_MAX}, Deadline::never()));
  if (unfinished > 0) return violation(fmt::format("{} unfinished uploads in the bucket", unfinished));
  return done();
}

Result<> run_to_rest(World& world) {
  Result<> last = done();
  for (int pass = 0; pass < kPassesToRest; ++pass) {
    world.clock.advance(std::chrono::minutes(5));
    world.note_time();
    last = world.topics->evaluate();
    TRY(check_step(world));
  }
  if (!last.ok()) return violation("passes never come to an end without error: " + last.error().text);
  return done();
}

}  // namespace

Result<> check_step(World& world) {
  world.note_time();
  if (!world.running()) return done();
  for (auto& [name, topic] : world.model) {
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
      const auto partition = world.partition(name, index);
      if (partition == nullptr) continue;  // being created or deleted when the crash came
      const auto offsets = partition->offsets();
      TRY(topic.partitions[index].saw_log_start(offsets.log_start, world.latest_wall).within(partition->ref().name()));
      if (offsets.log_start > Offset{0}) {
        const auto gone = partition->read({Offset{offsets.log_start.raw - 1}});
        if (gone.ok() || (gone.error().kind != Kind::kOutOfRange && gone.error().kind != Kind::kClosed)) {
          return violation(fmt::format("{}: offset {} is below the log start, but was answered", partition->ref().name(),
                                       offsets.log_start.raw - 1));
        }
      }
    }
  }
  for (const auto& file : world.files.take_removed()) TRY(check_removed(world, file));
  return done();
}

Result<> check_reads(World& world, const std::string& topic, std::size_t index, bool store_is_well) {
  const auto partition = world.partition(topic, index);
  const PartitionModel& model = world.model.at(topic).partitions.at(index);
  const auto offsets = partition->offsets();
  if (offsets.high_watermark != model.end()) {
    return violation(fmt::format("{} ends at {}, appended was up to {}", partition->ref().name(), offsets.high_watermark.raw,
                                 model.end().raw));
  }
  for (Offset at = offsets.log_start; at < model.end();) {
    const auto next = read_on(world, *partition, model, at, store_is_well).within(partition->ref().name());
    if (world.disk.stopped()) return done();
    TRY(next);
    at = *next ? **next : offsets.local_start;  // without the store the local part must be readable all the same
  }
  return done();
}

Result<> check_times(World& world, const std::string& topic, std::size_t index, TimestampMs timestamp, bool store_is_well) {
  const auto partition = world.partition(topic, index);
  const PartitionModel& model = world.model.at(topic).partitions.at(index);
  // A crash may have come between the bucket's log start and the disk's: until the next pass, which a full disk puts off, what
  // lies between them is on its way out, and may be answered or not.
  const auto later = tier::Bucket(world.bucket, world.clock).get_log_start(partition->ref(), Deadline::never());
  TRY(later);
  using Found = std::optional<std::pair<Offset, TimestampMs>>;
  const auto compare = [&](const char* what, const Result<partition::OffsetAnswer>& answer,
                           const std::function<Found(Offset)>& first_from) -> Result<> {
    if (world.disk.stopped()) return done();
    if (!answer.ok()) {
      if (may_fail(world, answer.error(), store_is_well)) return done();
      return violation(fmt::format("{} {}: {}", partition->ref().name(), what, answer.error().text));
    }
    const Offset start = model.log_start();
    for (Offset from = start; from == start || from <= *later; from = Offset{from.raw + 1}) {
      const Found expected = first_from(from);
      if (answer->offset == (expected ? expected->first : kNoOffset) &&
          answer->timestamp == (expected ? expected->second : kNoTimestamp))
        return done();
    }
    const Found expected = first_from(start);
    return violation(fmt::format("{} {} {}: answered {} ({}), first is {} ({})", partition->ref().name(), what, timestamp.raw,
                                 answer->offset.raw, answer->timestamp.raw, expected ? expected->first.raw : -1,
                                 expected ? expected->second.raw : -1));
  };
  TRY(compare("offset for time", partition->offset_for(timestamp, world.soon()),
              [&](Offset from) { return model.first_at(timestamp, from); }));
  return compare("offset of the newest", partition->offset_of_max_timestamp(world.soon()),
                 [&](Offset from) { return model.newest(from); });
}

Result<> check_at_rest(World& world) {
  world.set_faults(Faults::kNone);
  world.clock.advance(std::chrono::minutes(10));
  TRY(run_to_rest(world).within("at rest"));
  world.clock.advance(std::chrono::hours(25));  // unfinished uploads may be somebody else's for a day
  world.note_time();
  world.stop(End::kClose);
  TRY(world.start());
  TRY(world.compare_after_start(End::kClose));
  TRY(run_to_rest(world).within("at rest, a day later"));
  TRY(check_bucket(world));
  for (const auto& [name, topic] : world.model) {
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
      const PartitionModel& partition = topic.partitions[index];
      if (partition.retention.ms >= 0 && partition.log_start() != partition.end()) {
        return violation(fmt::format("{}-{} keeps records {}..{} far beyond retention.ms", name, index,
                                     partition.log_start().raw, partition.end().raw));
      }
      TRY(check_reads(world, name, index, true));
      TRY(check_times(world, name, index, TimestampMs{0}, true));
    }
  }
  return done();
}

}  // namespace takhin::sim
