#pragma once
// Control records (KIP-98): the markers that end a transaction.

#include "record/batch.h"

namespace takhin::record {

enum class MarkerType : std::int16_t { kAbort = 0, kCommit = 1 };

struct Marker {
  MarkerType type = MarkerType::kAbort;
  std::int32_t coordinator_epoch = 0;
};

/// The marker in a whole control batch; nothing when it holds another kind of control record (Raft's), kCorrupt when it
/// holds none.
Result<std::optional<Marker>> marker_of(View control_batch);

/// A whole control batch with one marker, made for `options.producer_id` and its epoch; control and transactional are
/// set for you.
Bytes build_marker(const Marker& marker, TimestampMs timestamp, BatchOptions options);

}  // namespace takhin::record
