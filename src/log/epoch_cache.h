#pragma once
// Which leader epoch began at which offset (KIP-101), in Kafka's leader-epoch-checkpoint text.

#include <vector>

#include "base/result.h"
#include "log/log.h"

namespace takhin::log {

/// Epochs and their starts both rise. Not thread-safe.
class EpochCache {
 public:
  /// kCorrupt when the text breaks the format or its order.
  static Result<EpochCache> parse(std::string_view text);
  /// "0\n<count>\n<epoch> <start>\n..." of the epochs that began below `before`.
  std::string text(Offset before) const;

  /// True when `epoch` is newer than all known ones; then it begins at `start`.
  bool assign(LeaderEpoch epoch, Offset start);
  /// Forgets the epochs that began at or after `end`. True when there were any.
  bool truncate(Offset end);
  /// The epoch of the record at `offset`.
  LeaderEpoch at(Offset offset) const;
  const std::vector<EpochStart>& entries() const { return entries_; }

 private:
  std::vector<EpochStart> entries_;
};

}  // namespace takhin::log
