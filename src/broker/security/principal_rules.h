#pragma once
// Who a client is by the name in its certificate: Kafka's ssl.principal.mapping.rules (KIP-371).

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace takhin::broker::security {

/// Rules of one configuration.
inline constexpr std::size_t kPrincipalRulesMax = 100;

/// Immutable: any thread.
class PrincipalRules {
 public:
  /// DEFAULT.
  PrincipalRules() = default;
  /// "RULE:pattern/replacement/[LU]" or "DEFAULT", with commas; empty is DEFAULT, the name as it is. A slash inside is
  /// written "\/". Patterns are RE2's (no look-around, no back references) and must match the whole name; $1 is its first
  /// group. kInvalid says which rule is wrong.
  static Result<PrincipalRules> parse(std::string_view text);

  /// By the first rule that matches; nothing: none does, and the client is nobody.
  std::optional<std::string> apply(std::string_view name) const;

 private:
  enum class Case { kAsIs, kLower, kUpper };
  struct Rule {
    std::shared_ptr<const re2::RE2> pattern;  // null: DEFAULT
    std::string replacement;                  // as RE2 writes it
    Case letters = Case::kAsIs;
  };
  static Result<Rule> rule_of(std::string_view pattern, std::string_view replacement, std::string_view letters);
  std::vector<Rule> rules_;
};

}  // namespace takhin::broker::security
