#include "broker/groups/group_configs.h"

#include <algorithm>

#include "base/base64.h"
#include "base/text.h"
#include "broker/kept_lines.h"

namespace takhin::broker::groups {
namespace {

constexpr std::string_view kHeader = "takhin group configs 1";
/// Groups that set something.
constexpr std::size_t kGroupsMax = 10'000;

constexpr GroupConfigRow kRows[] = {
    {"consumer.heartbeat.interval.ms", "group.consumer.heartbeat.interval.ms", &ConsumerGroupOptions::heartbeat_interval_ms,
     &ConsumerGroupOptions::heartbeat_interval_min_ms, &ConsumerGroupOptions::heartbeat_interval_max_ms,
     "How often the members of the group are told to send a heartbeat."},
    {"consumer.session.timeout.ms", "group.consumer.session.timeout.ms", &ConsumerGroupOptions::session_timeout_ms,
     &ConsumerGroupOptions::session_timeout_min_ms, &ConsumerGroupOptions::session_timeout_max_ms,
     "A member of the group without a heartbeat for this long loses its partitions."},
};
constexpr const GroupConfigRow& kHeartbeat = kRows[0];
constexpr const GroupConfigRow& kSession = kRows[1];

}  // namespace

std::span<const GroupConfigRow> group_config_rows() { return kRows; }

const GroupConfigRow* find_group_config_row(std::string_view key) {
  const auto found = std::ranges::find(kRows, key, &GroupConfigRow::key);
  return found == std::end(kRows) ? nullptr : found;
}

Result<std::unique_ptr<GroupConfigs>> GroupConfigs::open(FileSystem& files, std::string path, ConsumerGroupOptions fallback) {
  std::unique_ptr<GroupConfigs> made(new GroupConfigs(files, std::move(path), std::move(fallback)));
  TRY(made->load());
  return made;
}

/// Lines of: group in base64, key, value. A value that the broker's options would forbid by now stays in force, as in Kafka.
Result<> GroupConfigs::load() {
  return read_kept_lines(files_, path_, kHeader, [this](std::string_view line) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return false;
    const auto group = from_base64(line.substr(0, first));
    const auto* row = find_group_config_row(line.substr(first + 1, last - first - 1));
    const auto value = number_of<std::int32_t>(line.substr(last + 1));
    if (!group || row == nullptr || !value) return false;
    set_[std::string(text_of(*group))][std::string(row->key)] = *value;
    return true;
  });
}

Result<> GroupConfigs::store(const Map& all) const {
  std::string text = fmt::format("{}\n", kHeader);
  for (const auto& [group, values] : all) {
    for (const auto& [key, value] : values) text += fmt::format("{} {} {}\n", to_base64(view_of(group)), key, value);
  }
  return write_atomically(files_, path_, view_of(text));
}

GroupConfigs::Values GroupConfigs::find(const std::string& group) const {
  const std::lock_guard hold(mutex_);
  const auto found = set_.find(group);
  return found == set_.end() ? Values{} : found->second;
}

std::int32_t GroupConfigs::value(const std::string& group, const GroupConfigRow& row) const {
  const std::lock_guard hold(mutex_);
  const auto found = set_.find(group);
  if (found == set_.end()) return fallback_.*row.fallback;
  const auto value = found->second.find(std::string(row.key));
  return value == found->second.end() ? fallback_.*row.fallback : value->second;
}

std::int32_t GroupConfigs::session_timeout_ms(const std::string& group) const { return value(group, kSession); }
std::int32_t GroupConfigs::heartbeat_interval_ms(const std::string& group) const { return value(group, kHeartbeat); }

std::vector<std::string> GroupConfigs::groups() const {
  const std::lock_guard hold(mutex_);
  std::vector<std::string> out;
  for (const auto& [group, values] : set_) out.push_back(group);
  return out;
}

Result<GroupConfigs::Values> GroupConfigs::parse(const std::map<std::string, std::string>& values) const {
  Values out;
  for (const auto& [key, text] : values) {
    const auto* row = find_group_config_row(key);
    if (row == nullptr) return fail(Kind::kInvalid, "unknown group config {}", key);
    const auto number = number_of<std::int32_t>(trimmed(text));
    if (!number) return fail(Kind::kInvalid, "{}: '{}' is not a number of 32 bits", key, printable(text));
    if (*number < fallback_.*row->min || *number > fallback_.*row->max) {
      return fail(Kind::kInvalid, "{}: {} is not between {} and {}, the broker's bounds", key, *number, fallback_.*row->min,
                  fallback_.*row->max);
    }
    out[key] = *number;
  }
  const auto in_force = [&](const GroupConfigRow& row) {
    const auto set = out.find(std::string(row.key));
    return set == out.end() ? fallback_.*row.fallback : set->second;
  };
  if (in_force(kHeartbeat) >= in_force(kSession)) {
    return fail(Kind::kInvalid, "{} must be larger than {}", kSession.key, kHeartbeat.key);
  }
  return out;
}

Result<> GroupConfigs::set(const std::string& group, const std::map<std::string, std::string>& values, bool validate_only) {
  TRY(auto parsed, parse(values));
  if (validate_only) return done();
  const std::lock_guard one_writer(change_mutex_);
  Map next;
  {
    const std::lock_guard hold(mutex_);
    next = set_;
  }
  if (parsed.empty()) next.erase(group);
  else next[group] = std::move(parsed);
  if (next.size() > kGroupsMax) return fail(Kind::kExhausted, "{} groups have configs, the limit", kGroupsMax);
  TRY(store(next));
  const std::lock_guard hold(mutex_);
  set_ = std::move(next);
  return done();
}

}  // namespace takhin::broker::groups
