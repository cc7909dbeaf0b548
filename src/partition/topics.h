#pragma once
// All topics of a broker and their partitions: creation, deletion, configs, recovery at start, and the background passes
// (flush, roll, archive, local and total retention, policy).

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "metrics/metrics.h"
#include "partition/admin.h"
#include "partition/cleaner_options.h"
#include "partition/disk_target.h"
#include "partition/partition.h"
#include "partition/topic_defaults.h"
#include "partition/upload_control.h"
#include "tier/engine.h"
#include "tier/topic_meter.h"

namespace takhin::partition {

struct TopicInfo {
  std::string name;
  Uuid id;
  ConfigMap configs;   // what the topic sets
  TopicConfig config;  // what that comes to, over the broker's defaults
  std::vector<std::shared_ptr<Partition>> partitions;
};

struct TopicsOptions {
  std::string data_dir;                        // DATA: DATA/log, DATA/topics.json
  ConfigMap defaults;                          // TopicDefaults::fixed
  bool tiering = false;
  tier::PolicyOptions policy;
  tier::CostRates rates;
  bool auto_archive = true;
  std::int64_t archive_interval_ms = 3600'000;
  std::int64_t evaluate_interval_ms = 1800'000;
  std::int64_t local_pass_interval_ms = 2'000;  // KIP-405 topics: uploads and local retention; roll and retention of all
  bool flush_on_acks_all = true;                // log.flush
  std::size_t upload_threads = 2;
  UploadLimits upload_limits;
  DiskTarget disk_target;
  CleanerOptions cleaner;
  std::int64_t rpo_ms = 0;                      // tier.rpo.minutes: of tiered topics that set no tier.rpo.ms; 0 = none
  bool clean_shutdown = false;                  // takes the last stop for an orderly one even without the marker of close()
  bool background_passes = true;                // false: only evaluate() and nothing by itself (tests)
  bool own_threads = true;                      // false: all work runs on the thread that asks for it (simulations)
};

struct TopicsDeps {
  FileSystem& files;
  Clock& clock;
  Random& random;
  metrics::Metrics& metrics;
  tier::Engine* engine;  // null: tiering is off
  const tier::TopicMeter* topic_meter = nullptr;  // may be null: then no topic's requests are known
};

/// Any thread. TopicInfo is an immutable snapshot.
class Topics : public Admin {
 public:
  /// Opens every partition on disk (several at once). One broken partition is logged and left offline, the rest serve.
  static Result<std::unique_ptr<Topics>> open(TopicsDeps deps, TopicsOptions options);

  virtual std::vector<std::shared_ptr<const TopicInfo>> all() const = 0;  // by name
  virtual std::shared_ptr<const TopicInfo> find(const std::string& topic) const = 0;
  virtual std::shared_ptr<const TopicInfo> find(const Uuid& id) const = 0;
  std::shared_ptr<Partition> partition(const std::string& topic, std::int32_t index) const;
  std::shared_ptr<Partition> partition(const Uuid& id, std::int32_t index) const;

  /// kConflict when it exists, kInvalid for a bad name (Kafka's rules, also collisions of '.' and '_'), count or config.
  virtual Result<std::shared_ptr<const TopicInfo>> create(const std::string& topic, std::int32_t partitions,
                                                          const ConfigMap& configs) = 0;
  /// The checks of create() without the doing.
  virtual Result<> validate(const std::string& topic, std::int32_t partitions, const ConfigMap& configs) const = 0;
  /// Local files go at once, objects in the background behind a tombstone.
  virtual Result<> remove(const std::string& topic) = 0;
  virtual Result<> set_configs(const std::string& topic, const ConfigMap& configs) = 0;
  /// What topics fall back to.
  virtual TopicDefaults defaults() const = 0;
  /// Replaces what was set at run time; in force at once for every topic, durable on return. kInvalid, and nothing changed, when
  /// a value is wrong or contradicts what some topic sets. With `validate_only` just the checks.
  virtual Result<> set_defaults(const ConfigMap& cluster, const ConfigMap& broker, bool validate_only) = 0;
  virtual Result<> add_partitions(const std::string& topic, std::int32_t total) = 0;

  /// Stops the background work, syncs and closes every log.
  virtual Result<> close() = 0;
};

}  // namespace takhin::partition
