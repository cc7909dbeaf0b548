#include "partition/topic_config.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"
#include "tier/keyring.h"

namespace takhin::partition {
namespace {

constexpr std::int64_t kIntMax = INT32_MAX;
constexpr std::string_view kCleanup[] = {"compact", "delete"};
constexpr std::string_view kCompression[] = {"uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"};
constexpr std::string_view kTimestampType[] = {"CreateTime", "LogAppendTime"};
constexpr std::string_view kLongMax = "9223372036854775807";
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kGzipLevel = "compression.gzip.level";

// Keys, types, defaults and bounds are Apache Kafka 4.x's (org.apache.kafka.common.config.TopicConfig), but for segment.bytes,
// which keeps the older lower bound of one record overhead: small segments make small tests. The tier.* are our own.
constexpr TopicConfigRow kRows[] = {
    {"cleanup.policy", "list", "delete",
     "How old data goes: delete by retention, compact (of each key the last record stays), or both.",
     INT64_MIN, INT64_MAX, kCleanup},
    {kGzipLevel, "int", "-1",
     "Level at which compression.type=gzip compresses again what came otherwise; -1 is the codec's default.", -1, 9},
    {"compression.lz4.level", "int", "9", "The same for lz4.", 1, 17},
    {"compression.type", "string", "producer", "Codec of stored batches; producer keeps what was sent.", INT64_MIN, INT64_MAX,
     kCompression},
    {"compression.zstd.level", "int", "3", "The same for zstd.", -131072, 22},
    {"delete.retention.ms", "long", "86400000", "How long a compacted topic keeps a tombstone after its first compaction.", 0},
    {"file.delete.delay.ms", "long", "60000", "Accepted; a removed file lives exactly until its last reader is done.", 0},
    {"flush.messages", "long", kLongMax, "Accepted; acks=all batches are flushed before they are acknowledged (log.flush).",
     1},
    {"flush.ms", "long", kLongMax, "Accepted; acks=all batches are flushed before they are acknowledged (log.flush).", 0},
    {"follower.replication.throttled.replicas", "list", "", "Accepted; there are no followers to throttle."},
    {"index.interval.bytes", "int", "4096", "Log bytes between two entries of the offset index.", 0, kIntMax},
    {"leader.replication.throttled.replicas", "list", "", "Accepted; there are no followers to throttle."},
    {"local.retention.bytes", "long", "-2",
     "Bytes of a partition that stay on local disk once archived; -2 follows retention.bytes, -1 is no limit.", -2},
    {"local.retention.ms", "long", "-2",
     "How long archived segments stay on local disk; -2 follows retention.ms, -1 is no limit.", -2},
    {"max.compaction.lag.ms", "long", kLongMax,
     "Longest time that a record of a compacted topic waits for its compaction, however little there is to gain.", 1},
    {"max.message.bytes", "int", "1048588", "Largest record batch that is taken, as sent.", 0, kIntMax},
    {"message.downconversion.enable", "boolean", "true", "Accepted; clients older than record format v2 are not served."},
    {"message.timestamp.after.max.ms", "long", "3600000",
     "How far a CreateTime may be ahead of the broker's clock before the batch is refused.", 0},
    {"message.timestamp.before.max.ms", "long", kLongMax,
     "How far a CreateTime may be behind the broker's clock before the batch is refused.", 0},
    {"message.timestamp.type", "string", "CreateTime", "Whose time a record carries: the producer's or the append's.",
     INT64_MIN, INT64_MAX, kTimestampType},
    {"min.cleanable.dirty.ratio", "double", "0.5",
     "Part of a compacted log's bytes that must be uncompacted before it is compacted."},
    {"min.compaction.lag.ms", "long", "0", "Shortest time that a record of a compacted topic stays as it was written.", 0},
    {"min.insync.replicas", "int", "1", "Replicas that acks=all asks for; more than one can never be met here.", 1, kIntMax},
    {"preallocate", "boolean", "false", "Accepted; segment files grow as they are written."},
    {"remote.log.copy.disable", "boolean", "false",
     "Stops uploads of a tiered topic; what is archived stays readable and local retention follows the total one."},
    {"remote.log.delete.on.disable", "boolean", "false",
     "When remote.storage.enable is switched off: delete the archived part instead of keeping it."},
    {"remote.storage.enable", "boolean", "false",
     "Uploads every sealed segment at once; local.retention.* says when local copies go."},
    {"retention.bytes", "long", "-1",
     "Bytes of a partition, over both tiers, beyond which the oldest segments go; -1 is no limit.", -1},
    {"retention.ms", "long", "604800000", "Age beyond which segments go from both tiers; -1 is no limit.", -1},
    {"segment.bytes", "int", "1073741824", "Size at which a segment is closed.", 14, kIntMax},
    {"segment.index.bytes", "int", "10485760", "Accepted; index files are as long as their entries.", 4, kIntMax},
    {"segment.jitter.ms", "long", "0", "Accepted; segments are closed at segment.ms.", 0},
    {"segment.ms", "long", "604800000", "Age at which a segment is closed even when it is not full.", 1},
    {kEncryptionKeyConfig, "string", "",
     "Key that new archived segments are encrypted with; empty follows tier.encryption.key.id, none does not encrypt."},
    {"takhin.zstd.level", "int", "-1", "Compression of new archived segments; 0 is off, -1 follows tier.zstd.level.", -1, 19},
    {"tier.rpo.ms", "long", "-2",
     "Longest time that a record of a tiered topic stays in the active segment, which is then closed and uploaded; 0 is no "
     "limit, -2 follows the broker's tier.rpo.minutes.",
     -2},
    {"tier.upload.bytes.per.second", "long", "0",
     "Log bytes that uploads of this topic read per second, one partition at a time; 0 is no budget of its own.", 0},
    {"unclean.leader.election.enable", "boolean", "false", "Accepted; there is one replica to elect."},
};
static_assert(std::ranges::is_sorted(kRows, {}, &TopicConfigRow::key), "find_topic_config_row searches by halves");

Error broken(std::string_view key, std::string_view value, std::string_view rule) {
  return fail(Kind::kInvalid, "{} = {}: {}", key, value.empty() ? "\"\"" : value, rule);
}

Result<std::int64_t> integer_of(const TopicConfigRow& row, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    return broken(row.key, text, fmt::format("must be a whole number ({})", row.type));
  }
  const std::int64_t least = std::max(row.min, row.type == "int" ? INT32_MIN : INT64_MIN);
  const std::int64_t most = std::min(row.max, row.type == "int" ? kIntMax : INT64_MAX);
  if (value < least || value > most) return broken(row.key, text, fmt::format("must be from {} to {}", least, most));
  return value;
}

Result<> check_choice(const TopicConfigRow& row, std::string_view whole, std::string_view member) {
  if (row.choices.empty() || std::ranges::find(row.choices, member) != row.choices.end()) return done();
  return broken(row.key, whole, fmt::format("must be {}one of {}", row.type == "list" ? "a list of at least " : "",
                                            fmt::join(row.choices, ", ")));
}

Result<> check_value(const TopicConfigRow& row, std::string_view text) {
  if (row.type == "int" || row.type == "long") {
    TRY(const std::int64_t value, integer_of(row, text));
    if (row.key == kGzipLevel && value == 0) return broken(row.key, text, "must be -1 or from 1 to 9");
  } else if (row.type == "boolean") {
    if (text != "true" && text != "false") return broken(row.key, text, "must be true or false");
  } else if (row.type == "double") {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= 1)) {
      return broken(row.key, text, "must be a number from 0 to 1");
    }
  } else if (row.type == "string") {
    TRY(check_choice(row, text, text));
  } else if (!row.choices.empty()) {
    const auto members = members_of(text);
    if (members.empty()) return check_choice(row, text, "");
    for (const std::string_view member : members) TRY(check_choice(row, text, member));
  }
  return done();
}

