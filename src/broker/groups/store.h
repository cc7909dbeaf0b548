#pragma once
// Where the coordinator keeps what must outlive the process: Kafka's own records of __consumer_offsets, in order.

#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "base/types.h"

namespace takhin::broker::groups {

/// No value = the key is gone.
struct StoredRecord {
  Bytes key;
  std::optional<Bytes> value;
};

/// Any thread.
class Store {
 public:
  virtual ~Store() = default;
  /// Every record from the oldest on; what `each` borrows ends with its call. kCorrupt, kUnavailable.
  virtual Result<> replay(const std::function<void(View key, std::optional<View> value)>& each) = 0;
  /// In this order, after all that came before; answers the end of the log. Does not wait for the disk, so that the caller may
  /// hold a mutex. Not retry-safe: after an error some of the records may be there.
  virtual Result<Offset> append(std::span<const StoredRecord> records, TimestampMs now) = 0;
  /// Calls `then` once all below `end` is on disk, at once or from another thread: never call it under a mutex that `then` takes.
  virtual void when_durable(Offset end, std::function<void(Result<>)> then) = 0;
  virtual Offset end() const = 0;
  /// How many records replay() would give.
  virtual std::uint64_t records() const = 0;
  /// Everything below `offset` was written again behind it: it may go, soon and in the background. Retry-safe.
  virtual void forget_before(Offset offset) = 0;
};

}  // namespace takhin::broker::groups
