#pragma once
// From an offset to the batch that holds it, inside of log bytes that are on local disk.

#include <optional>

#include "base/file.h"
#include "base/result.h"

namespace takhin::tier {

struct FoundBatch {
  ByteRange range;  // of the whole batch, log positions
  Offset base;
  Offset end;       // last offset + 1
};

/// Where to begin the walk: the position of the last entry of Kafka's .index (8 bytes: relative offset, position) at or before
/// `offset`, when it lies in `within`, else within.begin. Entries out of order only cost a longer walk.
std::uint64_t indexed_position(View index, Offset segment_base, Offset offset, ByteRange within);

/// The first batch at or after `from` whose last offset reaches `offset`; nothing when none in [from, end) does.
/// kCorrupt: the bytes there are no batches.
Result<std::optional<FoundBatch>> find_batch(const File& log, std::uint64_t from, std::uint64_t end, Offset offset);

}  // namespace takhin::tier
