#include "base/uuid.h"

namespace takhin {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kTextChars = 22;

}  // namespace

std::string Uuid::text() const {
  std::string out;
  out.reserve(kTextChars);
  unsigned bits = 0;
  int held = 0;
  for (const std::byte byte : bytes) {
    bits = (bits << 8) | std::to_integer<unsigned>(byte);
    held += 8;
    while (held >= 6) {
      held -= 6;
      out.push_back(kAlphabet[(bits >> held) & 63u]);
    }
  }
  out.push_back(kAlphabet[(bits << (6 - held)) & 63u]);
  return out;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kTextChars) return std::nullopt;
  Uuid id;
  unsigned bits = 0;
  int held = 0;
  std::size_t filled = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<unsigned>(value);
    held += 6;
    if (held >= 8 && filled < id.bytes.size()) {
      held -= 8;
      id.bytes[filled++] = static_cast<std::byte>((bits >> held) & 255u);
    }
  }
  if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;
  return id;
}

Uuid Uuid::make(Random& random) {
  for (;;) {
    Uuid id;
    random.fill(id.bytes);
    id.bytes[6] = (id.bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // version 4
    id.bytes[8] = (id.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
    if (!id.is_zero() && id.text().front() != '-') return id;
  }
}

}  // namespace takhin
