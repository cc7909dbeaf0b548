#include "partition/topics_impl.h"

#include <algorithm>

#include "base/in_parallel.h"
#include "base/log.h"
#include "partition/offline_partition.h"
#include "partition/topic_rules.h"

namespace takhin::partition {
namespace {

KeeperOptions keeper_options(const TopicsOptions& options) {
  return {options.policy,
          options.auto_archive,
          options.archive_interval_ms,
          options.evaluate_interval_ms,
          options.local_pass_interval_ms,
          options.own_threads ? std::max<std::size_t>(options.upload_threads, 1) : 0,
          options.disk_target};
}

}  // namespace

// ---- topics.h

std::shared_ptr<Partition> Topics::partition(const std::string& topic, std::int32_t index) const {
  const auto info = find(topic);
  if (info == nullptr || index < 0 || static_cast<std::size_t>(index) >= info->partitions.size()) return nullptr;
  return info->partitions[static_cast<std::size_t>(index)];
}

std::shared_ptr<Partition> Topics::partition(const Uuid& id, std::int32_t index) const {
  const auto info = find(id);
  if (info == nullptr || index < 0 || static_cast<std::size_t>(index) >= info->partitions.size()) return nullptr;
  return info->partitions[static_cast<std::size_t>(index)];
}

Result<std::unique_ptr<Topics>> Topics::open(TopicsDeps deps, TopicsOptions options) {
  auto topics = std::make_unique<TopicsImpl>(deps, std::move(options));
  TRY(topics->start());
  return std::unique_ptr<Topics>(std::move(topics));
}

// ---- start and stop

TopicsImpl::TopicsImpl(TopicsDeps deps, TopicsOptions options)
    : deps_{deps.files, deps.clock, deps.random, deps.metrics, options.tiering ? deps.engine : nullptr,
            deps.topic_meter},
      options_(std::move(options)),
      uploads_(deps_.clock, options_.upload_limits),
      keeper_({deps_.clock, deps_.random, uploads_, [this] { return live_partitions(); }, [this] { return has_errands(); },
               [this] { return run_errands(); }, [this] { return free_bytes(); }},
              keeper_options(options_)),
      cleaner_({deps_.clock, deps_.random, [this] { return live_partitions(); }}, options_.cleaner) {
  if (!options_.own_threads) flusher_.stop();  // from then on it serves its callers at once
}

TopicsImpl::~TopicsImpl() {
  {
    const std::lock_guard hold(gate_->mutex);
    gate_->topics = nullptr;
  }
  if (const auto closed = close(); !closed.ok()) log_error("partition", "closing: {}", closed.error().text);
}

Result<> TopicsImpl::start() {
  TRY(deps_.files.make_dirs(options_.data_dir + "/log"));
  TRY(file_, load_topics(deps_.files, topics_path()));
  TRY(deps_.files.sync_dir(options_.data_dir));  // what was read must stay: a kill may have come before its name was on disk
  TRY(const bool marked, take_clean_marker());
  clean_shutdown_ = marked || options_.clean_shutdown;
  for (const DeletedTopic& topic : file_.deleting) remove_folders(topic);
  TRY(open_all());
  report_strangers();
  register_metrics();
  if (options_.background_passes) {
    keeper_.start();
    cleaner_.start();
  }
  return done();
}

/// Kafka's own marker of a log directory that was closed in order; it holds for one start.
Result<bool> TopicsImpl::take_clean_marker() {
  if (!deps_.files.stat(marker_path()).ok()) return false;
  TRY(deps_.files.remove(marker_path()));
  TRY(deps_.files.sync_dir(parent_of(marker_path())));
  return true;
}

Result<> TopicsImpl::close() {
  if (closed_.exchange(true)) return done();
  keeper_.stop();
  cleaner_.stop();
  const auto partitions = live_partitions();
  std::mutex mutex;
  std::optional<Error> first;
  in_parallel(partitions.size(), open_threads(), [&](std::size_t at) {
    const auto closed = partitions[at]->close();
    const std::lock_guard hold(mutex);
    if (!closed.ok() && !first) first = Error(closed.error()).within(partitions[at]->ref().name());
  });
  flusher_.stop();
  if (first) return *first;
  return write_atomically(deps_.files, marker_path(), {});
}

PartitionDeps TopicsImpl::partition_deps() {
  return {deps_.files, deps_.clock, flusher_, moves_, uploads_, deps_.engine};
}

std::optional<std::uint64_t> TopicsImpl::free_bytes() const {
  const auto space = deps_.files.space(options_.data_dir);
  return space.ok() ? std::optional(space->available) : std::nullopt;
}

std::string TopicsImpl::dir_of(const std::string& topic, std::int32_t partition) const {
  return fmt::format("{}/log/{}-{}", options_.data_dir, topic, partition);
}

PartitionSetup TopicsImpl::setup_of(const StoredTopic& topic, std::int32_t partition, const TopicConfig& config,
                                    bool created) const {
  PartitionSetup setup;
  setup.ref = {topic.name, topic.id, partition};
  setup.dir = dir_of(topic.name, partition);
  setup.config = config;
  setup.created = created;
  setup.clean_shutdown = clean_shutdown_;
  setup.flush_on_acks_all = options_.flush_on_acks_all;
  setup.rpo_ms = options_.rpo_ms;
  return setup;
}

Result<> TopicsImpl::open_all() {
  struct Job {
    const StoredTopic* topic;
    TopicConfig config;
    std::int32_t partition;
    std::shared_ptr<PartitionImpl> live;
    Error why;
  };
  std::vector<Job> jobs;
  Registry next;
  next.defaults = {options_.defaults, file_.cluster_defaults, file_.broker_defaults};
  TRY(config_of(next.defaults, {}).within("defaults of topics (log.*)"));
  for (const StoredTopic& topic : file_.topics) {
    TRY(const auto config, parse_topic_config(effective_configs(next.defaults, topic.configs)).within("topic " + topic.name));
    for (std::int32_t partition = 0; partition < topic.partitions; ++partition)
      jobs.push_back({&topic, config, partition, nullptr, {}});
  }
  const PartitionDeps deps = partition_deps();
  in_parallel(jobs.size(), open_threads(), [&](std::size_t at) {
    auto opened = PartitionImpl::open(deps, setup_of(*jobs[at].topic, jobs[at].partition, jobs[at].config, false));
    if (opened.ok()) {
      jobs[at].live = *std::move(opened);
    } else {
      jobs[at].why = std::move(opened).error();
      log_error("partition", "{}; it is offline", jobs[at].why.text);
      ++offline_;
    }
  });
  for (std::size_t at = 0; at < jobs.size();) {
    const StoredTopic& topic = *jobs[at].topic;
    const TopicConfig config = jobs[at].config;
    std::vector<std::shared_ptr<PartitionImpl>> live;
    std::map<std::int32_t, Error> broken;
    for (; at < jobs.size() && jobs[at].topic == &topic; ++at) {
      if (jobs[at].live == nullptr) {
        await(topic.id, jobs[at].partition, jobs[at].why);
        broken.emplace(jobs[at].partition, jobs[at].why);
      }
      live.push_back(jobs[at].live);
    }
    next.names.emplace(topic.id, topic.name);
    next.by_name.emplace(topic.name, entry_of(topic, config, std::move(live), broken));
  }
  publish(std::move(next));
  return done();
}

void TopicsImpl::report_strangers() const {
  const auto listed = deps_.files.list(options_.data_dir + "/log");
  if (!listed.ok()) return log_warn("partition", "{}", listed.error().text);
  for (const DirEntry& entry : *listed) {
    if (!entry.is_directory) continue;
    const auto dash = entry.name.rfind('-');
    const auto number = dash == std::string::npos ? std::string() : entry.name.substr(dash + 1);
    const auto info = find(entry.name.substr(0, dash));
    const bool ours = info != nullptr && !number.empty() &&
                      std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }) && number.size() < 9 &&
                      std::stoul(number) < info->partitions.size();
    if (!ours) log_warn("partition", "{}/log/{} belongs to no topic; left alone", options_.data_dir, entry.name);
  }
}

