#include "config/option.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/result.h"
#include "config/yaml.h"

namespace takhin::config {
namespace {

constexpr std::size_t kShownValueMax = 120;  // characters of a wrong value that a message repeats

std::string number_text(double value, bool whole) {
  if (whole) return fmt::format("{}", static_cast<std::int64_t>(value));
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == text.npos) text += ".0";
  return text;
}

// Messages are one line, whatever somebody put into a value.
std::string shown(std::string_view value) {
  std::string out;
  for (const char c : value.substr(0, kShownValueMax))
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  if (value.size() > kShownValueMax) out += "...";
  return out;
}

std::string bounds_rule(const Option& option) {
  const bool whole = std::holds_alternative<std::int64_t>(option.fallback);
  const bool low = option.min != std::numeric_limits<double>::lowest();
  const bool high = option.max != std::numeric_limits<double>::max();
  if (low && high) {
    return fmt::format("must be between {} and {}", number_text(option.min, whole), number_text(option.max, whole));
  }
  if (low) return fmt::format("must be at least {}", number_text(option.min, whole));
  if (high) return fmt::format("must be at most {}", number_text(option.max, whole));
  return "";
}

std::string choices_rule(const Option& option) {
  return fmt::format("must be one of {}", fmt::join(option.choices, ", "));
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The value, or the rule that `text` breaks.
tl::expected<Value, std::string> parse(const Option& option, std::string_view text) {
  if (std::holds_alternative<bool>(option.fallback)) {
    if (text == "true") return Value(true);
    if (text == "false") return Value(false);
    return tl::unexpected(std::string("must be true or false"));
  }
  if (std::holds_alternative<std::int64_t>(option.fallback)) {
    const auto value = parse_number<std::int64_t>(text);
    if (!value) return tl::unexpected(std::string("must be a whole number"));
    const auto number = static_cast<double>(*value);
    if (number < option.min || number > option.max) return tl::unexpected(bounds_rule(option));
    return Value(*value);
  }
  if (std::holds_alternative<double>(option.fallback)) {
    const auto value = parse_number<double>(text);
    if (!value || !std::isfinite(*value)) return tl::unexpected(std::string("must be a number"));
    if (*value < option.min || *value > option.max) return tl::unexpected(bounds_rule(option));
    return Value(*value);
  }
  if (!option.choices.empty() &&
      std::find(option.choices.begin(), option.choices.end(), text) == option.choices.end()) {
    return tl::unexpected(choices_rule(option));
  }
  return Value(std::string(text));
}

// Levenshtein's distance, two rows at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

using Known = std::map<std::string, Setting, std::less<>>;

std::string unknown_rule(const Known& known, const std::string& key) {
  const auto member = known.lower_bound(key + ".");
  if (member != known.end() && member->first.starts_with(key + ".")) {
    return fmt::format("is a group of keys, such as {}", member->first);
  }
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(2, key.size() / 3) + 1;
  for (const auto& [candidate, setting] : known) {
    // "s3.bucket" means "storage.tiered.s3.bucket" more likely than any key of its length.
    if (candidate.size() > key.size() + 1 && candidate.ends_with(key) &&
        candidate[candidate.size() - key.size() - 1] == '.') {
      return fmt::format("unknown key, did you mean {}?", candidate);
    }
    const std::size_t distance = edit_distance(key, candidate);
    if (distance < best_distance) best = &candidate, best_distance = distance;
  }
  return best == nullptr ? "unknown key" : fmt::format("unknown key, did you mean {}?", *best);
}

Error complaint(const Option& option, std::string_view value, std::string_view rule, std::string_view where) {
  return fail(Kind::kInvalid, "{} = {}: {} ({})", option.key, option.secret ? "***" : shown(value), rule, where);
}

Result<> assign(Setting& setting, std::string_view text, Origin origin, const std::string& where) {
  auto value = parse(*setting.option, text);
  if (!value) return complaint(*setting.option, text, value.error(), where);
  setting.value = *std::move(value);
  setting.origin = origin;
  return done();
}

bool is_group(const Known& known, const std::string& key) {
  const auto at = known.lower_bound(key + ".");
  return at != known.end() && at->first.starts_with(key + ".");
}

Result<> load_file(Known& known, const std::string& text, const std::string& name) {
  TRY(const auto leaves, flatten_yaml(text, name));
  for (const auto& leaf : leaves) {
    const std::string where = fmt::format("{}:{}", name, leaf.line);
    const auto at = known.find(leaf.key);
    if (at == known.end()) {
      if (leaf.empty && is_group(known, leaf.key)) continue;
      return fail(Kind::kInvalid, "{} = {}: {} ({})", leaf.key, shown(leaf.value), unknown_rule(known, leaf.key),
                  where);
    }
    if (at->second.origin == Origin::kFile) return complaint(*at->second.option, leaf.value, "is set twice", where);
    TRY(assign(at->second, leaf.value, Origin::kFile, where));
  }
  return done();
}

Result<> load_set(Known& known, const std::string& item) {
  const auto equals = item.find('=');
  if (equals == item.npos || equals == 0) return fail(Kind::kInvalid, "--set {}: must be key=value", shown(item));
  const auto at = known.find(std::string_view(item).substr(0, equals));
  const std::string value = item.substr(equals + 1);
  if (at == known.end()) {
    const std::string key = item.substr(0, equals);
    return fail(Kind::kInvalid, "{} = {}: {} (--set)", shown(key), shown(value), unknown_rule(known, key));
  }
  return assign(at->second, value, Origin::kCommandLine, "--set");
}

std::string_view type_name(const Value& value) {
  constexpr std::string_view kNames[] = {"boolean", "whole number", "number", "text"};
  return kNames[value.index()];
}

std::string plain(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number, false);
  return std::get<std::string>(value);
}

}  // namespace

