#pragma once
// Who is at the other end of a connection.

#include <optional>
#include <string>

#include "base/clock.h"
#include "broker/net/connection.h"
#include "broker/security/scram.h"

namespace takhin::broker::security {

inline constexpr std::string_view kAnonymous = "ANONYMOUS";
inline constexpr std::string_view kPlain = "PLAIN";

/// On its connection's core only.
struct Session final : net::Session {
  bool authenticated = false;
  std::string user{kAnonymous};
  std::optional<Steady> expires;     // connections.max.reauth.ms: then the client must authenticate again (KIP-368)

  // ---- an exchange under way
  std::string mechanism;             // agreed on by the handshake
  std::optional<ScramServer> scram;
  std::shared_ptr<void> delay;       // of a failure's answer

  bool may_ask(Steady now) const { return authenticated && (!expires || now < *expires); }
};

}  // namespace takhin::broker::security
