#pragma once
// What a connection needs of a socket and of the thread it lives on. net/server.cc has the Asio ones, tests their own.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "base/types.h"

namespace takhin::broker::net {

/// Where a connection came from.
struct Origin {
  std::string peer;          // "127.0.0.1:50312", for log lines
  std::string address;       // without the port, for limits
  std::size_t endpoint = 0;  // which of the listener's
  bool tls = false;
  std::string certificate;   // TLS: the name in the client's certificate (RFC 2253); empty: it showed none
};

/// One thread with an event loop. A connection's code runs on its core only, so it needs no locks.
class Core {
 public:
  virtual ~Core() = default;
  /// Any thread. Runs `task` on the core's thread soon, never inside this call; drops it once the core has stopped.
  virtual void post(std::function<void()> task) = 0;
  /// Runs `task` on the core's thread after `delay`, unless the handle is destroyed before. On the core's thread, as the handle's
  /// destruction. A handle that is left keeps the core from ending.
  [[nodiscard]] virtual std::shared_ptr<void> after(std::chrono::nanoseconds delay, std::function<void()> task) = 0;
  /// The caller runs on the core's thread.
  virtual bool is_here() const = 0;
};

/// Told by a Socket, on the core's thread.
class SocketUser {
 public:
  virtual ~SocketUser() = default;
  /// `count` bytes arrived; 0: the peer has closed or the socket failed.
  virtual void on_read(std::size_t count) = 0;
  virtual void on_writable(bool ok) = 0;
};

/// A non-blocking byte stream. On its core's thread only. A pending read() or when_writable() holds its user.
class Socket {
 public:
  virtual ~Socket() = default;
  /// Answers with on_read() once something is in `into`. One at a time.
  virtual void read(std::span<std::byte> into, std::shared_ptr<SocketUser> user) = 0;
  /// Sends what fits without waiting, 0 when nothing does. `more`: do not push a short packet, more comes at once.
  virtual Result<std::size_t> send(std::span<const View> parts, bool more) = 0;
  /// True: send_file() works on files with a descriptor (a plain socket; TLS has to see the bytes).
  virtual bool takes_files() const = 0;
  /// As send(), without the bytes passing through this process.
  virtual Result<std::size_t> send_file(const File& file, ByteRange range) = 0;
  /// Answers once with on_writable().
  virtual void when_writable(std::shared_ptr<SocketUser> user) = 0;
  /// Ends pending calls: they answer on_read(0) and on_writable(false). Idempotent.
  virtual void close() = 0;
  virtual const Origin& origin() const = 0;
  /// For log lines.
  const std::string& peer() const { return origin().peer; }
};

}  // namespace takhin::broker::net
