#pragma once
// The group coordinator's store in memory.

#include <vector>

#include "broker/groups/store.h"

namespace takhin::testing {

/// One thread. Survives the coordinator, as the disk does.
class MemoryGroupStore final : public broker::groups::Store {
 public:
  // ---- what a test may set
  bool hold_durable = false;           // when_durable() waits for release()
  std::optional<Error> append_error;
  std::optional<Error> sync_error;

  std::size_t appends = 0;
  std::vector<broker::groups::StoredRecord> log;  // from `start` on
  std::int64_t start = 0;

  void release() {
    std::vector<std::function<void(Result<>)>> waiting;
    waiting.swap(waiting_);
    for (auto& then : waiting) then(sync_error ? Result<>(*sync_error) : done());
  }
  std::size_t waiting() const { return waiting_.size(); }
  /// What a crash leaves when nothing after the first `count` records reached the disk.
  void cut(std::size_t count) { log.resize(count); }

  Result<> replay(const std::function<void(View key, std::optional<View> value)>& each) override {
    for (const auto& record : log) each(record.key, record.value ? std::optional<View>(*record.value) : std::nullopt);
    return done();
  }
  Result<Offset> append(std::span<const broker::groups::StoredRecord> records, TimestampMs) override {
    if (append_error) return *append_error;
    ++appends;
    log.insert(log.end(), records.begin(), records.end());
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
