#pragma once
// What several rooms do with text.

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace takhin {

/// Without the blanks at both ends.
inline std::string_view trimmed(std::string_view text, std::string_view blanks = " \t\r\n") {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// With control characters as \xNN: text of strangers cannot begin a line of its own, or move a terminal's cursor.
inline std::string printable(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code != 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[code >> 4];
      out += kDigits[code & 15];
    }
  }
  return out;
}

/// What stands between the commas of a list, without blanks around it. Views into `list`; of an empty list none.
inline std::vector<std::string_view> members_of(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    const auto comma = list.find(',');
    out.push_back(trimmed(list.substr(0, comma)));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return out;
}

/// The whole of `text` as a number of this type, in base 10; nothing when it is anything else.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace takhin
