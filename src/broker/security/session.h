#pragma once
// Who is at the other end of a connection.

#include <algorithm>
#include <optional>
#include <string>

#include "base/clock.h"
#include "broker/net/connection.h"
#include "broker/security/scram.h"

namespace takhin::broker::security {

inline constexpr std::string_view kAnonymous = "ANONYMOUS";
inline constexpr std::string_view kPlain = "PLAIN";
/// Largest request before a client has authenticated (sasl.server.max.receive.size).
inline constexpr std::size_t kSaslFrameBytesMax = 512 * kKiB;

/// On its connection's core only.
struct Session final : net::Session {
  explicit Session(bool must_authenticate, std::size_t listener = 0)
      : must_authenticate(must_authenticate), listener(listener) {}
  std::size_t frame_bytes_max(std::size_t normal) const override {
    return must_authenticate && !authenticated ? std::min(normal, kSaslFrameBytesMax) : normal;
  }

  const bool must_authenticate;
  const std::size_t listener;        // where it came in: Broker::listeners
  bool authenticated = false;
  std::string user{kAnonymous};
  std::optional<Steady> expires;     // connections.max.reauth.ms: then the client must authenticate again (KIP-368)

  // ---- an exchange under way
  std::string mechanism;             // agreed on by the handshake
  std::optional<ScramServer> scram;
  bool checking = false;             // a password: nothing else is taken meanwhile
  bool bare = false;                 // the handshake was version 0: tokens come without a header, and their answers go so
  std::string refused;               // why a token is: the client is about to say that it has seen that
  bool failed = false;               // the connection is about to end
  std::shared_ptr<void> delay;       // of a failure's answer

  bool may_ask(Steady now) const { return !must_authenticate || (authenticated && (!expires || now < *expires)); }
};

}  // namespace takhin::broker::security
