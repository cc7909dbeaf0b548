#include "tests/sim/world.h"

#include <cstdio>

#include "partition/offline_partition.h"

namespace takhin::sim {

Result<> WatchedFs::remove(const std::string& path) {
  const auto info = below_.stat(path);
  TRY(below_.remove(path));
  if (info.ok() && path.ends_with(".log")) removed_.push_back({path, info->size});
  return done();
}

World::World(std::uint64_t seed) : chance(seed), random(seed ^ 0x5eed), merges(seed % 2 == 0) {
  retries = !one_in(3);
  chunk_bytes = 64u << below(5);
  loses_catalogue = one_in(2);
  cache_bytes = one_in(4) ? 2 * kKiB : 64 * kKiB;
  if (seed % 3 == 0) disk_target = {.log_bytes = 8 * kKiB + seed % 16 * kKiB, .low_percent = 60 + static_cast<int>(seed % 31)};
  note_time();
}

World::~World() {
  if (running()) stop(End::kKill);
}

void World::set_faults(Faults faults) {
  faults_now = faults;
  store.heal();
  const int damage = loses_catalogue ? 0 : 10;
  if (faults == Faults::kSome) {
    store.set_faults({.refused = 20, .throttled = 10, .lost_reply = 20, .slow = 5, .flipped = 10, .torn = 10, .damaged = damage});
  }
  if (faults == Faults::kMany) {
    store.set_faults(
        {.refused = 150, .throttled = 50, .lost_reply = 150, .slow = 50, .flipped = 50, .torn = 80, .damaged = 5 * damage});
  }
}

void World::fill_disk(std::uint64_t bytes_left) {
  const auto space = disk.space(kDataDir);
  TAKHIN_ASSERT(space.ok(), "CrashFs always tells");
  disk.set_space(space->total - space->available + bytes_left);
  disk_full = true;
}

void World::fail_syncs() {
  disk.fail_syncs(true);
  syncs_fail = sync_failed = true;
}

void World::heal_disk() {
  disk.set_space(UINT64_MAX);
  disk.fail_syncs(false);
  disk_full = syncs_fail = false;
}

void World::say(const std::string& what) {
  for (const char c : what) trace = (trace ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  if (loud) std::fprintf(stderr, "%s\n", what.c_str());
}

Result<> World::start() {
  ++starts;
  metrics = std::make_unique<metrics::Metrics>();
  tier::EngineOptions engine_options;
  engine_options.cache_dir = kDataDir + "/cache";
  engine_options.catalog_path = kDataDir + "/catalog.db";
  engine_options.chunk_bytes = chunk_bytes;
  engine_options.fetch_bytes_max = 2 * kKiB;
  engine_options.readahead_bytes_max = 4 * kKiB;
  engine_options.cache_bytes_max = cache_bytes;
  engine_options.fetch_threads = 0;
  if (merges) {
    engine_options.merge = {
        .small_bytes = 8 * kKiB, .target_bytes = 16 * kKiB, .sources_min = 2, .grace_ms = 7 * kMinuteMs};
  }
  object::ObjectStore& to = retries ? static_cast<object::ObjectStore&>(retrying) : store;
  auto opened = tier::Engine::open({to, files, clock, random, *metrics}, engine_options);
  if (!opened.ok()) return std::move(opened).error().within("open the engine");
  engine = *std::move(opened);
  partition::TopicsOptions options;
  options.data_dir = kDataDir;
  options.tiering = true;
  options.background_passes = false;
  options.own_threads = false;
  options.disk_target = disk_target;
  options.policy = {.warm_age_ms = kHourMs, .cold_age_ms = 3 * kHourMs, .hot_access_hz_min = 4, .hot_access_count_min = 4};
  topics = std::make_unique<partition::TopicsImpl>(
      partition::TopicsDeps{files, clock, random, *metrics, engine.get()}, options);
  return topics->start().within("open the topics");
}

void World::stop(End how) {
  if (how != End::kClose) disk.stop_after(0);
  topics.reset();
  engine.reset();
  metrics.reset();
  if (how == End::kPowerLoss) {
    disk.power_loss(one_in(3) ? 0 : chance());
  } else {
    disk.kill();
  }
  static_cast<void>(files.take_removed());
  heal_disk();  // before it starts again somebody made room, and the device works
  sync_failed = false;
}

std::shared_ptr<partition::Partition> World::partition(const std::string& topic, std::size_t index) const {
  return topics->partition(topic, static_cast<std::int32_t>(index));
}

std::size_t World::offline() const {
  std::size_t count = 0;
  for (const auto& info : topics->all()) {
    for (const auto& partition : info->partitions) {
      count += dynamic_cast<const partition::OfflinePartition*>(partition.get()) != nullptr ? 1 : 0;
    }
  }
  return count;
}

Result<> World::compare_after_start(End how) {
  for (const std::string& name : std::exchange(unsure_created, {})) {
    const auto info = topics->find(name);
    if (info == nullptr) {
      model.erase(name);
    } else {
      model[name].id = info->id;
    }
  }
  for (const std::string& name : std::exchange(unsure_removed, {})) {
    if (topics->find(name) == nullptr) model.erase(name);
  }
  for (auto& [name, topic] : model) {
    const auto info = topics->find(name);
    if (info == nullptr) return fail(Kind::kCorrupt, "topic {} is gone after a restart", name);
    if (info->id != topic.id) return fail(Kind::kCorrupt, "topic {} has another id after a restart", name);
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
      const auto partition = info->partitions.at(index);
      if (dynamic_cast<const partition::OfflinePartition*>(partition.get()) != nullptr) {
        const auto why = partition->read({Offset{0}});
        return fail(Kind::kCorrupt, "{}", why.error().text);
      }
      const auto offsets = partition->offsets();
      TRY(topic.partitions[index]
              .reopened(offsets.high_watermark, offsets.log_start, how == End::kPowerLoss)
              .within(partition->ref().name()));
    }
  }
  for (const auto& info : topics->all()) {
    if (!model.contains(info->name)) return fail(Kind::kCorrupt, "topic {} came back after its deletion", info->name);
  }
  return done();
}

}  // namespace takhin::sim
