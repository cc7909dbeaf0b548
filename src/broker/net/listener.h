#pragma once
// The listening sockets and the cores: one event loop and thread each; connections are handed out in turn and stay where
// they are.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "broker/net/connection.h"
#include "broker/net/seats.h"
#include "broker/net/tls_context.h"

namespace takhin::broker::net {

/// An address to listen on.
struct Endpoint {
  std::string host = "127.0.0.1";   // an address or a name; the first that it resolves to
  std::uint16_t port = 9092;        // 0: a free one
  std::size_t connections_max = 0;  // 0: only the limit of all
  const TlsContexts* tls = nullptr; // null: plain
};

struct ListenerOptions {
  std::string host = "127.0.0.1";    // of the one endpoint,
  std::uint16_t port = 9092;
  std::vector<Endpoint> endpoints;   // unless there are some here
  std::size_t cores = 0;             // 0: one for each of the machine's
  std::size_t connections_max = 10'000;
  std::size_t connections_per_address_max = 0;  // max.connections.per.ip; 0: only the limit of all
  std::map<std::string, std::size_t> connections_address_overrides;
  std::int64_t idle_ms = 600'000;  // connections.max.idle.ms
  std::int64_t tls_handshake_ms = 10'000;
  ConnectionLimits limits;
};

class Listener {
 public:
  /// Binds and listens; nothing is accepted before start(). kUnavailable names host and port. Everything borrowed outlives it.
  static Result<std::unique_ptr<Listener>> open(const ListenerOptions& options, FrameHandler& handler, Clock& clock,
                                                const NetCounters& counters);
  ~Listener();

  /// Of an endpoint, by its number.
  std::uint16_t port(std::size_t endpoint = 0) const;
  void start();
  /// Accepts and reads no more, lets requests under way be answered until `deadline`, closes what is left, joins the threads.
  /// Idempotent, from any thread but a core's.
  void stop(Deadline deadline);

 private:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace takhin::broker::net
