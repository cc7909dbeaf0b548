#pragma once
// Kafka's topic ids: 16 random bytes, written as 22 characters of URL-safe base64 (org.apache.kafka.common.Uuid).

#include <array>
#include <compare>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace takhin {

struct Uuid {
  std::array<std::byte, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  bool is_zero() const { return *this == Uuid{}; }
  /// 22 characters of [A-Za-z0-9_-], no padding.
  std::string text() const;
  /// Nothing when `text` is not 22 such characters with zero spare bits.
  static std::optional<Uuid> parse(std::string_view text);
  /// Random, never zero and never beginning with '-', as Kafka makes them (tools would take it for a flag).
  static Uuid make(Random& random);
};

}  // namespace takhin

template <>
struct std::hash<takhin::Uuid> {
  std::size_t operator()(const takhin::Uuid& id) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};
