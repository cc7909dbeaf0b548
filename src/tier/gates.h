#pragma once
// One at a time: what changes a partition's objects enters its gate, so that two archives of one segment are one upload and a
// removal never races an archive. Waiting ends by the caller's deadline.

#include <condition_variable>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "base/result.h"
#include "tier/segment.h"

namespace takhin::tier {

/// Any thread.
class Gates {
 public:
  explicit Gates(Clock& clock) : clock_(clock) {}

  /// Leaves the gate when destroyed. Borrows the Gates.
  class Hold {
   public:
    Hold(Gates& gates, PartitionRef partition) : gates_(&gates), partition_(std::move(partition)) {}
    Hold(Hold&& other) noexcept : gates_(std::exchange(other.gates_, nullptr)), partition_(std::move(other.partition_)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold();

   private:
    Gates* gates_;
    PartitionRef partition_;
  };

  /// kUnavailable when the deadline passes first; kConflict when the topic was closed.
  Result<Hold> enter(const PartitionRef& partition, Deadline deadline);
  /// From now on nobody enters a partition of the topic; returns when the last one has left.
  Result<> close_topic(const Uuid& topic_id, Deadline deadline);

 private:
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<PartitionRef> held_;
  std::set<Uuid> closed_;
};

}  // namespace takhin::tier
