#pragma once
// The small files a partition's folder carries beside Kafka's own: takhin.checkpoint, which says what the log alone
// cannot, takhin.pins, and partition.metadata, Kafka's note of whose folder it is (version: 0, topic_id: X).

#include <map>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "base/uuid.h"

namespace takhin::partition {

/// One text file per partition, so that a change of one partition costs one small atomic write and a folder can be moved whole.
/// `local_start` and `log_start` are written before anything below them is removed; `archived_end` after each archive, so that a
/// broker whose catalogue is gone still knows what the bucket must hold.
struct Checkpoint {
  Offset log_start{0};
  Offset local_start{0};
  Offset archived_end{0};  // everything from log_start up to here was archived
  LeaderEpoch leader_epoch{0};  // appends carry at least this one: raised when offsets are given out a second time
  bool operator==(const Checkpoint&) const = default;
};

inline constexpr std::string_view kCheckpointFile = "takhin.checkpoint";
inline constexpr std::string_view kMetadataFile = "partition.metadata";

/// Nothing when there is none yet; kCorrupt when the text fails its check.
Result<std::optional<Checkpoint>> load_checkpoint(FileSystem& files, const std::string& dir);
Result<> store_checkpoint(FileSystem& files, const std::string& dir, const Checkpoint& checkpoint);

/// Archived segments that stay on local disk until then, because an operator restored them: takhin.pins, beside the checkpoint.
using Pins = std::map<Offset, TimestampMs>;
inline constexpr std::string_view kPinsFile = "takhin.pins";
inline constexpr std::size_t kPinsMax = 10'000;  // of one partition

/// Empty when there is no file; kCorrupt when its text fails its check.
Result<Pins> load_pins(FileSystem& files, const std::string& dir);
Result<> store_pins(FileSystem& files, const std::string& dir, const Pins& pins);

/// Nothing when there is none yet; kCorrupt when it says no topic id.
Result<std::optional<Uuid>> load_topic_id(FileSystem& files, const std::string& dir);
Result<> store_topic_id(FileSystem& files, const std::string& dir, const Uuid& id);

/// Removes a partition's folder, for good on return. The note of whose it is goes last: a crash in between must not leave files
/// that a new topic of the same name would take for its own. An absent folder is success.
Result<> remove_partition_folder(FileSystem& files, const std::string& dir);

}  // namespace takhin::partition
