#pragma once
// Groups and committed offsets as records of __consumer_offsets, a topic like any other: Kafka's tools can read it.

#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/worker_pool.h"
#include "broker/groups/store.h"
#include "partition/topics.h"

namespace takhin::broker {

inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

/// Any thread. Borrows all it is given.
class OffsetsStore final : public groups::Store {
 public:
  OffsetsStore(partition::Topics& topics, WorkerPool& pool, Clock& clock) : topics_(topics), pool_(pool), clock_(clock) {}

  /// Makes the topic when it is not there. Blocks for disk writes then. kUnavailable when its log could not be opened.
  Result<> ensure();

  Result<> replay(const std::function<void(View key, std::optional<View> value)>& each) override;
  /// Makes the topic at the first record, so that a broker without groups shows none.
  Result<Offset> append(std::span<const groups::StoredRecord> records, TimestampMs now) override;
  void when_durable(Offset end, std::function<void(Result<>)> then) override;
  Offset end() const override;
  std::uint64_t records() const override;
  void forget_before(Offset offset) override;

 private:
  /// Null: there is no topic yet.
  std::shared_ptr<partition::Partition> find() const;

  partition::Topics& topics_;
  WorkerPool& pool_;
  Clock& clock_;
  mutable std::mutex mutex_;  // guards the one below
  mutable std::shared_ptr<partition::Partition> partition_;
};

}  // namespace takhin::broker
