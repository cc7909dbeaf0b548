#pragma once
// The listening socket and the cores: one event loop and thread each; connections are handed out in turn and stay where they are.

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "broker/net/connection.h"

namespace takhin::broker::net {

struct ListenerOptions {
  std::string host = "127.0.0.1";  // an address or a name; the first that it resolves to
  std::uint16_t port = 9092;       // 0: a free one
  std::size_t cores = 0;           // 0: one for each of the machine's
  std::size_t connections_max = 10'000;
  std::int64_t idle_ms = 600'000;  // connections.max.idle.ms
  ConnectionLimits limits;
};

class Listener {
 public:
  /// Binds and listens; nothing is accepted before start(). kUnavailable names host and port. Everything borrowed outlives it.
  static Result<std::unique_ptr<Listener>> open(const ListenerOptions& options, FrameHandler& handler, Clock& clock,
                                                const NetCounters& counters);
  ~Listener();

  std::uint16_t port() const;
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