/// All rows' values, the overrides over the defaults; every text in it was checked.
class Values {
 public:
  static Result<Values> of(const ConfigMap& overrides) {
    Values values;
    for (const auto& [key, value] : overrides) {
      const TopicConfigRow* row = find_topic_config_row(key);
      if (row == nullptr) return broken(key, value, "unknown topic config");
      const std::string text(trimmed(value, kBlanks));
      TRY(check_value(*row, text));
      values.set_[row->key] = text;
    }
    return values;
  }
  bool is_set(std::string_view key) const { return set_.contains(key); }
  std::string_view text(std::string_view key) const {
    const auto found = set_.find(key);
    if (found != set_.end()) return found->second;
    const TopicConfigRow* row = find_topic_config_row(key);
    TAKHIN_ASSERT(row != nullptr, "a config key without a row");
    return row->fallback;
  }
  std::int64_t integer(std::string_view key) const {
    const auto value = integer_of(*find_topic_config_row(key), text(key));
    TAKHIN_ASSERT(value.ok(), "a default of the topic config table breaks its own row");
    return *value;
  }
  double number(std::string_view key) const {
    double value = 0;
    const std::string_view digits = text(key);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);  // checked before
    return value;
  }
  bool flag(std::string_view key) const { return text(key) == "true"; }

 private:
  std::map<std::string_view, std::string> set_;
};

