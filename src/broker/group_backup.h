#pragma once
// Keeps what the groups have committed in the bucket too: the local disk is the only other place. Rate-limited, and only when
// something changed, so that the bill stays at one PUT per interval at the most.

#include <atomic>
#include <functional>
#include <string>

#include "base/clock.h"
#include "broker/groups/coordinator.h"
#include "broker/producer_ids.h"

namespace takhin::broker {

class GroupBackup {
 public:
  /// `put` makes an object durable; null: there is no bucket, and tick() does nothing. The rest is borrowed.
  struct Deps {
    Clock& clock;
    groups::GroupCoordinator& groups;
    RecordStore& store;
    ProducerIds& producer_ids;
    std::string cluster_id;
    std::function<Result<>(const std::string& cluster_id, View object)> put;
  };
  GroupBackup(Deps deps, std::chrono::milliseconds interval) : deps_(std::move(deps)), interval_(interval) {}

  /// Any thread, often; one backup runs at a time, the other callers go on at once. Blocks for the PUT when one is due. What
  /// fails is tried again after the interval.
  void tick();

 private:
  Result<> back_up();

  const Deps deps_;
  const std::chrono::milliseconds interval_;
  std::atomic<bool> running_{false};
  Steady not_before_{};         // these two: of the one that runs
  Offset backed_up_{-1};        // end of the store that the object in the bucket covers
};

}  // namespace takhin::broker
