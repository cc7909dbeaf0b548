#pragma once
// A coordinator's store in memory.

#include <vector>

#include "broker/record_store.h"

namespace takhin::testing {

/// One thread. Survives the coordinator, as the disk does.
class MemoryRecordStore final : public broker::RecordStore {
 public:
  struct Entry {
    broker::StoredRecord record;            // empty for an end
    std::int64_t producer_id = -1;          // of a transaction
    std::optional<bool> end_commits;        // the entry is an end
  };

  // ---- what a test may set
  bool hold_durable = false;           // when_durable() waits for release()
  std::optional<Error> append_error;
  std::optional<Error> sync_error;

  std::size_t appends = 0;
  std::vector<Entry> log;  // from `start` on
  std::int64_t start = 0;

  void release() {
    std::vector<std::function<void(Result<>)>> waiting;
    waiting.swap(waiting_);
    for (auto& then : waiting) then(sync_error ? Result<>(*sync_error) : done());
  }
  std::size_t waiting() const { return waiting_.size(); }
  /// What a crash leaves when nothing after the first `count` records reached the disk.
  void cut(std::size_t count) { log.resize(count); }

  using broker::RecordStore::append;
  Result<> replay(const broker::ReplayTo& to) override {
    for (const auto& [record, producer_id, commits] : log) {
      if (commits) to.end(producer_id, *commits);
      else to.record(record.key, record.value ? std::optional<View>(*record.value) : std::nullopt, producer_id);
    }
    return done();
  }
  Result<Offset> append(std::span<const broker::StoredRecord> records, TimestampMs, const broker::ProducerStamp& stamp) override {
    if (append_error) return *append_error;
    ++appends;
    for (const auto& record : records) log.push_back({record, stamp.id, std::nullopt});
    return end();
  }
  Result<Offset> append_end(const log::TxnEnd& how) override {
    if (append_error) return *append_error;
    log.push_back({{}, how.producer_id, how.commit});
    return end();
  }
  void when_durable(Offset, std::function<void(Result<>)> then) override {
    waiting_.push_back(std::move(then));
    if (!hold_durable) release();
  }
  Offset end() const override { return Offset{start + static_cast<std::int64_t>(log.size())}; }
  std::uint64_t records() const override { return log.size(); }
  void forget_before(Offset offset) override {
    log.erase(log.begin(), log.begin() + (offset.raw - start));
    start = offset.raw;
  }

 private:
  std::vector<std::function<void(Result<>)>> waiting_;
};

}  // namespace takhin::testing