std::optional<record::Codec> codec_of(std::string_view name) {
  if (name == "uncompressed") return record::Codec::kNone;
  if (name == "gzip") return record::Codec::kGzip;
  if (name == "snappy") return record::Codec::kSnappy;
  if (name == "lz4") return record::Codec::kLz4;
  if (name == "zstd") return record::Codec::kZstd;
  return std::nullopt;
}

std::optional<int> level_of(const Values& values, std::optional<record::Codec> codec) {
  const auto level = [&](std::string_view key) { return static_cast<int>(values.integer(key)); };
  if (codec == record::Codec::kGzip) return level(kGzipLevel);
  if (codec == record::Codec::kLz4) return level("compression.lz4.level");
  if (codec == record::Codec::kZstd) return level("compression.zstd.level");
  return std::nullopt;
}

log::LogConfig log_config_of(const Values& values) {
  log::LogConfig log;
  log.segment_bytes = static_cast<std::uint64_t>(values.integer("segment.bytes"));
  log.segment_ms = values.integer("segment.ms");
  log.index_interval_bytes = static_cast<std::uint64_t>(values.integer("index.interval.bytes"));
  log.message_bytes_max = static_cast<std::uint64_t>(values.integer("max.message.bytes"));
  log.timestamp_type = values.text("message.timestamp.type") == "LogAppendTime" ? record::TimestampType::kLogAppendTime
                                                                                : record::TimestampType::kCreateTime;
  log.timestamp_before_max_ms = values.integer("message.timestamp.before.max.ms");
  log.timestamp_after_max_ms = values.integer("message.timestamp.after.max.ms");
  log.compression = codec_of(values.text("compression.type"));
  log.compression_level = level_of(values, log.compression);
  const auto policy = members_of(values.text("cleanup.policy"));
  log.compacted = std::ranges::find(policy, "compact") != policy.end();
  // Only what is sealed can be compacted (Kafka's LogConfig.maxSegmentMs).
  if (log.compacted) log.segment_ms = std::min(log.segment_ms, values.integer("max.compaction.lag.ms"));
  return log;
}

/// KIP-405: what stays local is a part of what is kept. -1 is more than anything.
Result<> check_local(std::string_view key, std::int64_t local, std::string_view total_key, std::int64_t total) {
  if (local == -2 || total == -1) return done();
  if (local == -1 || local > total) {
    return broken(key, std::to_string(local), fmt::format("must not be more than {} ({})", total_key, total));
  }
  return done();
}

