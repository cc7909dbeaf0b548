#pragma once
// A coordinator's records in a topic like any other, so that Kafka's tools can read it.

#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/worker_pool.h"
#include "broker/record_store.h"
#include "partition/topic_rules.h"
#include "partition/topics.h"

namespace takhin::broker {

using partition::kOffsetsTopic;
using partition::kTransactionsTopic;

/// Any thread. Borrows all it is given.
class InternalTopic final : public RecordStore {
 public:
  InternalTopic(std::string_view name, partition::Topics& topics, WorkerPool& pool, Clock& clock)
      : name_(name), topics_(topics), pool_(pool), clock_(clock) {}

  /// Makes the topic when it is not there. Blocks for disk writes then. kUnavailable when its log could not be opened.
  Result<> ensure();
  bool exists() const { return topics_.find(name_) != nullptr; }

  using RecordStore::append;
  Result<> replay(const ReplayTo& to) override;
  /// Makes the topic at the first record, so that a broker without groups shows none.
  Result<Offset> append(std::span<const StoredRecord> records, TimestampMs now, const ProducerStamp& stamp) override;
  Result<Offset> append_end(const log::TxnEnd& end) override;
  void when_durable(Offset end, std::function<void(Result<>)> then) override;
  Offset end() const override;
  std::uint64_t records() const override;
  void forget_before(Offset offset) override;

 private:
  /// Null: there is no topic yet.
  std::shared_ptr<partition::Partition> find() const;

  const std::string name_;
  partition::Topics& topics_;
  WorkerPool& pool_;
  Clock& clock_;
  mutable std::mutex mutex_;  // guards the one below
  mutable std::shared_ptr<partition::Partition> partition_;
};

}  // namespace takhin::broker
