#include "tests/sim/actors.h"

#include <algorithm>

#include "log/names.h"
#include "partition/topic_rules.h"
#include "tests/sim/checks.h"

namespace takhin::sim {
namespace {

constexpr std::size_t kTopicsMax = 3;
constexpr std::size_t kSentMax = 5;                      // Kafka remembers as many batches of a producer
constexpr std::int64_t kSentForgottenMs = 12 * kHourMs;  // well below the expiry of a producer's state
constexpr std::string_view kNames[] = {"a", "b.c-1", "d_2", "e"};

Error violation(std::string text) { return {Kind::kCorrupt, std::move(text)}; }

struct Pick {
  std::string topic;
  std::size_t index = 0;
  PartitionModel* model = nullptr;
  std::shared_ptr<partition::Partition> partition;
};

std::optional<Pick> pick(World& world) {
  if (world.model.empty()) return std::nullopt;
  const auto topic = std::next(world.model.begin(), static_cast<std::ptrdiff_t>(world.below(world.model.size())));
  const std::size_t index = world.below(topic->second.partitions.size());
  auto partition = world.partition(topic->first, index);
  if (partition == nullptr) return std::nullopt;  // created or removed by halves
  return Pick{topic->first, index, &topic->second.partitions[index], std::move(partition)};
}

// ---- produce

std::vector<TimestampMs> times_of(View batch) {
  std::vector<TimestampMs> out;
  const auto walked = record::for_each_record(batch, kMiB, [&](const record::Record& record) {
    out.push_back(record.timestamp);
    return true;
  });
  TAKHIN_ASSERT(walked.ok(), "a batch that the simulator made");
  return out;
}

SimBatch taken(World& world, const PartitionModel& model, Bytes bytes, Offset base, std::int32_t sequence) {
  SimBatch batch;
  batch.timestamps = times_of(bytes);
  batch.base = base;
  batch.end = Offset{base.raw + static_cast<std::int64_t>(batch.timestamps.size())};
  batch.bytes = std::move(bytes);
  batch.appended = world.clock.wall();
  batch.sequence = sequence;
  batch.producer_id = sequence < 0 ? -1 : model.producer_id;
  return batch;
}

SentBatch make_batch(World& world, const PartitionModel& model, bool idempotent) {
  const int count = 1 + static_cast<int>(world.below(5));
  std::vector<Bytes> values;
  for (int i = 0; i < count; ++i) {
    Bytes value(10 + world.below(200));
    world.random.fill(value);
    values.push_back(std::move(value));
  }
  std::int64_t time = world.clock.wall().raw - static_cast<std::int64_t>(world.below(2 * kMinuteMs));
  if (model.old_timestamps && world.one_in(3)) time -= static_cast<std::int64_t>(world.below(10 * kHourMs));
  if (model.future_timestamps && world.one_in(6)) time += static_cast<std::int64_t>(world.below(kHourMs / 2));
  std::vector<record::NewRecord> records;
  for (int i = 0; i < count; ++i) {
    const auto stamp = TimestampMs{time + static_cast<std::int64_t>(world.below(5000))};
    records.push_back({.key = view_of("k"), .value = View(values[static_cast<std::size_t>(i)]), .timestamp = stamp});
  }
  record::BatchOptions options;
  if (world.one_in(4)) options.codec = world.one_in(2) ? record::Codec::kZstd : record::Codec::kGzip;
  if (idempotent) {
    options.producer_id = model.producer_id;
    options.producer_epoch = 0;
    options.base_sequence = model.next_sequence;
  }
  SentBatch batch;
  batch.bytes = *record::build_batch(records, options);
  batch.sequence = model.next_sequence;
  batch.records = count;
  batch.sent = world.clock.wall();
  return batch;
}

/// What a full disk, or one that does not sync, may answer a client.
bool disk_explains(const World& world, const Error& error) {
  return (world.disk_full && error.kind == Kind::kExhausted) ||
         ((world.syncs_fail || world.sync_failed) && error.kind == Kind::kUnavailable);
}

void wait_for_disk(const Pick& to, Offset end) {
  to.partition->when_durable(end, [&](Result<> durable) {
    if (durable.ok()) to.model->acknowledged(end);
  });
}

Result<> produce(World& world) {
  const auto to = pick(world);
  if (!to) return done();
  const bool idempotent = world.one_in(2);
  const SentBatch batch = make_batch(world, *to->model, idempotent);
  Bytes bytes = batch.bytes;
  const auto answer = to->partition->append(bytes);
  if (!answer.ok() && !world.disk.stopped() && disk_explains(world, answer.error())) return done();  // the client sends it later
  if (idempotent) {
    to->model->sent.push_back(batch);
    if (to->model->sent.size() > kSentMax) to->model->sent.erase(to->model->sent.begin());
    to->model->next_sequence += batch.records;
  }
  const std::int32_t sequence = idempotent ? batch.sequence : -1;
  if (!answer.ok()) {  // written or not: the log decides when it comes back
    if (!world.disk.stopped()) return violation("append on a healthy disk: " + answer.error().text);
    to->model->uncertain = taken(world, *to->model, std::move(bytes), to->model->end(), sequence);
    return done();
  }
  if (answer->status != log::AppendStatus::kOk) return violation("append refused: " + answer->why);
  TRY(to->model->appended(taken(world, *to->model, std::move(bytes), answer->base, sequence)));
  if (world.one_in(2)) wait_for_disk(*to, answer->end);
  return done();
}

/// A client whose answer was lost sends the same batch once more. `refusable`: Kafka's snapshot keeps each producer's last batch
/// only, so that after a restart an older one may be refused as out of order; it is never taken twice.
Result<> send_one_again(World& world, const Pick& to, const SentBatch& batch, bool refusable) {
  const SimBatch* const kept = to.model->find_sent(batch);
  const bool recent = world.clock.wall().raw - batch.sent.raw < kSentForgottenMs;
  if (kept == nullptr || !recent) return done();
  const Offset base = kept->base;
  const Offset end = kept->end;
  Bytes bytes = batch.bytes;
  const auto answer = to.partition->append(bytes);
  if (!answer.ok()) {
    if (world.disk.stopped() || disk_explains(world, answer.error())) return done();
    return violation("append: " + answer.error().text);
  }
  if (refusable && answer->status == log::AppendStatus::kOutOfOrderSequence) return done();
  if (answer->status != log::AppendStatus::kDuplicate || answer->base != base) {
    return violation(fmt::format("{}: batch {} of producer {} is at {}, sent again it was given {} (status {} {})",
                                 to.partition->ref().name(), batch.sequence, to.model->producer_id, base.raw, answer->base.raw,
                                 static_cast<int>(answer->status), answer->why));
  }
  wait_for_disk(to, end);
  return done();
}

Result<> retry(World& world) {
  const auto to = pick(world);
  if (!to || to->model->sent.empty()) return done();
  return send_one_again(world, *to, to->model->sent[world.below(to->model->sent.size())], false);
}

Result<> delete_records(World& world) {
  const auto at = pick(world);
  if (!at) return done();
  PartitionModel& model = *at->model;
  const auto span = static_cast<std::uint64_t>(model.end().raw - model.log_start().raw);
  if (span == 0) return done();
  const Offset to{model.log_start().raw + static_cast<std::int64_t>(world.below(span + 1))};
  model.delete_asked = std::max(model.delete_asked, to);
  if (at->partition->raise_log_start(to, world.soon()).ok()) model.deleted(to);
  return done();
}

// ---- readers

Result<> read(World& world) {
  const auto from = pick(world);
  return from ? check_reads(world, from->topic, from->index, world.store_is_well()) : done();
}

Result<> look_up_time(World& world) {
  const auto in = pick(world);
  if (!in) return done();
  TimestampMs at{world.clock.wall().raw - static_cast<std::int64_t>(world.below(12 * kHourMs))};
  const auto& batches = in->model->batches();
  if (!batches.empty() && !world.one_in(4)) {
    const auto batch = std::next(batches.begin(), static_cast<std::ptrdiff_t>(world.below(batches.size())));
    at = TimestampMs{batch->second.timestamps.front().raw + static_cast<std::int64_t>(world.below(3)) - 1};
  }
  return check_times(world, in->topic, in->index, at, world.store_is_well());
}

// ---- passes and operators. What they answer is looked at when the world is at rest.

Result<> tick(World& world) {
  world.topics->tick();
  return done();
}

using Copies = std::map<std::pair<tier::PartitionRef, Offset>, Offset>;  // and where they end

Copies local_copies(World& world) {
  Copies out;
  for (const auto& [name, topic] : world.model) {
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
      const auto partition = world.partition(name, index);
      if (partition == nullptr) continue;
      for (const tier::SegmentEntry& entry : world.engine->segments(partition->ref())) {
        if (world.engine->has_local_copy(partition->ref(), entry.base)) out[{partition->ref(), entry.base}] = entry.end;
      }
    }
  }
  return out;
}

/// With a target for local disk, what a pass brings back must not be what the next one sends away: nothing was written between.
Result<> evaluate(World& world) {
  if (!world.disk_target.is_set()) {
    static_cast<void>(world.topics->evaluate());
    return done();
  }
  const Copies before = local_copies(world);
  static_cast<void>(world.topics->evaluate());
  const Copies after = local_copies(world);
  static_cast<void>(world.topics->evaluate());
  const Copies later = local_copies(world);
  if (world.disk.stopped()) return done();
  for (const auto& [copy, end] : after) {
    const auto& [ref, base] = copy;
    const auto topic = world.model.find(ref.topic);
    if (before.contains(copy) || later.contains(copy) || topic == world.model.end()) continue;
    const auto partition = world.partition(ref.topic, static_cast<std::size_t>(ref.partition));
    if (partition == nullptr || end <= partition->offsets().log_start) continue;
    return violation(fmt::format("{}: segment {} was brought back and left at once", ref.name(), base.raw));
  }
  return done();
}

// ---- the disk

/// From now on a write somewhere does not fit; what was acknowledged stays, and once there is room all goes on.
Result<> fill_disk(World& world) {
  if (world.disk_full) {
    world.heal_disk();
  } else {
    world.fill_disk(world.below(6000));
  }
  return done();
}

Result<> fail_syncs(World& world) {
  if (world.syncs_fail) {
    world.heal_disk();
  } else {
    world.fail_syncs();
  }
  return done();
}

Result<> archive_one(World& world) {
  const auto at = pick(world);
  if (!at) return done();
  std::vector<Offset> bases;
  const auto listed = world.files.list(kDataDir + "/log/" + at->partition->ref().name());
  if (!listed.ok()) return done();
  for (const DirEntry& entry : *listed) {
    if (const auto base = log::offset_of_name(entry.name, log::kLogSuffix)) bases.push_back(*base);
  }
  if (bases.empty()) return done();
  const Offset base = bases[world.below(bases.size())];
  static_cast<void>(world.topics->archive(partition::segment_path(at->partition->ref().name(), base)));
  return done();
}

Result<> restore_one(World& world) {
  const auto at = pick(world);
  if (!at) return done();
  const auto archived = world.engine->segments(at->partition->ref());
  if (archived.empty()) return done();
  const Offset base = archived[world.below(archived.size())].base;
  static_cast<void>(world.topics->restore(partition::segment_path(at->partition->ref().name(), base)));
  return done();
}

Result<> refresh(World& world) {
  const auto at = pick(world);
  if (at) static_cast<void>(world.engine->refresh(at->partition->ref(), world.one_in(2), world.soon()));
  return done();
}

// ---- topics

std::string one_of(World& world, std::initializer_list<const char*> values) {
  return *(values.begin() + world.below(values.size()));
}

Result<> create_topic(World& world) {
  const std::string name(kNames[world.below(std::size(kNames))]);
  if (world.model.contains(name) || world.model.size() >= kTopicsMax) return done();
  SimTopic topic;
  topic.tiered = !world.one_in(3);
  partition::ConfigMap configs = {{"segment.bytes", one_of(world, {"1500", "3000", "6000"})},
                                  {"segment.ms", one_of(world, {"600000", "86400000"})},
                                  {"index.interval.bytes", one_of(world, {"1", "300", "4096"})},
                                  {"retention.ms", one_of(world, {"-1", "-1", "1800000", "18000000"})},
                                  {"retention.bytes", one_of(world, {"-1", "-1", "6000", "20000"})}};
  if (world.one_in(4)) configs.emplace_back("message.timestamp.type", "LogAppendTime");
  if (topic.tiered) {
    configs.emplace_back("remote.storage.enable", "true");
    configs.emplace_back("local.retention.bytes", one_of(world, {"1", "3000", "-2"}));
  }
  topic.partitions.resize(1 + world.below(2));
  const bool old = world.one_in(2);
  for (PartitionModel& partition : topic.partitions) {
    partition.retention = {std::stoll(configs[3].second), std::stoll(configs[4].second)};
    partition.old_timestamps = old;  // one or the other: how old a segment with both is, is a matter of taste
    partition.future_timestamps = !old;
    partition.producer_id = static_cast<std::int64_t>(++world.producers);
  }
  const auto made = world.topics->create(name, static_cast<std::int32_t>(topic.partitions.size()), configs);
  if (made.ok()) {
    topic.id = (*made)->id;
  } else if (world.disk.stopped() || disk_explains(world, made.error())) {
    world.unsure_created.insert(name);
  } else {
    return violation(fmt::format("create {}: {}", name, made.error().text));
  }
  world.model[name] = std::move(topic);
  return done();
}

Result<> remove_topic(World& world) {
  if (world.model.empty()) return done();
  const auto topic = std::next(world.model.begin(), static_cast<std::ptrdiff_t>(world.below(world.model.size())));
  const std::string name = topic->first;
  if (world.unsure_created.contains(name)) return done();  // its creation failed; the next start tells
  const auto removed = world.topics->remove(name);
  if (!removed.ok() && !world.disk.stopped() && !disk_explains(world, removed.error())) {
    return violation(fmt::format("remove {}: {}", name, removed.error().text));
  }
  if (removed.ok()) {
    world.model.erase(topic);
  } else {
    world.unsure_removed.insert(name);
  }
  return done();
}

// ---- the world itself

Result<> let_time_pass(World& world) {
  world.clock.advance(std::chrono::milliseconds(world.below(world.one_in(4) ? 4 * kHourMs : 10 * kMinuteMs)));
  return done();
}

Result<> jump_clock(World& world) {
  const auto by = static_cast<std::int64_t>(world.below(kMinuteMs));
  world.clock.jump_wall(std::chrono::milliseconds(world.one_in(2) ? by : -by));
  return done();
}

Result<> change_weather(World& world) {
  if (world.store.down() || world.one_in(2)) {
    world.set_faults(static_cast<Faults>(world.below(3)));
  } else {
    world.store.set_down(true);
  }
  return done();
}

constexpr Actor kActors[] = {
    {"produce", 30, produce},        {"retry", 3, retry},
    {"delete-records", 2, delete_records}, {"read", 8, read},
    {"look-up-time", 3, look_up_time},     {"tick", 8, tick},
    {"evaluate", 4, evaluate},       {"archive", 2, archive_one},
    {"restore", 2, restore_one},     {"refresh", 1, refresh},
    {"create", 3, create_topic},     {"remove", 1, remove_topic},
    {"time", 8, let_time_pass},      {"jump", 1, jump_clock},
    {"weather", 2, change_weather},  {"fill-disk", 2, fill_disk},
    {"fail-syncs", 1, fail_syncs},
};

}  // namespace

std::span<const Actor> actors() { return kActors; }

Result<> send_again(World& world, bool machine_lost) {
  for (auto& [name, topic] : world.model) {
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
      PartitionModel& model = topic.partitions[index];
      const Pick to{name, index, &model, world.partition(name, index)};
      std::erase_if(model.sent, [&](const SentBatch& batch) { return model.find_sent(batch) == nullptr; });
      for (const SentBatch& batch : model.sent) {
        TRY(send_one_again(world, to, batch, batch.sequence != model.sent.back().sequence));
      }
      if (model.sent.size() > 1) model.sent.erase(model.sent.begin(), std::prev(model.sent.end()));
      if (machine_lost || model.sent.empty()) {  // a client that lost its way begins anew
        model.producer_id = static_cast<std::int64_t>(++world.producers);
        model.next_sequence = 0;
        model.sent.clear();
      } else {
        model.next_sequence = model.sent.back().sequence + model.sent.back().records;
      }
    }
  }
  return done();
}

}  // namespace takhin::sim
