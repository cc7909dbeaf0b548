#pragma once
// Configuration mechanism. An option is one row beside the Options struct of the room that uses it; environment name,
// `takhin config`, docs/config.md, bounds and unknown-key errors all derive from the row.

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace takhin::config {

using Value = std::variant<bool, std::int64_t, double, std::string>;

/// One configuration key. The alternative that `fallback` holds is the key's type.
struct Option {
  std::string_view key;
  Value fallback;
  double min = std::numeric_limits<double>::lowest();  // numbers only, inclusive
  double max = std::numeric_limits<double>::max();
  std::string_view doc;
  bool secret = false;                             // printed as "***", never logged
  std::span<const std::string_view> choices = {};  // texts only; empty = any
};

/// TAKHIN_ + the key in upper case, '.' -> '_'.
std::string env_name(std::string_view key);

enum class Origin { kDefault, kFile, kEnvironment, kCommandLine };
std::string_view name_of(Origin origin);

struct Setting {
  const Option* option = nullptr;
  Value value;
  Origin origin = Origin::kDefault;
};

/// Where values come from, weakest first: defaults, the YAML file, the environment, --set key=value.
struct Sources {
  std::optional<std::string> yaml;                 // the file's text
  std::string yaml_name;                           // for messages
  std::map<std::string, std::string> environment;  // all of it; only TAKHIN_* of known rows is used
  std::vector<std::string> set;                    // "key=value"
};

/// The effective configuration: every known key has a value. Immutable after load().
class Settings {
 public:
  /// kInvalid with ONE line that names key, value and rule: unknown keys (with the nearest known one), wrong types, bounds.
  /// Both YAML spellings load: nested maps and dotted keys. Both at once for one key is an error.
  static Result<Settings> load(std::span<const Option* const> rows, const Sources& sources);

  bool flag(const Option& option) const;
  std::int64_t integer(const Option& option) const;
  double number(const Option& option) const;
  const std::string& text(const Option& option) const;
  Origin origin(const Option& option) const;
  /// Sorted by key, for `takhin config` and docs.
  std::vector<Setting> all() const;

 private:
  std::map<std::string, Setting, std::less<>> settings_;
};

/// The value as `takhin config` prints it; "***" for a secret that is set.
std::string printable(const Setting& setting);
/// The one form of a cross-option complaint: "key = value: rule".
Error broken_rule(const Settings& settings, const Option& option, std::string_view rule);
/// docs/config.md from the rows.
std::string markdown(std::span<const Option* const> rows);

}  // namespace takhin::config
