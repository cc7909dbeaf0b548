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

/// dir/00000000000000000042.log
std::string segment_path(const std::string& dir, Offset base, std::string_view suffix);
/// The offset of "00000000000000000042.log" when the name has that form and that suffix.
std::optional<Offset> offset_of_name(std::string_view name, std::string_view suffix);

}  // namespace takhin::log
