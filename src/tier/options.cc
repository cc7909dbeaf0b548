#include "tier/options.h"

namespace takhin::tier {
namespace {

constexpr std::int64_t kMinuteMs = 60 * 1000;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;

Result<> validate_keys(const config::Settings& settings) {
  const std::string& id = settings.text(kKeyId);
  const bool names_one = !id.empty() && id != kNoKey;
  if (names_one && !check_key_id(id).ok()) {
    return config::broken_rule(settings, kKeyId, "must be 1 to 256 of [A-Za-z0-9._:/@+-]");
  }
  if (names_one && settings.text(kKeyPath).empty() && settings.text(kKeyCommand).empty()) {
    return config::broken_rule(settings, kKeyId, "needs tier.encryption.key.file or tier.encryption.key.command");
  }
  const std::string& command = settings.text(kKeyCommand);
  if (!command.empty() && !command.starts_with('/')) {
    return config::broken_rule(settings, kKeyCommand, "must be the absolute path of a program");
  }
  return done();
}

std::uint64_t bytes_of(const config::Settings& settings, const Option& option) {
  return static_cast<std::uint64_t>(settings.integer(option));
}

}  // namespace

std::span<const Option* const> option_rows() {
  static constexpr const Option* kRows[] = {
      &kKeyId,         &kKeyPath,           &kKeyCommand,  &kKeyCommandMs, &kEncryptionRequired,
      &kColdAgeHours,  &kWarmAgeHours,      &kCacheSizeMb, &kHotMinHz,     &kHotMinCount,   &kChunkBytes,
      &kFetchBytesMax, &kReadaheadBytesMax, &kZstdLevel,   &kFetchThreads, &kFetchQueueMax, &kWriteOnce,   &kMergeSmallBytes,
      &kMergeTargetBytes, &kMergeSourcesMin, &kMergeGraceMinutes, &kSsdGbMonth, &kS3GbMonth, &kGlacierGbMonth,
      &kRetrievalGb,   &kPutPer1000,        &kGetPer1000};
  return kRows;
}

Result<> validate(const config::Settings& settings) {
  if (settings.integer(kColdAgeHours) <= settings.integer(kWarmAgeHours)) {
    return config::broken_rule(settings, kColdAgeHours, "must be greater than storage.tiered.warm.age.hours");
  }
  if (bytes_of(settings, kCacheSizeMb) * kMiB < bytes_of(settings, kChunkBytes)) {
    return config::broken_rule(settings, kCacheSizeMb, "must hold at least one chunk of tier.chunk.bytes");
  }
  if (settings.integer(kFetchBytesMax) < settings.integer(kChunkBytes)) {
    return config::broken_rule(settings, kFetchBytesMax, "must be at least tier.chunk.bytes");
  }
  TRY(validate_keys(settings));
  return done();
}

EngineOptions engine_options(const config::Settings& settings, const std::string& data_dir) {
  return {.cache_dir = data_dir + "/cache",
          .catalog_path = data_dir + "/catalog.db",
          .chunk_bytes = bytes_of(settings, kChunkBytes),
          .fetch_bytes_max = bytes_of(settings, kFetchBytesMax),
          .readahead_bytes_max = bytes_of(settings, kReadaheadBytesMax),
          .cache_bytes_max = bytes_of(settings, kCacheSizeMb) * kMiB,
          .zstd_level = static_cast<int>(settings.integer(kZstdLevel)),
          .fetch_threads = static_cast<std::size_t>(settings.integer(kFetchThreads)),
          .fetch_queue_max = static_cast<std::size_t>(settings.integer(kFetchQueueMax)),
          .write_once = settings.flag(kWriteOnce),
          .merge = {.small_bytes = bytes_of(settings, kMergeSmallBytes),
                    .target_bytes = bytes_of(settings, kMergeTargetBytes),
                    .sources_min = static_cast<std::size_t>(settings.integer(kMergeSourcesMin)),
                    .grace_ms = settings.integer(kMergeGraceMinutes) * kMinuteMs}};
}

KeyRingOptions keyring_options(const config::Settings& settings) {
  return {.path = settings.text(kKeyPath),
          .command = settings.text(kKeyCommand),
          .command_time = std::chrono::milliseconds(settings.integer(kKeyCommandMs)),
          .active = settings.text(kKeyId),
          .required = settings.flag(kEncryptionRequired)};
}

PolicyOptions policy_options(const config::Settings& settings) {
  return {.warm_age_ms = settings.integer(kWarmAgeHours) * kHourMs,
          .cold_age_ms = settings.integer(kColdAgeHours) * kHourMs,
          .hot_access_hz_min = settings.number(kHotMinHz),
          .hot_access_count_min = static_cast<std::uint64_t>(settings.integer(kHotMinCount))};
}

CostRates cost_rates(const config::Settings& settings) {
  return {.ssd_gb_month = settings.number(kSsdGbMonth),
          .s3_gb_month = settings.number(kS3GbMonth),
          .glacier_gb_month = settings.number(kGlacierGbMonth),
          .retrieval_gb = settings.number(kRetrievalGb),
          .put_per_1000 = settings.number(kPutPer1000),
          .get_per_1000 = settings.number(kGetPer1000)};
}

}  // namespace takhin::tier
