#pragma once
// Configuration keys that this room reads. Data directory and storage.tiered.enabled are assembly's, ages, access limits and
// rates tier's.

#include "config/option.h"
#include "partition/topics.h"

namespace takhin::partition {

inline const config::Option kLogFlush{.key = "log.flush",
                                      .fallback = true,
                                      .doc =
                                          "An acks=all append is answered once it is on disk (one fsync for all that wait). "
                                          "false: once it is in the page cache."};
inline const config::Option kAutoArchive{
    .key = "storage.tiered.auto.archive.enabled",
    .fallback = true,
    .doc = "Sealed segments older than warm.age are archived in the background. false: only on request, and for tiered topics."};
inline const config::Option kArchiveIntervalMinutes{.key = "storage.tiered.archive.interval.minutes",
                                                    .fallback = std::int64_t{60},
                                                    .min = 1,
                                                    .max = 525'600,
                                                    .doc = "Minutes between two passes that archive by age."};
inline const config::Option kCheckIntervalMinutes{
    .key = "storage.tiered.tier.check.interval.minutes",
    .fallback = std::int64_t{30},
    .min = 1,
    .max = 525'600,
    .doc = "Minutes between two passes that demote old segments and promote those that are read often."};
inline const config::Option kLocalPassIntervalMs{.key = "tier.local.pass.interval.ms",
                                                 .fallback = std::int64_t{2'000},
                                                 .min = 10,
                                                 .max = 3'600'000,
                                                 .doc =
                                                     "Milliseconds between two looks at all partitions: roll by time, "
                                                     "retention, and uploads and local retention of tiered topics."};
inline const config::Option kUploadThreads{.key = "tier.upload.threads",
                                           .fallback = std::int64_t{2},
                                           .min = 1,
                                           .max = 64,
                                           .doc = "Partitions whose segments are uploaded at the same time."};

std::span<const config::Option* const> option_rows();
/// All of TopicsOptions that a key stands for; the rest keeps its default.
TopicsOptions options_from(const config::Settings& settings);

}  // namespace takhin::partition
