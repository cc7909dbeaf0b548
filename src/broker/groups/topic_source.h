#pragma once
// What a coordinator that assigns partitions itself has to know of topics.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"

namespace takhin::broker::groups {

struct TopicShape {
  std::string name;
  Uuid id;
  std::int32_t partitions = 0;
};

/// Any thread. Asked under the coordinator's mutex: must be quick and must not call back.
class TopicSource {
 public:
  virtual ~TopicSource() = default;
  virtual std::optional<TopicShape> find(const std::string& name) const = 0;
  virtual std::optional<TopicShape> find(const Uuid& id) const = 0;
  /// Of all topics, internal ones too, in order.
  virtual std::vector<std::string> names() const = 0;
};

}  // namespace takhin::broker::groups
