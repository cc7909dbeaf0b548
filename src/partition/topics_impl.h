#pragma once
// Topics behind topics.h, and the Admin face over them (topics_admin.cc).

#include <atomic>
#include <mutex>
#include <set>

#include "partition/flusher.h"
#include "partition/log_cleaner.h"
#include "partition/partition_impl.h"
#include "partition/tier_keeper.h"
#include "partition/topics.h"
#include "partition/topics_file.h"

namespace takhin::partition {

/// Partitions opened or closed at the same time.
inline constexpr std::size_t kOpenThreads = 4;

class TopicsImpl final : public Topics {
 public:
  TopicsImpl(TopicsDeps deps, TopicsOptions options);
  ~TopicsImpl() override;
  /// Reads topics.json, opens the partitions, starts the passes. Once.
  Result<> start();

  std::vector<std::shared_ptr<const TopicInfo>> all() const override;
  std::shared_ptr<const TopicInfo> find(const std::string& topic) const override;
  std::shared_ptr<const TopicInfo> find(const Uuid& id) const override;
  Result<std::shared_ptr<const TopicInfo>> create(const std::string& topic, std::int32_t partitions,
                                                  const ConfigMap& configs) override;
  Result<> validate(const std::string& topic, std::int32_t partitions, const ConfigMap& configs) const override;
  Result<> remove(const std::string& topic) override;
  Result<> set_configs(const std::string& topic, const ConfigMap& configs) override;
  TopicDefaults defaults() const override;
  Result<> set_defaults(const ConfigMap& cluster, const ConfigMap& broker, bool validate_only) override;
  Result<> add_partitions(const std::string& topic, std::int32_t total) override;
  Result<> close() override;

  bool tiering_enabled() const override { return deps_.engine != nullptr; }
  Result<> ready() const override;
  SegmentCounts segment_counts() const override;
  TierCounts tier_counts() const override;
  Result<> archive(const std::string& path) override;
  Result<> restore(const std::string& path) override;
  Result<SegmentStatus> segment(const std::string& path) const override;
  Result<SegmentWhy> why(const std::string& path) const override;
  Result<tier::AccessStats> access(const std::string& path) const override;
  std::vector<std::pair<std::string, double>> top_access_hz(std::size_t n) const override;
  CostReport cost() const override;
  std::vector<TopicCost> topic_costs(std::size_t n) const override;
  Result<> evaluate() override;

  /// One tick of the background work, on this thread. For tests that own the time.
  void tick() { keeper_.tick(); }
  /// One look of the cleaner; true when it compacted a partition, or tried to.
  bool clean_once() { return cleaner_.run_once(); }

 private:
  struct Entry {
    std::shared_ptr<const TopicInfo> info;
    std::vector<std::shared_ptr<PartitionImpl>> live;  // null: offline
  };
  struct Registry {
    std::map<std::string, Entry> by_name;
    std::map<Uuid, std::string> names;
    TopicDefaults defaults;
  };
  /// Lets the scrape callback outlive us: it sees null once we are gone.
  struct ScrapeGate {
    std::mutex mutex;
    TopicsImpl* topics = nullptr;
    std::uint64_t seen[4] = {};  // of MoveCounters, in its order
    std::uint64_t seen_stalls = 0;
    CleanerStats seen_cleaner;
  };

  PartitionDeps partition_deps();
  std::optional<std::uint64_t> free_bytes() const;
  std::string dir_of(const std::string& topic, std::int32_t partition) const;
  std::size_t open_threads() const { return options_.own_threads ? kOpenThreads : 1; }
  std::string topics_path() const { return options_.data_dir + "/topics.json"; }
  std::string marker_path() const { return options_.data_dir + "/log/.kafka_cleanshutdown"; }
  Result<bool> take_clean_marker();
  PartitionSetup setup_of(const StoredTopic& topic, std::int32_t partition, const TopicConfig& config, bool created) const;
  Result<> open_all();
  Result<> open_new(const StoredTopic& topic, std::int32_t first, const TopicConfig& config,
                    std::vector<std::shared_ptr<PartitionImpl>>& into);
  void report_strangers() const;

  std::shared_ptr<const Registry> registry() const;
  void publish(Registry next);
  Entry entry_of(const StoredTopic& topic, const TopicConfig& config, std::vector<std::shared_ptr<PartitionImpl>> live,
                 const std::map<std::int32_t, Error>& broken) const;
  /// What a topic with these configs is to do; kInvalid when it cannot.
  Result<TopicConfig> config_of(const TopicDefaults& defaults, const ConfigMap& configs) const;
  Result<> check_new(const std::string& topic, std::int32_t partitions, const ConfigMap& configs) const;
  StoredTopic* stored(const std::string& topic, TopicsFile& in) const;
  Result<> commit(TopicsFile next);  // change_mutex_ held
  void remove_folders(const DeletedTopic& topic) const;

  bool has_errands() const;
  Result<> run_errands();
  Result<> publish_topics();
  Result<> finish_deletions();
  // topics_reopen.cc
  void await(const Uuid& topic, std::int32_t partition, const Error& why);  // change_mutex_ held, or before anybody else is there
  Result<> reopen_awaited();
  Result<> reopen(const tier::PartitionRef& ref);  // change_mutex_ held

  std::vector<std::shared_ptr<PartitionImpl>> live_partitions() const;
  struct Found {
    std::shared_ptr<PartitionImpl> partition;
    Offset base;
    std::string path;
  };
  Result<Found> find_segment(const std::string& path) const;
  void register_metrics();
  void set_gauges();
  void set_upload_gauges();
  void set_cleaner_gauges();

  const TopicsDeps deps_;
  const TopicsOptions options_;
  Flusher flusher_;
  MoveCounters moves_;
  UploadControl uploads_;
  const std::shared_ptr<ScrapeGate> gate_ = std::make_shared<ScrapeGate>();

  mutable std::mutex change_mutex_;  // one change of the set of topics at a time; before registry_mutex_
  TopicsFile file_;                  // as on disk
  std::map<Uuid, std::vector<std::shared_ptr<PartitionImpl>>> dying_;  // deleted here; an upload may still run in them
  std::set<std::pair<Uuid, std::int32_t>> awaited_;  // offline until the store, or the disk, lets them open
  bool sweep_due_ = true;            // deletions that somebody else left in the bucket, once at start

  mutable std::mutex registry_mutex_;
  std::shared_ptr<const Registry> registry_ = std::make_shared<Registry>();
  std::atomic<std::size_t> offline_{0};
  std::atomic<bool> closed_{false};
  bool clean_shutdown_ = false;
  const Steady started_ = deps_.clock.steady();  // requests are counted since

  TierKeeper keeper_;
  LogCleaner cleaner_;
};

}  // namespace takhin::partition
