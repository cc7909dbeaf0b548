#include "broker/quotas/table.h"

namespace takhin::broker::quotas {
namespace {

using Is = Part::Is;

struct Shape {
  Is user;
  Is client;
};
constexpr Shape kOrder[] = {{Is::kNamed, Is::kNamed},     {Is::kNamed, Is::kDefault},   {Is::kNamed, Is::kAbsent},
                            {Is::kDefault, Is::kNamed},   {Is::kDefault, Is::kDefault}, {Is::kDefault, Is::kAbsent},
                            {Is::kAbsent, Is::kNamed},    {Is::kAbsent, Is::kDefault}};

// The length keeps names apart: they may hold any byte.
void add_part(std::string& key, Is is, std::string_view name) {
  key += static_cast<char>('0' + static_cast<int>(is));
  if (is != Is::kNamed) return;
  const auto bytes = static_cast<std::uint32_t>(name.size());
  for (int shift = 0; shift < 32; shift += 8) key += static_cast<char>(bytes >> shift & 0xff);
  key += name;
}

std::string key_of(Shape shape, std::string_view user, std::string_view client) {
  std::string key;
  add_part(key, shape.user, user);
  add_part(key, shape.client, client);
  return key;
}

/// Defaults of a shape are for each name alone: who shares a limit is never "all".
std::string scope_of(Shape shape, const Client& client) {
  const auto each = [](Is is) { return is == Is::kAbsent ? is : Is::kNamed; };
  return key_of({each(shape.user), each(shape.client)}, client.user, client.id);
}

}  // namespace

Table::Table(Map all) : all_(std::move(all)) {
  for (const auto& [entity, limits] : all_) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      if (!limits[kind]) continue;
      kinds_ = static_cast<std::uint8_t>(kinds_ | 1U << kind);
      for (std::size_t row = 0; row < std::size(kOrder); ++row) {
        if (kOrder[row].user != entity.user.is || kOrder[row].client != entity.client.is) continue;
        by_kind_[kind].shapes = static_cast<std::uint16_t>(by_kind_[kind].shapes | 1U << row);
        by_kind_[kind].limits[key_of(kOrder[row], entity.user.name, entity.client.name)] = *limits[kind];
      }
    }
  }
}

std::optional<Table::Match> Table::match(Quota quota, const Client& client) const {
  const OfKind& known = by_kind_[static_cast<std::size_t>(quota)];
  for (std::size_t row = 0; row < std::size(kOrder); ++row) {
    if ((known.shapes >> row & 1U) == 0) continue;
    const auto found = known.limits.find(key_of(kOrder[row], client.user, client.id));
    if (found != known.limits.end()) return Match{found->second, scope_of(kOrder[row], client)};
  }
  return std::nullopt;
}

}  // namespace takhin::broker::quotas