// ---- who is there

std::shared_ptr<const TopicsImpl::Registry> TopicsImpl::registry() const {
  const std::lock_guard hold(registry_mutex_);
  return registry_;
}

void TopicsImpl::publish(Registry next) {
  auto made = std::make_shared<const Registry>(std::move(next));
  const std::lock_guard hold(registry_mutex_);
  registry_.swap(made);
}

TopicsImpl::Entry TopicsImpl::entry_of(const StoredTopic& topic, const TopicConfig& config,
                                       std::vector<std::shared_ptr<PartitionImpl>> live,
                                       const std::map<std::int32_t, Error>& broken) const {
  auto info = std::make_shared<TopicInfo>(TopicInfo{topic.name, topic.id, topic.configs, config, {}});
  for (std::size_t at = 0; at < live.size(); ++at) {
    const auto index = static_cast<std::int32_t>(at);
    if (live[at] != nullptr) {
      info->partitions.push_back(live[at]);
    } else {
      info->partitions.push_back(
          std::make_shared<OfflinePartition>(tier::PartitionRef{topic.name, topic.id, index}, broken.at(index)));
    }
  }
  return {std::move(info), std::move(live)};
}

std::vector<std::shared_ptr<const TopicInfo>> TopicsImpl::all() const {
  std::vector<std::shared_ptr<const TopicInfo>> out;
  const auto now = registry();
  for (const auto& [name, entry] : now->by_name) out.push_back(entry.info);
  return out;
}

std::shared_ptr<const TopicInfo> TopicsImpl::find(const std::string& topic) const {
  const auto now = registry();
  const auto found = now->by_name.find(topic);
  return found == now->by_name.end() ? nullptr : found->second.info;
}

std::shared_ptr<const TopicInfo> TopicsImpl::find(const Uuid& id) const {
  const auto now = registry();
  const auto name = now->names.find(id);
  return name == now->names.end() ? nullptr : now->by_name.at(name->second).info;
}

std::vector<std::shared_ptr<PartitionImpl>> TopicsImpl::live_partitions() const {
  std::vector<std::shared_ptr<PartitionImpl>> out;
  const auto now = registry();
  for (const auto& [name, entry] : now->by_name) {
    for (const auto& partition : entry.live) {
      if (partition != nullptr) out.push_back(partition);
    }
  }
  return out;
}

}  // namespace takhin::partition
