#pragma once
// Configs of the broker itself that are changed while it runs, by IncrementalAlterConfigs of this broker or of all (KIP-226).
// What topics fall back to is partition/topic_defaults.h's.

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "base/file.h"
#include "broker/options.h"
#include "partition/topic_config.h"

namespace takhin::broker {

enum class Live : std::uint8_t { kAutoCreateTopics, kColdWaitMs, kFetchBytesMax, kNumPartitions };
inline constexpr std::size_t kLiveConfigs = 4;

struct LiveRow {
  std::string_view key;   // in the file behind "kafka."
  std::string_view type;  // as a topic config's: "boolean", "int", "long"
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view doc;
  std::int64_t (*fixed)(const Options& options);  // from the configuration file, or the default
};
/// By key, as in Live.
std::span<const LiveRow> live_rows();
const LiveRow* find_live_row(std::string_view key);
std::string live_text(const LiveRow& row, std::int64_t value);

/// Any thread. Reading a value is one load.
class LiveConfigs {
 public:
  /// A stronger layer hides a weaker one; below both is the configuration file.
  struct Layers {
    partition::ConfigMap cluster;
    partition::ConfigMap broker;
  };

  /// kCorrupt with the line's number.
  static Result<std::unique_ptr<LiveConfigs>> open(FileSystem& files, std::string path, const Options& options);
  std::int64_t get(Live config) const { return values_[static_cast<std::size_t>(config)].load(std::memory_order_relaxed); }
  bool auto_create_topics() const { return get(Live::kAutoCreateTopics) != 0; }
  std::int32_t num_partitions() const { return static_cast<std::int32_t>(get(Live::kNumPartitions)); }
  Layers layers() const;
  /// Replaces both layers; in force at once, durable on return. kInvalid, and nothing changed, when a value is wrong. With
  /// `validate_only` just the checks. Blocks.
  Result<> set(const Layers& layers, bool validate_only);

 private:
  LiveConfigs(FileSystem& files, std::string path, const Options& options);
  Result<> load();
  void put_in_force(const Layers& layers);

  FileSystem& files_;
  const std::string path_;
  std::array<std::int64_t, kLiveConfigs> fixed_{};
  std::array<std::atomic<std::int64_t>, kLiveConfigs> values_{};
  std::mutex change_mutex_;   // one writer of the file
  mutable std::mutex mutex_;  // guards the one below
  Layers layers_;
};

}  // namespace takhin::broker
