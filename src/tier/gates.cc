#include "tier/gates.h"

#include <algorithm>

namespace takhin::tier {

Gates::Hold::~Hold() {
  if (gates_ == nullptr) return;
  {
    const std::lock_guard lock(gates_->mutex_);
    gates_->held_.erase(partition_);
  }
  gates_->changed_.notify_all();
}

Result<Gates::Hold> Gates::enter(const PartitionRef& partition, Deadline deadline) {
  std::unique_lock lock(mutex_);
  while (held_.contains(partition)) {
    if (!clock_.wait(changed_, lock, deadline.at) && held_.contains(partition)) {
      return fail(Kind::kUnavailable, "{} is busy", partition.name());
    }
  }
  if (closed_.contains(partition.topic_id)) return fail(Kind::kConflict, "topic {} is deleted", partition.topic);
  held_.insert(partition);
  return Hold(*this, partition);
}

Result<> Gates::close_topic(const Uuid& topic_id, Deadline deadline) {
  std::unique_lock lock(mutex_);
  closed_.insert(topic_id);
  const auto busy = [&] { return std::ranges::any_of(held_, [&](const PartitionRef& p) { return p.topic_id == topic_id; }); };
  while (busy()) {
    if (!clock_.wait(changed_, lock, deadline.at) && busy()) return fail(Kind::kUnavailable, "a partition is busy");
  }
  return done();
}

}  // namespace takhin::tier
