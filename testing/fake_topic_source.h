#pragma once
// Topics that are nothing but a name, an id and a count.

#include <map>

#include "broker/groups/topic_source.h"
#include "testing/seeded_random.h"

namespace takhin::testing {

/// One thread.
class FakeTopicSource final : public broker::groups::TopicSource {
 public:
  /// Makes it, or changes its count.
  Uuid set(const std::string& name, std::int32_t partitions) {
    const auto [at, is_new] = topics_.try_emplace(name, broker::groups::TopicShape{.name = name, .id = {}});
    if (is_new) at->second.id = Uuid::make(random_);
    at->second.partitions = partitions;
    return at->second.id;
  }
  void remove(const std::string& name) { topics_.erase(name); }

  std::optional<broker::groups::TopicShape> find(const std::string& name) const override {
    const auto found = topics_.find(name);
    return found == topics_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<broker::groups::TopicShape> find(const Uuid& id) const override {
    for (const auto& [name, topic] : topics_) {
      if (topic.id == id) return topic;
    }
    return std::nullopt;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, topic] : topics_) names.push_back(name);
    return names;
  }

 private:
  SeededRandom random_{99};
  std::map<std::string, broker::groups::TopicShape> topics_;
};

}  // namespace takhin::testing
