#include "broker/security/principal_rules.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"

namespace takhin::broker::security {
namespace {

constexpr std::string_view kDefault = "DEFAULT";
constexpr std::string_view kRule = "RULE:";
constexpr std::int64_t kProgramBytesMax = 1 << 20;

/// Cuts off what stands before the next slash that no backslash precedes; nothing: there is none.
std::optional<std::string_view> part_of(std::string_view& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '/') {
      const auto part = text.substr(0, i);
      text.remove_prefix(i + 1);
      return part;
    }
  }
  return std::nullopt;
}

std::string without_escaped_slashes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '/') continue;
    out += text[i];
  }
  return out;
}

/// Java's $1 as RE2's \1; Java's \x is x itself.
std::string replacement_of(std::string_view text) {
  std::string out;
  const auto literal = [&out](char c) { out += c == '\\' ? "\\\\" : std::string(1, c); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool more = i + 1 < text.size();
    if (text[i] == '\\' && more) {
      literal(text[++i]);
    } else if (text[i] == '$' && more && text[i + 1] >= '0' && text[i + 1] <= '9') {
      out += '\\';
      out += text[++i];
    } else {
      literal(text[i]);
    }
  }
  return out;
}

std::string in_case(std::string text, bool upper) {
  for (char& c : text) {
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

Result<PrincipalRules::Rule> PrincipalRules::rule_of(std::string_view pattern, std::string_view replacement,
                                                     std::string_view letters) {
  Rule rule;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kProgramBytesMax);
  auto compiled = std::make_shared<const re2::RE2>(without_escaped_slashes(pattern), options);
  if (!compiled->ok()) return fail(Kind::kInvalid, "{}: {}", pattern, compiled->error());
  rule.replacement = replacement_of(replacement);
  std::string wrong;
  if (!compiled->CheckRewriteString(rule.replacement, &wrong)) return fail(Kind::kInvalid, "{}: {}", replacement, wrong);
  if (letters.size() > 1 || letters.find_first_not_of("LU") != std::string_view::npos) {
    return fail(Kind::kInvalid, "'{}' behind a rule, L or U may be there", letters);
  }
  rule.pattern = std::move(compiled);
  rule.letters = letters.empty() ? Case::kAsIs : letters == "L" ? Case::kLower : Case::kUpper;
  return rule;
}

Result<PrincipalRules> PrincipalRules::parse(std::string_view text) {
  PrincipalRules out;
  text = trimmed(text);
  if (text.empty()) text = kDefault;
  while (!text.empty()) {
    if (out.rules_.size() == kPrincipalRulesMax) return fail(Kind::kInvalid, "at most {} rules", kPrincipalRulesMax);
    if (text.starts_with(kRule)) {
      text.remove_prefix(kRule.size());
      const auto pattern = part_of(text);
      const auto replacement = pattern ? part_of(text) : std::nullopt;
      if (!replacement) return fail(Kind::kInvalid, "a rule is RULE:pattern/replacement/[LU]");
      const auto end = std::min(text.find(','), text.size());
      TRY(auto rule, rule_of(*pattern, *replacement, trimmed(text.substr(0, end))));
      out.rules_.push_back(std::move(rule));
      text.remove_prefix(end);
    } else if (text.starts_with(kDefault)) {
      text.remove_prefix(kDefault.size());
      out.rules_.emplace_back();
    } else {
      return fail(Kind::kInvalid, "a rule begins with RULE: or is DEFAULT");
    }
    text = trimmed(text);
    if (text.empty()) break;
    if (text[0] != ',') return fail(Kind::kInvalid, "a comma must follow a rule");
    text = trimmed(text.substr(1));
    if (text.empty()) return fail(Kind::kInvalid, "a rule must follow a comma");
  }
  return out;
}

std::optional<std::string> PrincipalRules::apply(std::string_view name) const {
  if (rules_.empty()) return std::string(name);
  for (const Rule& rule : rules_) {
    if (rule.pattern == nullptr) return std::string(name);
    const re2::StringPiece text(name.data(), name.size());
    if (!re2::RE2::FullMatch(text, *rule.pattern)) continue;
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(1 + rule.pattern->NumberOfCapturingGroups()));
    std::string out;
    const auto count = static_cast<int>(groups.size());
    if (!rule.pattern->Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, groups.data(), count) ||
        !rule.pattern->Rewrite(&out, rule.replacement, groups.data(), count)) {
      continue;
    }
    return rule.letters == Case::kAsIs ? out : in_case(std::move(out), rule.letters == Case::kUpper);
  }
  return std::nullopt;
}

}  // namespace takhin::broker::security
