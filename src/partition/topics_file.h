#pragma once
// DATA/topics.json: which topics there are. The commit point of creation, deletion and config changes.

#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/uuid.h"
#include "partition/topic_config.h"

namespace takhin::partition {

struct StoredTopic {
  std::string name;
  Uuid id;
  std::int32_t partitions = 0;
  ConfigMap configs;
  bool published = false;  // topic.json in the bucket says the same
  bool operator==(const StoredTopic&) const = default;
};
/// Deleted for clients; folders or objects may remain.
struct DeletedTopic {
  std::string name;
  Uuid id;
  std::int32_t partitions = 0;
  bool operator==(const DeletedTopic&) const = default;
};
struct TopicsFile {
  std::vector<StoredTopic> topics;
  std::vector<DeletedTopic> deleting;
  ConfigMap cluster_defaults;  // TopicDefaults, as set at run time
  ConfigMap broker_defaults;
  bool operator==(const TopicsFile&) const = default;
};

/// Empty when there is no file; kCorrupt, with the reason, for one that is not ours.
Result<TopicsFile> load_topics(FileSystem& files, const std::string& path);
/// Atomic and durable on return.
Result<> store_topics(FileSystem& files, const std::string& path, const TopicsFile& topics);

}  // namespace takhin::partition