Result<> validate(const TopicConfig& config) {
  const std::string& key = config.encryption_key_id;
  if (!key.empty() && !tier::check_key_id(key).ok()) {
    return broken(kEncryptionKeyConfig, key, "must be none or 1 to 256 of [A-Za-z0-9._:/@+-]");
  }
  if (config.min_compaction_lag_ms > config.max_compaction_lag_ms) {
    return broken("min.compaction.lag.ms", std::to_string(config.min_compaction_lag_ms),
                  fmt::format("must not be more than max.compaction.lag.ms ({})", config.max_compaction_lag_ms));
  }
  if (config.rpo_ms == -1) return broken("tier.rpo.ms", "-1", "must be 0 (no limit), -2 (as the broker) or more than 0");
  if (!config.remote_storage_enable) return done();
  if (config.cleanup_compact) return broken("remote.storage.enable", "true", "a compacted topic cannot be tiered");
  TRY(check_local("local.retention.ms", config.local_retention_ms, "retention.ms", config.retention_ms));
  TRY(check_local("local.retention.bytes", config.local_retention_bytes, "retention.bytes", config.retention_bytes));
  if (config.remote_copy_disable) {
    const auto follows = [](std::int64_t local, std::int64_t total) { return local == -2 || local == total; };
    if (!follows(config.local_retention_ms, config.retention_ms) ||
        !follows(config.local_retention_bytes, config.retention_bytes)) {
      return broken("remote.log.copy.disable", "true", "local.retention.* must be -2 or equal to retention.*");
    }
  }
  return done();
}

}  // namespace

std::span<const TopicConfigRow> topic_config_rows() { return kRows; }

const TopicConfigRow* find_topic_config_row(std::string_view key) {
  const auto found = std::ranges::lower_bound(kRows, key, {}, &TopicConfigRow::key);
  return found != std::end(kRows) && found->key == key ? &*found : nullptr;
}

Result<TopicConfig> parse_topic_config(const ConfigMap& overrides) {
  TRY(const Values values, Values::of(overrides));
  TopicConfig config;
  config.log = log_config_of(values);
  config.retention_ms = values.integer("retention.ms");
  config.retention_bytes = values.integer("retention.bytes");
  config.retention_is_set = values.is_set("retention.ms") || values.is_set("retention.bytes");
  config.local_retention_ms = values.integer("local.retention.ms");
  config.local_retention_bytes = values.integer("local.retention.bytes");
  config.remote_storage_enable = values.flag("remote.storage.enable");
  config.remote_copy_disable = values.flag("remote.log.copy.disable");
  config.remote_delete_on_disable = values.flag("remote.log.delete.on.disable");
  config.rpo_ms = values.integer("tier.rpo.ms");
  config.upload_bytes_per_second = static_cast<std::uint64_t>(values.integer("tier.upload.bytes.per.second"));
  const auto policy = members_of(values.text("cleanup.policy"));
  config.cleanup_delete = std::ranges::find(policy, "delete") != policy.end();
  config.cleanup_compact = std::ranges::find(policy, "compact") != policy.end();
  config.min_cleanable_ratio = values.number("min.cleanable.dirty.ratio");
  config.min_compaction_lag_ms = values.integer("min.compaction.lag.ms");
  config.max_compaction_lag_ms = values.integer("max.compaction.lag.ms");
  config.delete_retention_ms = values.integer("delete.retention.ms");
  config.min_insync_replicas = static_cast<std::int32_t>(values.integer("min.insync.replicas"));
  config.encryption_key_id = values.text(kEncryptionKeyConfig);
  const auto zstd = values.integer("takhin.zstd.level");
  if (zstd >= 0) config.zstd_level = static_cast<int>(zstd);
  TRY(validate(config));
  return config;
}

}  // namespace takhin::partition
