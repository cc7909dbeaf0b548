#pragma once
// What can be limited of a client, and whom a limit is for. Source: KIP-13, KIP-124, KIP-546, KIP-599.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace takhin::broker::quotas {

enum class Quota : std::uint8_t { kProduce, kFetch, kRequest, kMutation };
inline constexpr std::size_t kKinds = 4;

struct KindRow {
  std::string_view key;    // as Kafka's tools name it
  std::string_view label;  // in metrics
  bool whole;              // its value has no fraction
};
inline constexpr std::array<KindRow, kKinds> kKindRows{{{"producer_byte_rate", "produce", true},
                                                        {"consumer_byte_rate", "fetch", true},
                                                        {"request_percentage", "request", false},
                                                        {"controller_mutation_rate", "mutation", false}}};

/// One half of an entity: not part of it, the default of all that have no limit of their own, or one by name.
struct Part {
  enum class Is : std::uint8_t { kAbsent, kDefault, kNamed };
  Is is = Is::kAbsent;
  std::string name;

  static Part all() { return {Is::kDefault, {}}; }
  static Part of(std::string name) { return {Is::kNamed, std::move(name)}; }
  auto operator<=>(const Part&) const = default;
};

/// Never both absent.
struct Entity {
  Part user;
  Part client;
  auto operator<=>(const Entity&) const = default;
};

/// By kind; nothing: no limit of that kind.
using Limits = std::array<std::optional<double>, kKinds>;

/// Who asks. Borrowed for a call.
struct Client {
  std::string_view user;
  std::string_view id;  // client.id
};

}  // namespace takhin::broker::quotas
