#pragma once
// The topics that there are, as a group's coordinator sees them.

#include "broker/groups/topic_source.h"
#include "partition/topics.h"

namespace takhin::broker {

/// Any thread. Borrows the topics.
class TopicShapes final : public groups::TopicSource {
 public:
  explicit TopicShapes(const partition::Topics& topics) : topics_(topics) {}
  std::optional<groups::TopicShape> find(const std::string& name) const override { return shape_of(topics_.find(name)); }
  std::optional<groups::TopicShape> find(const Uuid& id) const override { return shape_of(topics_.find(id)); }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& topic : topics_.all()) names.push_back(topic->name);
    return names;
  }

 private:
  static std::optional<groups::TopicShape> shape_of(const std::shared_ptr<const partition::TopicInfo>& topic) {
    if (topic == nullptr) return std::nullopt;
    return groups::TopicShape{topic->name, topic->id, static_cast<std::int32_t>(topic->partitions.size())};
  }
  const partition::Topics& topics_;
};

}  // namespace takhin::broker
