#pragma once
// What groups set for themselves: configs of resource type GROUP (KIP-848), over the broker's options. Kept in one small file.

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace takhin::broker::groups {

/// Of groups of the next generation (KIP-848). Defaults are Kafka's, but that Kafka knows no limit of members.
struct ConsumerGroupOptions {
  std::int32_t session_timeout_ms = 45'000;
  std::int32_t session_timeout_min_ms = 45'000;  // of what a group may set
  std::int32_t session_timeout_max_ms = 60'000;
  std::int32_t heartbeat_interval_ms = 5'000;
  std::int32_t heartbeat_interval_min_ms = 5'000;
  std::int32_t heartbeat_interval_max_ms = 15'000;
  std::size_t members_max = 10'000;
  std::vector<std::string> assignors = {"uniform", "range"};  // that clients may ask for; the first when none does
};

struct GroupConfigRow {
  std::string_view key;
  std::string_view broker_key;  // Kafka's name of what it falls back to
  std::int32_t ConsumerGroupOptions::*fallback;
  std::int32_t ConsumerGroupOptions::*min;
  std::int32_t ConsumerGroupOptions::*max;
  std::string_view doc;
};
std::span<const GroupConfigRow> group_config_rows();
/// Null: there is no such config.
const GroupConfigRow* find_group_config_row(std::string_view key);

/// Any thread.
class GroupConfigs {
 public:
  using Values = std::map<std::string, std::int32_t>;

  /// kCorrupt when the file is damaged.
  static Result<std::unique_ptr<GroupConfigs>> open(FileSystem& files, std::string path, ConsumerGroupOptions fallback);

  /// What the group sets itself.
  Values find(const std::string& group) const;
  /// With what it falls back to.
  std::int32_t value(const std::string& group, const GroupConfigRow& row) const;
  std::int32_t session_timeout_ms(const std::string& group) const;
  std::int32_t heartbeat_interval_ms(const std::string& group) const;
  std::vector<std::string> groups() const;  // that set something
  /// Replaces all that the group sets; durable on return. kInvalid, and nothing changed, when a value is none or out of its
  /// bounds. With `validate_only` just the checks. Blocks for disk writes.
  Result<> set(const std::string& group, const std::map<std::string, std::string>& values, bool validate_only);

 private:
  GroupConfigs(FileSystem& files, std::string path, ConsumerGroupOptions fallback)
      : files_(files), path_(std::move(path)), fallback_(std::move(fallback)) {}
  using Map = std::map<std::string, Values>;
  Result<> load();
  Result<> store(const Map& all) const;
  Result<Values> parse(const std::map<std::string, std::string>& values) const;

  FileSystem& files_;
  const std::string path_;
  const ConsumerGroupOptions fallback_;
  std::mutex change_mutex_;    // one change at a time: held while the file is written
  mutable std::mutex mutex_;   // guards the one below
  Map set_;
};

}  // namespace takhin::broker::groups
