#include "log/names.h"

#include <fmt/format.h>

#include <charconv>

namespace takhin::log {
namespace {
constexpr std::size_t kDigits = 20;
}

std::string segment_path(const std::string& dir, Offset base, std::string_view suffix) {
  return fmt::format("{}/{:020}{}", dir, base.raw, suffix);
}

std::optional<Offset> offset_of_name(std::string_view name, std::string_view suffix) {
  if (name.size() != kDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, value);
  if (error != std::errc() || end != name.data() + kDigits || value < 0) return std::nullopt;
  return Offset{value};
}

std::string_view name_of(std::string_view dir) { return dir.substr(dir.rfind('/') + 1); }

}  // namespace takhin::log
