#pragma once
// Levels of the features that a cluster agrees on (KIP-584, KIP-1022): told to clients with ApiVersions, changed by
// UpdateFeatures.

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "protocol/errors.h"

namespace takhin::broker {

struct FeatureRow {
  std::string_view name;
  std::int16_t min = 0;
  std::int16_t max = 0;
  std::int16_t fresh = 0;  // of a new data directory
  bool lowers = true;      // false: its level never goes down, as nothing knows how to go back
};
/// By name.
std::span<const FeatureRow> feature_rows();

/// Levels, and the number of changes that led to them. A feature at level 0 is off.
struct FinalizedFeatures {
  std::int64_t epoch = 0;
  std::map<std::string, std::int16_t, std::less<>> levels;
};

/// Any thread.
class Features {
 public:
  enum class Direction : std::int8_t { kUnknown = 0, kUpgrade = 1, kSafeDowngrade = 2, kUnsafeDowngrade = 3 };
  struct Change {
    std::string feature;
    std::int16_t level = 0;
    Direction direction = Direction::kUpgrade;
  };
  struct Refusal {
    protocol::ErrorCode error = protocol::ErrorCode::kNone;
    std::string why;
  };

  /// What is not in the file has the level of a new directory. kCorrupt with the line's number.
  static Result<std::unique_ptr<Features>> open(FileSystem& files, std::string path);
  FinalizedFeatures finalized() const;
  std::int16_t level(std::string_view feature) const;
  /// What stands against one change, by Kafka's rules and in its words.
  Refusal check(const Change& change) const;
  /// All or none; durable on return. Every change has passed check(). Blocks.
  Result<> apply(const std::vector<Change>& changes);

 private:
  Features(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Result<> load();

  FileSystem& files_;
  const std::string path_;
  std::mutex change_mutex_;   // one writer of the file
  mutable std::mutex mutex_;  // guards the one below
  FinalizedFeatures now_;
};

}  // namespace takhin::broker