std::string env_name(std::string_view key) {
  std::string name = "TAKHIN_";
  for (const char c : key)
    name += c == '.' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::string_view name_of(Origin origin) {
  switch (origin) {
    case Origin::kDefault: return "default";
    case Origin::kFile: return "file";
    case Origin::kEnvironment: return "environment";
    case Origin::kCommandLine: return "command line";
  }
  return "default";
}

Result<Settings> Settings::load(std::span<const Option* const> rows, const Sources& sources) {
  Settings out;
  for (const Option* row : rows) {
    const bool fresh = out.settings_.emplace(row->key, Setting{row, row->fallback, Origin::kDefault}).second;
    TAKHIN_ASSERT(fresh, "two rows declare the same key");
  }
  if (sources.yaml) TRY(load_file(out.settings_, *sources.yaml, sources.yaml_name));
  for (auto& [key, setting] : out.settings_) {
    const std::string name = env_name(key);
    const auto at = sources.environment.find(name);
    if (at != sources.environment.end()) TRY(assign(setting, at->second, Origin::kEnvironment, "environment " + name));
  }
  for (const auto& item : sources.set)
    TRY(load_set(out.settings_, item));
  return out;
}

static const Setting& known(const Known& settings, const Option& option) {
  const auto at = settings.find(option.key);
  TAKHIN_ASSERT(at != settings.end(), "the row was not among those given to load()");
  return at->second;
}

bool Settings::flag(const Option& option) const { return std::get<bool>(known(settings_, option).value); }
std::int64_t Settings::integer(const Option& option) const {
  return std::get<std::int64_t>(known(settings_, option).value);
}
double Settings::number(const Option& option) const { return std::get<double>(known(settings_, option).value); }
const std::string& Settings::text(const Option& option) const {
  return std::get<std::string>(known(settings_, option).value);
}
Origin Settings::origin(const Option& option) const { return known(settings_, option).origin; }

std::vector<Setting> Settings::all() const {
  std::vector<Setting> out;
  for (const auto& [key, setting] : settings_)
    out.push_back(setting);
  return out;
}

std::string printable(const Setting& setting) {
  const std::string text = plain(setting.value);
  return setting.option->secret && !text.empty() ? "***" : text;
}

Error broken_rule(const Settings& settings, const Option& option, std::string_view rule) {
  for (const auto& setting : settings.all()) {
    if (setting.option->key == option.key) {
      return fail(Kind::kInvalid, "{} = {}: {}", option.key, shown(printable(setting)), rule);
    }
  }
  return fail(Kind::kInvalid, "{}: {}", option.key, rule);
}

std::string markdown(std::span<const Option* const> rows) {
  std::vector<const Option*> sorted(rows.begin(), rows.end());
  std::sort(sorted.begin(), sorted.end(), [](const Option* a, const Option* b) { return a->key < b->key; });
  std::string out = "| key | type | default | rule | environment | meaning |\n|---|---|---|---|---|---|\n";
  for (const Option* row : sorted) {
    const std::string rule = row->choices.empty() ? bounds_rule(*row) : choices_rule(*row);
    out += fmt::format(
        "| `{}` | {} | `{}` | {} | `{}` | {} |\n", row->key, type_name(row->fallback),
        std::holds_alternative<std::string>(row->fallback) ? '"' + plain(row->fallback) + '"' : plain(row->fallback),
        rule, env_name(row->key), row->doc);
  }
  return out;
}

}  // namespace takhin::config
