#pragma once
// Where a coordinator keeps what must outlive the process: Kafka's own records of an internal topic, in order.

#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "base/types.h"
#include "partition/partition.h"

namespace takhin::broker {

/// No value = the key is gone.
struct StoredRecord {
  Bytes key;
  std::optional<Bytes> value;
};

/// Of a transaction's records: they count once its end says commit.
struct ProducerStamp {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
};

/// What replay() calls, in the order of the log. Views end with the call.
struct ReplayTo {
  /// `producer_id`: -1, or the producer in whose transaction the record was written.
  std::function<void(View key, std::optional<View> value, std::int64_t producer_id)> record;
  std::function<void(std::int64_t producer_id, bool committed)> end;
};

/// Any thread.
class RecordStore {
 public:
  virtual ~RecordStore() = default;
  /// Everything from the oldest on. kCorrupt, kUnavailable.
  virtual Result<> replay(const ReplayTo& to) = 0;
  /// In this order, after all that came before; answers the end of the log. Does not wait for the disk, so that the caller may
  /// hold a mutex. Not retry-safe: after an error some of the records may be there.
  virtual Result<Offset> append(std::span<const StoredRecord> records, TimestampMs now, const ProducerStamp& stamp) = 0;
  Result<Offset> append(std::span<const StoredRecord> records, TimestampMs now) { return append(records, now, {}); }
  /// The end of a transaction whose records are here. As append(), but retry-safe; kInvalid when the producer was fenced since.
  virtual Result<Offset> append_end(const log::TxnEnd& end) = 0;
  /// Calls `then` once all below `end` is on disk, at once or from another thread: never call it under a mutex that `then` takes.
  virtual void when_durable(Offset end, std::function<void(Result<>)> then) = 0;
  virtual Offset end() const = 0;
  /// How many records replay() would give.
  virtual std::uint64_t records() const = 0;
  /// Everything below `offset` was written again behind it: it may go, soon and in the background, but for what belongs to
  /// transactions that are open. Retry-safe.
  virtual void forget_before(Offset offset) = 0;
};

/// When a store is worth rewriting: it keeps every change, and what is alive can be written anew.
struct SnapshotRule {
  std::uint64_t records_min = 100'000;  // a shorter log is not worth it
  std::uint64_t ratio = 4;              // due when the log holds this many times the live records
  bool may_be_due(const RecordStore& store) const { return store.records() > records_min; }
  bool due(const RecordStore& store, std::size_t live) const { return may_be_due(store) && store.records() > live * ratio; }
};

}  // namespace takhin::broker
