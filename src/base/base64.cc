#include "base/base64.h"

#include <algorithm>
#include <array>

namespace takhin {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 64;

constexpr auto kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::uint8_t i = 0; i < kAlphabet.size(); ++i) digits[static_cast<std::uint8_t>(kAlphabet[i])] = i;
  return digits;
}();

}  // namespace

std::string to_base64(View bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < count; ++i) group |= static_cast<std::uint32_t>(bytes[at + i]) << (16 - 8 * i);
    for (std::size_t i = 0; i < 4; ++i) out += i <= count ? kAlphabet[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::string_view group = text.substr(at, 4);
    if (at + 4 == text.size()) group = group.substr(0, group.ends_with("==") ? 2 : group.ends_with('=') ? 3 : 4);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const std::uint8_t digit = kDigits[static_cast<std::uint8_t>(group[i])];
      if (digit == kNoDigit) return std::nullopt;
      bits |= std::uint32_t{digit} << (18 - 6 * i);
    }
    const std::size_t count = group.size() - 1;
    if ((bits & (0xffffffu >> (8 * count))) != 0) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::byte>(bits >> (16 - 8 * i)));
  }
  return out;
}

}  // namespace takhin
