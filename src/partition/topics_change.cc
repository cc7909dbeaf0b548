// Changes of the set of topics. Each is committed by one atomic write of topics.json; what follows can be done again after a
// crash.

#include <algorithm>

#include "base/log.h"
#include "partition/topic_rules.h"
#include "partition/topics_impl.h"

namespace takhin::partition {

Result<TopicConfig> TopicsImpl::config_of(const TopicDefaults& defaults, const ConfigMap& configs) const {
  TRY(auto config, parse_topic_config(effective_configs(defaults, configs)));
  if (config.remote_storage_enable && deps_.engine == nullptr) {
    return fail(Kind::kInvalid, "remote.storage.enable = true: tiered storage is off in this broker (storage.tiered.enabled)");
  }
  return config;
}

Result<> TopicsImpl::check_new(const std::string& topic, std::int32_t partitions, const ConfigMap& configs) const {
  TRY(check_topic_name(topic));
  const auto now = registry();
  for (const auto& [name, entry] : now->by_name) {
    if (name == topic) return fail(Kind::kConflict, "topic '{}' already exists", topic);
    if (names_collide(name, topic)) {
      return fail(Kind::kInvalid, "topic name '{}' collides with '{}': '.' and '_' count as the same", topic, name);
    }
  }
  if (partitions < 1 || partitions > kPartitionsMax) {
    return fail(Kind::kInvalid, "partitions = {}: must be from 1 to {}", partitions, kPartitionsMax);
  }
  TRY(config_of(now->defaults, configs));
  return done();
}

Result<> TopicsImpl::validate(const std::string& topic, std::int32_t partitions, const ConfigMap& configs) const {
  return check_new(topic, partitions, configs);
}

StoredTopic* TopicsImpl::stored(const std::string& topic, TopicsFile& in) const {
  const auto found = std::ranges::find(in.topics, topic, &StoredTopic::name);
  return found == in.topics.end() ? nullptr : &*found;
}

Result<> TopicsImpl::commit(TopicsFile next) {
  if (closed_) return fail(Kind::kClosed, "shutting down");
  TRY(store_topics(deps_.files, topics_path(), next).within("write topics.json"));
  file_ = std::move(next);
  return done();
}

/// Opens partitions first.. of a topic that has just got them; closes and removes them again when one cannot be made.
Result<> TopicsImpl::open_new(const StoredTopic& topic, std::int32_t first, const TopicConfig& config,
                              std::vector<std::shared_ptr<PartitionImpl>>& into) {
  const PartitionDeps deps = partition_deps();
  const std::size_t before = into.size();
  for (std::int32_t partition = first; partition < topic.partitions; ++partition) {
    auto opened = PartitionImpl::open(deps, setup_of(topic, partition, config, true));
    if (opened.ok()) {
      into.push_back(*std::move(opened));
      continue;
    }
    for (std::size_t at = before; at < into.size(); ++at) {
      if (const auto gone = into[at]->destroy(); !gone.ok()) log_warn("partition", "{}", gone.error().text);
    }
    into.resize(before);
    return std::move(opened).error();
  }
  return done();
}

Result<std::shared_ptr<const TopicInfo>> TopicsImpl::create(const std::string& topic, std::int32_t partitions,
                                                            const ConfigMap& configs) {
  const std::lock_guard hold(change_mutex_);
  TRY(check_new(topic, partitions, configs));
  for (const DeletedTopic& gone : file_.deleting) {
    if (gone.name == topic) remove_folders(gone);
  }
  TRY(const TopicConfig config, config_of(defaults(), configs));
  StoredTopic made{topic, Uuid::make(deps_.random), partitions, configs, false};
  std::ranges::sort(made.configs);
  TopicsFile with = file_;
  with.topics.push_back(made);
  const TopicsFile without = file_;
  TRY(commit(std::move(with)));
  std::vector<std::shared_ptr<PartitionImpl>> live;
  if (auto opened = open_new(made, 0, config, live); !opened.ok()) {
    if (auto undone = commit(without); !undone.ok()) log_error("partition", "{}", undone.error().text);
    return std::move(opened).error();
  }
  Registry next = *registry();
  Entry entry = entry_of(made, config, std::move(live), {});
  auto info = entry.info;
  next.names.emplace(made.id, made.name);
  next.by_name.emplace(made.name, std::move(entry));
  publish(std::move(next));
  log_info("partition", "created topic {} with {} partitions, id {}", topic, partitions, made.id.text());
  return info;
}

Result<> TopicsImpl::add_partitions(const std::string& topic, std::int32_t total) {
  const std::lock_guard hold(change_mutex_);
  TopicsFile with = file_;
  StoredTopic* changed = stored(topic, with);
  if (changed == nullptr) return fail(Kind::kNotFound, "no topic '{}'", topic);
  if (total <= changed->partitions || total > kPartitionsMax) {
    return fail(Kind::kInvalid, "partitions = {}: must be from {} to {}", total, changed->partitions + 1, kPartitionsMax);
  }
  TRY(const TopicConfig config, config_of(defaults(), changed->configs));
  const std::int32_t first = changed->partitions;
  changed->partitions = total;
  changed->published = false;
  const StoredTopic made = *changed;
  const TopicsFile without = file_;
  TRY(commit(std::move(with)));
  Registry next = *registry();
  const Entry old = next.by_name.at(topic);
  auto live = old.live;
  if (auto opened = open_new(made, first, config, live); !opened.ok()) {
    if (auto undone = commit(without); !undone.ok()) log_error("partition", "{}", undone.error().text);
    return opened;
  }
  auto info = std::make_shared<TopicInfo>(*old.info);
  for (auto at = static_cast<std::size_t>(first); at < live.size(); ++at) info->partitions.push_back(live[at]);
  next.by_name[topic] = {std::move(info), std::move(live)};
  publish(std::move(next));
  return done();
}

Result<> TopicsImpl::set_configs(const std::string& topic, const ConfigMap& configs) {
  const std::lock_guard hold(change_mutex_);
  TopicsFile with = file_;
  StoredTopic* changed = stored(topic, with);
  if (changed == nullptr) return fail(Kind::kNotFound, "no topic '{}'", topic);
  TRY(const TopicConfig config, config_of(defaults(), configs));
  changed->configs = configs;
  std::ranges::sort(changed->configs);
  changed->published = false;
  const ConfigMap sorted = changed->configs;
  TRY(commit(std::move(with)));
  Registry next = *registry();
  Entry& entry = next.by_name.at(topic);
  auto info = std::make_shared<TopicInfo>(*entry.info);
  info->configs = sorted;
  info->config = config;
  entry.info = std::move(info);
  for (const auto& partition : entry.info->partitions) partition->set_config(config);
  publish(std::move(next));
  return done();
}

TopicDefaults TopicsImpl::defaults() const { return registry()->defaults; }

Result<> TopicsImpl::set_defaults(const ConfigMap& cluster, const ConfigMap& broker, bool validate_only) {
  const std::lock_guard hold(change_mutex_);
  Registry next = *registry();
  next.defaults = {options_.defaults, cluster, broker};
  for (ConfigMap* layer : {&next.defaults.cluster, &next.defaults.broker}) {
    std::ranges::sort(*layer);
    TRY(parse_topic_config(*layer));
  }
  TRY(config_of(next.defaults, {}));
  std::vector<TopicConfig> configs;
  for (const auto& [name, entry] : next.by_name) {
    TRY(auto config, config_of(next.defaults, entry.info->configs).within("topic " + name));
    configs.push_back(std::move(config));
  }
  if (validate_only) return done();
  TopicsFile with = file_;
  with.cluster_defaults = next.defaults.cluster;
  with.broker_defaults = next.defaults.broker;
  TRY(commit(std::move(with)));
  std::size_t at = 0;
  for (auto& [name, entry] : next.by_name) {
    auto info = std::make_shared<TopicInfo>(*entry.info);
    info->config = configs[at++];
    for (const auto& partition : info->partitions) partition->set_config(info->config);
    entry.info = std::move(info);
  }
  publish(std::move(next));
  return done();
}

Result<> TopicsImpl::remove(const std::string& topic) {
  const std::lock_guard hold(change_mutex_);
  TopicsFile without = file_;
  const StoredTopic* found = stored(topic, without);
  if (found == nullptr) return fail(Kind::kNotFound, "no topic '{}'", topic);
  const DeletedTopic gone{found->name, found->id, found->partitions};
  std::erase_if(without.topics, [&](const StoredTopic& each) { return each.id == gone.id; });
  without.deleting.push_back(gone);
  TRY(commit(std::move(without)));
  Registry next = *registry();
  const Entry entry = next.by_name.at(topic);
  next.by_name.erase(topic);
  next.names.erase(gone.id);
  publish(std::move(next));
  for (const auto& partition : entry.live) {
    if (partition == nullptr) {
      --offline_;
    } else if (const auto destroyed = partition->destroy(); !destroyed.ok()) {
      log_warn("partition", "{}: {}", partition->ref().name(), destroyed.error().text);
    } else {
      dying_[gone.id].push_back(partition);
    }
  }
  remove_folders(gone);
  log_info("partition", "deleted topic {}, id {}", topic, gone.id.text());
  return done();
}

/// Only folders that carry the deleted topic's id, or nothing at all: a new topic of the same name may have its own there.
void TopicsImpl::remove_folders(const DeletedTopic& topic) const {
  for (std::int32_t partition = 0; partition < topic.partitions; ++partition) {
    const std::string dir = dir_of(topic.name, partition);
    const auto owner = load_topic_id(deps_.files, dir);
    if (!owner.ok() || (*owner && **owner != topic.id)) continue;
    const auto listed = deps_.files.list(dir);
    if (!*owner && listed.ok() && !listed->empty()) continue;
    if (const auto removed = remove_partition_folder(deps_.files, dir); !removed.ok()) {
      log_warn("partition", "{}", removed.error().text);
    }
  }
}

// ---- what the bucket is told, in the background

bool TopicsImpl::has_errands() const {
  const std::lock_guard hold(change_mutex_);
  if (closed_) return false;
  if (!file_.deleting.empty() || !awaited_.empty()) return true;
  return deps_.engine != nullptr &&
         (sweep_due_ || std::ranges::any_of(file_.topics, [](const auto& topic) { return !topic.published; }));
}

Result<> TopicsImpl::run_errands() {
  TRY(reopen_awaited());
  TRY(finish_deletions());
  if (deps_.engine == nullptr) return done();
  TRY(publish_topics());
  {
    const std::lock_guard hold(change_mutex_);
    if (!std::exchange(sweep_due_, false)) return done();
  }
  auto swept = deps_.engine->finish_deletions(Deadline::in(deps_.clock, kTransferTime)).within("finish deletions in the bucket");
  if (!swept.ok()) {
    const std::lock_guard hold(change_mutex_);
    sweep_due_ = true;
  }
  return swept;
}

Result<> TopicsImpl::publish_topics() {
  std::vector<StoredTopic> due;
  {
    const std::lock_guard hold(change_mutex_);
    std::ranges::copy_if(file_.topics, std::back_inserter(due), [](const StoredTopic& topic) { return !topic.published; });
  }
  for (const StoredTopic& topic : due) {
    TRY(deps_.engine
            ->put_topic({topic.name, topic.id, topic.partitions, topic.configs}, Deadline::in(deps_.clock, kStoreCallTime))
            .within(fmt::format("publish topic {}", topic.name)));
    const std::lock_guard hold(change_mutex_);
    TopicsFile next = file_;
    StoredTopic* now = stored(topic.name, next);
    if (now == nullptr || *now != topic) continue;  // changed meanwhile: published again, or deleted, by the next round
    now->published = true;
    TRY(commit(std::move(next)));
  }
  return done();
}

Result<> TopicsImpl::finish_deletions() {
  std::vector<DeletedTopic> due;
  {
    const std::lock_guard hold(change_mutex_);
    due = file_.deleting;
  }
  for (const DeletedTopic& topic : due) {
    if (deps_.engine != nullptr) {
      std::vector<std::shared_ptr<PartitionImpl>> dying;
      {
        const std::lock_guard hold(change_mutex_);
        if (const auto found = dying_.find(topic.id); found != dying_.end()) dying = found->second;
      }
      for (const auto& partition : dying) partition->wait_for_uploads();
      TRY(deps_.engine->delete_topic(topic.name, topic.id, Deadline::in(deps_.clock, kTransferTime))
              .within(fmt::format("delete the objects of topic {}", topic.name)));
    }
    const std::lock_guard hold(change_mutex_);
    remove_folders(topic);
    dying_.erase(topic.id);
    TopicsFile next = file_;
    std::erase(next.deleting, topic);
    TRY(commit(std::move(next)));
  }
  return done();
}

}  // namespace takhin::partition
