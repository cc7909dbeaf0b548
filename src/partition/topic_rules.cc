#include "partition/topic_rules.h"

#include <algorithm>
#include <charconv>

#include "base/types.h"

namespace takhin::partition {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/// Digits only, all of them.
template <class Int>
std::optional<Int> number_of(std::string_view text) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.front() == '-' || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<> check_topic_name(std::string_view name) {
  if (name.empty()) return fail(Kind::kInvalid, "a topic name must not be empty");
  if (name == "." || name == "..") return fail(Kind::kInvalid, "topic name '{}' must not be . or ..", name);
  if (name.size() > kTopicNameMax) {
    return fail(Kind::kInvalid, "topic name of {} characters is longer than {}", name.size(), kTopicNameMax);
  }
  if (!std::ranges::all_of(name, is_name_char)) {
    return fail(Kind::kInvalid, "topic name '{}' has characters other than ASCII letters, digits, '.', '_' and '-'", name);
  }
  return done();
}

bool names_collide(std::string_view a, std::string_view b) {
  const auto plain = [](char c) { return c == '.' ? '_' : c; };
  return std::ranges::equal(a, b, {}, plain, plain);
}

std::optional<SegmentPath> parse_segment_path(std::string_view path) {
  constexpr std::string_view kSuffix = ".log";
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || !path.ends_with(kSuffix)) return std::nullopt;
  const std::string_view folder = path.substr(0, slash);
  const std::string_view file = path.substr(slash + 1, path.size() - slash - 1 - kSuffix.size());
  const auto dash = folder.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const auto partition = number_of<std::int32_t>(folder.substr(dash + 1));
  const auto base = number_of<std::int64_t>(file);
  if (!partition || !base) return std::nullopt;
  return SegmentPath{std::string(folder.substr(0, dash)), *partition, Offset{*base}};
}

std::string segment_path(const std::string& partition_name, Offset base) {
  return fmt::format("{}/{:020}.log", partition_name, base.raw);
}

}  // namespace takhin::partition
