#pragma once
// Which limit holds for whom.

#include <map>
#include <string>
#include <unordered_map>

#include "broker/quotas/kinds.h"

namespace takhin::broker::quotas {

/// Immutable; any thread.
class Table {
 public:
  using Map = std::map<Entity, Limits>;
  explicit Table(Map all);

  struct Match {
    double limit = 0;
    std::string scope;  // who shares it: the user and client id, the user with all client ids, or the client id of all users
  };
  /// The first of Kafka's order that has a limit of this kind: (user, client id), (user, any), user, (any user, client id),
  /// (any user, any), any user, client id, any client id.
  std::optional<Match> match(Quota quota, const Client& client) const;
  const Map& all() const { return all_; }
  /// A bit for each kind that somebody has a limit of.
  std::uint8_t kinds() const { return kinds_; }

 private:
  Map all_;
  struct OfKind {
    std::uint16_t shapes = 0;  // a bit for each row of Kafka's order that is in `limits`: the others are not looked up
    std::unordered_map<std::string, double> limits;
  };
  std::array<OfKind, kKinds> by_kind_;
  std::uint8_t kinds_ = 0;
};

}  // namespace takhin::broker::quotas
