#pragma once
// The names of a log's files, as Kafka gives them.

#include <optional>
#include <string>
#include <string_view>

#include "base/types.h"

namespace takhin::log {

inline constexpr std::string_view kLogSuffix = ".log";
inline constexpr std::string_view kOffsetIndexSuffix = ".index";
inline constexpr std::string_view kTimeIndexSuffix = ".timeindex";
inline constexpr std::string_view kTxnIndexSuffix = ".txnindex";
inline constexpr std::string_view kSnapshotSuffix = ".snapshot";
inline constexpr std::string_view kEpochFile = "leader-epoch-checkpoint";
/// Ours alone, ignored by Kafka: all segments that end at or below the offset in it are on disk, so that recovery need
/// not read them.
inline constexpr std::string_view kRecoveryPointFile = "recovery-point";
/// Offsets below the one in it were compacted; Kafka's format, but one file a partition, so that it goes with the partition.
inline constexpr std::string_view kCleanerFile = "cleaner-offset-checkpoint";
/// After a suffix: what a cleaning is writing, and what takes the place of its segments (log/swap.h). Kafka's.
inline constexpr std::string_view kCleanedSuffix = ".cleaned";
inline constexpr std::string_view kSwapSuffix = ".swap";

/// dir/00000000000000000042.log
std::string segment_path(const std::string& dir, Offset base, std::string_view suffix);
/// The offset of "00000000000000000042.log" when the name has that form and that suffix.
std::optional<Offset> offset_of_name(std::string_view name, std::string_view suffix);
/// The last part of a log's directory: "topic-0".
std::string_view name_of(std::string_view dir);

}  // namespace takhin::log
