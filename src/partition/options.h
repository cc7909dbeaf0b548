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

inline const config::Option kUploadBytesPerSecond{
    .key = "tier.upload.bytes.per.second",
    .fallback = std::int64_t{0},
    .min = 0,
    .max = 1e12,
    .doc = "Log bytes that all uploads together read per second; 0 = no limit. The topic config of the same name limits one "
           "topic."};
inline const config::Option kUploadFsyncP99MaxMs{
    .key = "tier.upload.fsync.p99.max.ms",
    .fallback = std::int64_t{0},
    .min = 0,
    .max = 60'000,
    .doc = "Uploads slow down, to 1 MiB/s at the least, while the 99th percentile of the log's fsyncs of the last 10 seconds is "
           "above so many milliseconds; 0 = never."};
inline const config::Option kUploadStallSeconds{
    .key = "tier.upload.stall.seconds",
    .fallback = std::int64_t{60},
    .min = 1,
    .max = 86'400,
    .doc = "An upload that does not move for so long is reported, given up and tried again."};
inline const config::Option kRpoMinutes{
    .key = "tier.rpo.minutes",
    .fallback = std::int64_t{0},
    .min = 0,
    .max = 525'600,
    .doc = "Longest time that a record of a tiered topic (remote.storage.enable) stays in the active segment, which is then "
           "closed and uploaded as it is; 0 = until it is full or segment.ms has passed. The topic config tier.rpo.ms goes "
           "first."};
inline const config::Option kDiskTargetBytes{
    .key = "tier.local.disk.target.bytes",
    .fallback = std::int64_t{0},
    .min = 0,
    .max = 1e18,
    .doc = "Log bytes on local disk, of all partitions, above which archived segments leave early, the oldest first; 0 = no "
           "target. Sealed ones that are not archived yet are archived first; appends never wait for it."};
inline const config::Option kDiskTargetFreeBytes{
    .key = "tier.local.disk.target.free.bytes",
    .fallback = std::int64_t{0},
    .min = 0,
    .max = 1e18,
    .doc = "Free bytes of the data disk below which archived segments leave early, in the same way; 0 = no target."};
inline const config::Option kDiskTargetLowPercent{
    .key = "tier.local.disk.target.low.percent",
    .fallback = std::int64_t{90},
    .min = 1,
    .max = 100,
    .doc = "Once above the target they leave until so many percent of it are held (free space: until as much is free above it)."};

// Kafka's names. How clean a topic has to be is a topic config, and so are its lags; log.cleaner.* has those defaults, too.
inline const config::Option kCleanerEnable{.key = "log.cleaner.enable",
                                           .fallback = true,
                                           .doc = "Compacts topics whose cleanup.policy has compact. false: they only grow."};
inline const config::Option kCleanerBackoffMs{
    .key = "log.cleaner.backoff.ms",
    .fallback = std::int64_t{15'000},
    .min = 1,
    .max = 86'400'000,
    .doc = "Milliseconds that the cleaner sleeps when no partition is dirty enough."};
inline const config::Option kCleanerDedupeBuffer{
    .key = "log.cleaner.dedupe.buffer.size",
    .fallback = std::int64_t{134'217'728},
    .min = 4'096,
    .max = 1e12,
    .doc = "Bytes for the keys of one compaction, 24 for each and a tenth more, taken as needed and given back; when they "
           "are full the rest waits for the next one."};
inline const config::Option kCleanerBytesPerSecond{
    .key = "log.cleaner.io.max.bytes.per.second",
    .fallback = std::int64_t{0},
    .min = 0,
    .max = 1e12,
    .doc = "Log bytes that compaction reads and writes per second at the most; 0 = no limit."};

std::span<const config::Option* const> option_rows();
/// All of TopicsOptions that a key stands for; the rest keeps its default.
TopicsOptions options_from(const config::Settings& settings);

}  // namespace takhin::partition
