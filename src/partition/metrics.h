#pragma once
// The metrics that this room feeds: where segments are, and the moves between tiers.

#include "metrics/metrics.h"

namespace takhin::partition {

/// tier_access_frequency_hz names this many segments at most.
inline constexpr std::size_t kAccessGaugesMax = 20;

inline constexpr metrics::MetricDef kSegmentsByPolicy{"tiered_storage_segments_total", metrics::Type::kGauge,
                                                      "Segments by tier policy: hot, warm or cold."};
inline constexpr metrics::MetricDef kArchivedSegments{"tiered_storage_archived_segments_total", metrics::Type::kGauge,
                                                      "Segments that are in the object store."};
inline constexpr metrics::MetricDef kSegmentsByTier{
    "tier_segments_total", metrics::Type::kGauge,
    "Segments by where they are: hot local only, warm both, cold object store only."};
inline constexpr metrics::MetricDef kPromotions{"tier_promotion_operations_total", metrics::Type::kCounter,
                                                "Cold segments brought back to local disk."};
inline constexpr metrics::MetricDef kDemotions{"tier_demotion_operations_total", metrics::Type::kCounter,
                                               "Archived segments whose local copy was removed."};
inline constexpr metrics::MetricDef kMonthlyCost{"tier_storage_cost_monthly_usd", metrics::Type::kGauge,
                                                 "Cost of a month: sizes as now, after a day also requests at the pace so far."};
inline constexpr metrics::MetricDef kAccessFrequency{"tier_access_frequency_hz", metrics::Type::kGauge,
                                                     "Accesses per hour of the most read segments (at most 20)."};
inline constexpr metrics::MetricDef kStoreReachable{"tier_store_reachable", metrics::Type::kGauge,
                                                    "1 while background work with the object store succeeds, 0 while it fails."};
inline constexpr metrics::MetricDef kPartitionsOffline{"partitions_offline", metrics::Type::kGauge,
                                                       "Partitions whose log could not be opened."};

inline constexpr metrics::MetricDef kCopyLagSegments{"tier_copy_lag_segments", metrics::Type::kGauge,
                                                     "Sealed segments that should be in the object store and are not yet."};
inline constexpr metrics::MetricDef kCopyLagBytes{"tier_copy_lag_bytes", metrics::Type::kGauge, "Log bytes of those."};
inline constexpr metrics::MetricDef kCopyLagSeconds{"tier_copy_lag_seconds", metrics::Type::kGauge,
                                                    "Age of the oldest of those, by its newest record."};
inline constexpr metrics::MetricDef kUploadIdle{
    "tier_upload_idle_seconds", metrics::Type::kGauge,
    "Time since an upload under way last moved, by segment (one per upload thread at most)."};
inline constexpr metrics::MetricDef kUploadStalls{"tier_upload_stalls_total", metrics::Type::kCounter,
                                                  "Uploads given up because they did not move for tier.upload.stall.seconds."};
inline constexpr metrics::MetricDef kUploadRate{
    "tier_upload_rate_limit_bytes", metrics::Type::kGauge,
    "Log bytes per second that uploads may read at the moment; 0 = no limit. Falls while fsyncs are slow."};
inline constexpr metrics::MetricDef kDiskExcess{"tier_local_disk_excess_bytes", metrics::Type::kGauge,
                                                "Log bytes that should leave local disk for tier.local.disk.target.*."};

inline constexpr metrics::MetricDef kCleanerRuns{"log_cleaner_runs_total", metrics::Type::kCounter,
                                                 "Compactions of a partition, by result."};
inline constexpr metrics::MetricDef kCleanerRead{"log_cleaner_bytes_read_total", metrics::Type::kCounter,
                                                 "Log bytes that compaction read."};
inline constexpr metrics::MetricDef kCleanerWritten{"log_cleaner_bytes_written_total", metrics::Type::kCounter,
                                                    "Log bytes that compaction wrote."};
inline constexpr metrics::MetricDef kCleanerDirtyRatio{
    "log_cleaner_dirty_ratio_max", metrics::Type::kGauge,
    "Highest part of a compacted partition that is not compacted yet, of what may be, as of the last look."};
inline constexpr metrics::MetricDef kCleanerIdle{"log_cleaner_idle_seconds", metrics::Type::kGauge,
                                                 "Time since the cleaner last looked at all partitions."};
inline constexpr metrics::MetricDef kCleanerSetAside{
    "log_cleaner_partitions_set_aside", metrics::Type::kGauge,
    "Partitions that could not be compacted and are tried again later; the log says why."};

inline constexpr const metrics::MetricDef* kMetricRows[] = {
    &kSegmentsByPolicy, &kArchivedSegments, &kSegmentsByTier,    &kPromotions,      &kDemotions,    &kMonthlyCost,
    &kAccessFrequency,  &kStoreReachable,   &kPartitionsOffline, &kCopyLagSegments, &kCopyLagBytes, &kCopyLagSeconds,
    &kUploadIdle,       &kUploadStalls,     &kUploadRate,        &kDiskExcess,      &kCleanerRuns,  &kCleanerRead,
    &kCleanerWritten,   &kCleanerDirtyRatio, &kCleanerIdle,      &kCleanerSetAside};

}  // namespace takhin::partition
