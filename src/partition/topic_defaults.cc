#include "partition/topic_defaults.h"

#include <algorithm>
#include <charconv>
#include <deque>

namespace takhin::partition {
namespace {

constexpr BrokerKey kKeys[] = {
    {"compression.gzip.level", "compression.gzip.level"},
    {"compression.lz4.level", "compression.lz4.level"},
    {"compression.type", "compression.type"},
    {"compression.zstd.level", "compression.zstd.level"},
    {"log.cleaner.delete.retention.ms", "delete.retention.ms"},
    {"log.cleaner.max.compaction.lag.ms", "max.compaction.lag.ms"},
    {"log.cleaner.min.cleanable.ratio", "min.cleanable.dirty.ratio"},
    {"log.cleaner.min.compaction.lag.ms", "min.compaction.lag.ms"},
    {"log.cleanup.policy", "cleanup.policy"},
    {"log.index.interval.bytes", "index.interval.bytes"},
    {"log.local.retention.bytes", "local.retention.bytes"},
    {"log.local.retention.ms", "local.retention.ms"},
    {"log.message.timestamp.after.max.ms", "message.timestamp.after.max.ms"},
    {"log.message.timestamp.before.max.ms", "message.timestamp.before.max.ms"},
    {"log.message.timestamp.type", "message.timestamp.type"},
    {"log.remote.storage.enable", "remote.storage.enable"},  // our own: Kafka has no default for it
    {"log.retention.bytes", "retention.bytes"},
    {"log.retention.ms", "retention.ms"},
    {"log.roll.ms", "segment.ms"},
    {"log.segment.bytes", "segment.bytes"},
    {"message.max.bytes", "max.message.bytes"},
    {"min.insync.replicas", "min.insync.replicas"},
};
static_assert(std::ranges::is_sorted(kKeys, {}, &BrokerKey::broker));

constexpr std::string_view kRemote = "remote.storage.enable";
constexpr std::string_view kCleanup = "cleanup.policy";

using config::Option;

// Kafka's other spellings. The finer unit wins.
constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 3'600'000;
constexpr double kUnitsMax = 1e12;
const Option kRetentionMinutes{.key = "log.retention.minutes", .fallback = std::int64_t{10'080}, .min = -1, .max = kUnitsMax,
                               .doc = "log.retention.ms in minutes, where that is not set; -1 is no limit."};
const Option kRetentionHours{.key = "log.retention.hours", .fallback = std::int64_t{168}, .min = -1, .max = kUnitsMax,
                             .doc = "log.retention.ms in hours, where that is not set, nor the minutes; -1 is no limit."};
const Option kRollHours{.key = "log.roll.hours", .fallback = std::int64_t{168}, .min = 1, .max = kUnitsMax,
                        .doc = "log.roll.ms in hours, where that is not set."};
struct Spelling {
  const Option* option;
  std::string_view topic_key;
  std::int64_t unit_ms;
};
const Spelling kSpellings[] = {{&kRetentionMinutes, "retention.ms", kMinuteMs},
                               {&kRetentionHours, "retention.ms", kHourMs},
                               {&kRollHours, "segment.ms", kHourMs}};

/// The options that are made from the topic configs' rows; texts and options stay where they are.
struct Rows {
  std::deque<std::string> texts;
  std::deque<Option> options;  // one for each of kKeys, in its order
  std::vector<const Option*> all;

  Rows() {
    for (const BrokerKey& key : kKeys) all.push_back(&options.emplace_back(make(key)));
    for (const Spelling& spelling : kSpellings) all.push_back(spelling.option);
  }
  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }

  Option make(const BrokerKey& key) {
    const TopicConfigRow* row = find_topic_config_row(key.topic);
    TAKHIN_ASSERT(row != nullptr, "a default of an unknown topic config");
    Option option{.key = key.broker.starts_with("log.") ? key.broker : keep(fmt::format("kafka.{}", key.broker)),
                  .fallback = std::string(row->fallback),
                  .doc = keep(fmt::format("{} of topics that do not set it. {}", row->key, row->doc))};
    if (row->type == "boolean") option.fallback = row->fallback == "true";
    if (row->type == "double") {
      option.fallback = std::stod(std::string(row->fallback));
      option.min = 0;
      option.max = 1;
    }
    if (row->type == "string") option.choices = row->choices;
    if (row->type != "int" && row->type != "long") return option;
    std::int64_t number = 0;
    std::from_chars(row->fallback.data(), row->fallback.data() + row->fallback.size(), number);
    option.fallback = number;
    option.min = static_cast<double>(std::max<std::int64_t>(row->min, row->type == "int" ? INT32_MIN : INT64_MIN));
    const std::int64_t most = std::min<std::int64_t>(row->max, row->type == "int" ? INT32_MAX : INT64_MAX);
    if (most != INT64_MAX) option.max = static_cast<double>(most);
    return option;
  }
};

const Rows& rows() {
  static const Rows made;
  return made;
}

std::string text_of(const config::Settings& settings, const Option& option) {
  if (std::holds_alternative<bool>(option.fallback)) return settings.flag(option) ? "true" : "false";
  if (std::holds_alternative<std::int64_t>(option.fallback)) return std::to_string(settings.integer(option));
  if (std::holds_alternative<double>(option.fallback)) return fmt::format("{}", settings.number(option));
  return settings.text(option);
}

bool has(const ConfigMap& configs, std::string_view key) {
  return std::ranges::any_of(configs, [&](const auto& entry) { return entry.first == key; });
}

void add_missing(ConfigMap& to, const ConfigMap& from) {
  for (const auto& entry : from) {
    if (!has(to, entry.first)) to.push_back(entry);
  }
}

}  // namespace

std::span<const BrokerKey> broker_keys() { return kKeys; }

const BrokerKey* find_by_broker_key(std::string_view broker_key) {
  const auto* found = std::ranges::find(kKeys, broker_key, &BrokerKey::broker);
  return found == std::end(kKeys) ? nullptr : found;
}

const BrokerKey* find_by_topic_key(std::string_view topic_key) {
  const auto* found = std::ranges::find(kKeys, topic_key, &BrokerKey::topic);
  return found == std::end(kKeys) ? nullptr : found;
}

ConfigMap effective_configs(const TopicDefaults& defaults, const ConfigMap& overrides) {
  ConfigMap out = overrides;
  for (const ConfigMap* layer : {&defaults.broker, &defaults.cluster, &defaults.fixed}) add_missing(out, *layer);
  const bool compacted = std::ranges::any_of(
      out, [](const auto& entry) { return entry.first == kCleanup && entry.second.find("compact") != std::string::npos; });
  if (compacted && !has(overrides, kRemote)) {
    std::erase_if(out, [](const auto& entry) { return entry.first == kRemote; });
  }
  std::ranges::sort(out);
  return out;
}

std::span<const config::Option* const> default_option_rows() { return rows().all; }

ConfigMap fixed_defaults(const config::Settings& settings) {
  ConfigMap out;
  const auto is_set = [&](const Option& option) { return settings.origin(option) != config::Origin::kDefault; };
  for (std::size_t i = 0; i < std::size(kKeys); ++i) {
    const Option& option = rows().options[i];
    if (is_set(option)) out.emplace_back(kKeys[i].topic, text_of(settings, option));
  }
  for (const auto& [option, topic_key, unit_ms] : kSpellings) {
    if (!is_set(*option) || has(out, topic_key)) continue;
    const std::int64_t units = settings.integer(*option);
    out.emplace_back(topic_key, std::to_string(units < 0 ? units : units * unit_ms));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace takhin::partition
