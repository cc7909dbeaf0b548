#pragma once
// What must reach the bucket so that groups outlive the disk: one object, docs/format/segment-object.md ("groups/").

#include <string>
#include <vector>

#include "broker/record_store.h"

namespace takhin::broker::groups {

struct Snapshot {
  std::string cluster_id;
  std::int64_t next_producer_id = 0;  // no id from here on was given out when this was written
  std::vector<StoredRecord> records;  // of __consumer_offsets: what is alive
};

/// One line of JSON, then record batches.
Result<Bytes> encode_snapshot(const Snapshot& snapshot, TimestampMs now);
/// kCorrupt: cut, or a batch fails its check; kInvalid: of a later version.
Result<Snapshot> decode_snapshot(View object);

/// Takes as many of `records` as make up one batch off their front, and builds it; `stamp` makes it part of a transaction.
Result<Bytes> take_batch(std::span<const StoredRecord>& records, TimestampMs now, const ProducerStamp& stamp = {});

}  // namespace takhin::broker::groups
