#include "partition/options.h"

namespace takhin::partition {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
const config::Option* const kRows[] = {&kLogFlush,           &kAutoArchive,  &kArchiveIntervalMinutes, &kCheckIntervalMinutes,
                                       &kLocalPassIntervalMs, &kUploadThreads, &kUploadBytesPerSecond, &kUploadFsyncP99MaxMs,
                                       &kUploadStallSeconds, &kRpoMinutes, &kDiskTargetBytes, &kDiskTargetFreeBytes,
                                       &kDiskTargetLowPercent, &kCleanerEnable, &kCleanerBackoffMs, &kCleanerDedupeBuffer,
                                       &kCleanerBytesPerSecond};

std::vector<const config::Option*> all_rows() {
  std::vector<const config::Option*> all(std::begin(kRows), std::end(kRows));
  const auto defaults = default_option_rows();
  all.insert(all.end(), defaults.begin(), defaults.end());
  return all;
}

}  // namespace

std::span<const config::Option* const> option_rows() {
  static const auto all = all_rows();
  return all;
}

TopicsOptions options_from(const config::Settings& settings) {
  TopicsOptions options;
  options.flush_on_acks_all = settings.flag(kLogFlush);
  options.auto_archive = settings.flag(kAutoArchive);
  options.archive_interval_ms = settings.integer(kArchiveIntervalMinutes) * kMinuteMs;
  options.evaluate_interval_ms = settings.integer(kCheckIntervalMinutes) * kMinuteMs;
  options.local_pass_interval_ms = settings.integer(kLocalPassIntervalMs);
  options.upload_threads = static_cast<std::size_t>(settings.integer(kUploadThreads));
  options.upload_limits = {.bytes_per_second = static_cast<std::uint64_t>(settings.integer(kUploadBytesPerSecond)),
                           .fsync_p99_max_ms = settings.integer(kUploadFsyncP99MaxMs),
                           .stall_ms = settings.integer(kUploadStallSeconds) * 1000};
  options.defaults = fixed_defaults(settings);
  options.rpo_ms = settings.integer(kRpoMinutes) * kMinuteMs;
  options.disk_target = {.log_bytes = static_cast<std::uint64_t>(settings.integer(kDiskTargetBytes)),
                         .free_bytes = static_cast<std::uint64_t>(settings.integer(kDiskTargetFreeBytes)),
                         .low_percent = static_cast<int>(settings.integer(kDiskTargetLowPercent))};
  options.cleaner = {.enabled = settings.flag(kCleanerEnable),
                     .backoff_ms = settings.integer(kCleanerBackoffMs),
                     .keys_bytes = static_cast<std::uint64_t>(settings.integer(kCleanerDedupeBuffer)),
                     .bytes_per_second = static_cast<std::uint64_t>(settings.integer(kCleanerBytesPerSecond))};
  return options;
}

}  // namespace takhin::partition
