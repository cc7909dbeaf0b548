#pragma once
// A Socket that speaks TLS over a raw byte stream, and the handshake that comes first. Plain bytes pass through no buffer of
// ours that outlives a call, and OpenSSL lets go of its own between records.

#include <array>
#include <cstddef>
#include <memory>

#include "broker/net/socket.h"
#include "broker/net/tls_context.h"

struct ssl_st;

namespace takhin::broker::net {

/// The non-blocking stream below. On its core's thread only.
class Wire {
 public:
  static constexpr std::ptrdiff_t kBlocked = -1;
  static constexpr std::ptrdiff_t kBroken = -2;
  enum class For { kReading, kWriting };

  virtual ~Wire() = default;
  /// How many bytes came, 0 at the end, kBlocked when there are none now, kBroken.
  virtual std::ptrdiff_t receive(std::span<std::byte> into) = 0;
  /// How many were taken, kBlocked, kBroken. `more`: as in Socket::send().
  virtual std::ptrdiff_t send(View bytes, bool more) = 0;
  /// Calls `then` once the stream may be ready, never inside of when(); with false after close().
  virtual void when(For what, std::function<void(bool ok)> then) = 0;
  /// Idempotent.
  virtual void close() = 0;
};

class TlsSocket final : public Socket {
 public:
  enum class Step { kDone, kWantsToRead, kWantsToWrite, kFailed };

  TlsSocket(std::unique_ptr<Wire> wire, std::shared_ptr<Core> core, ssl_ctx_st& context, Origin origin);
  ~TlsSocket() override;

  /// As far as the handshake gets without waiting. Read and send only after kDone.
  Step handshake();
  /// Of the step that failed. Empty: the client went before it had said anything.
  const std::string& why_failed() const { return why_; }
  void wait(Wire::For what, std::function<void(bool ok)> then) { wire_->when(what, std::move(then)); }

  void read(std::span<std::byte> into, std::shared_ptr<SocketUser> user) override;
  /// After fewer than all were taken, the next call begins with the bytes that were not.
  Result<std::size_t> send(std::span<const View> parts, bool more) override;
  bool takes_files() const override { return false; }
  Result<std::size_t> send_file(const File& file, ByteRange range) override;
  void when_writable(std::shared_ptr<SocketUser> user) override;
  /// Says close_notify if that can be said at once.
  void close() override;
  const Origin& origin() const override { return origin_; }

 private:
  friend struct WireBio;
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  static constexpr std::ptrdiff_t kNothingYet = -1;
  std::ptrdiff_t try_read(std::span<std::byte> into);
  void read_later(std::span<std::byte> into, std::shared_ptr<SocketUser> user);
  Step failed_step(int error);
  void take_identity();

  const std::unique_ptr<Wire> wire_;
  const std::shared_ptr<Core> core_;
  const std::unique_ptr<ssl_st, Free> ssl_;
  Origin origin_;
  std::string why_;
  std::array<std::byte, 8> first_bytes_{};  // that the client sent
  std::size_t first_count_ = 0;
  std::size_t pending_ = 0;        // bytes of a record that OpenSSL holds and the wire has not taken whole
  bool more_ = false;              // of the send() under way
  bool read_wants_to_write_ = false;
  bool write_wants_to_read_ = false;
  bool established_ = false;
  bool broken_ = false;
  bool closed_ = false;
};

/// Runs one handshake. On its core's thread only.
class TlsHandshake final : public std::enable_shared_from_this<TlsHandshake> {
 public:
  /// The socket, ready for use, or why there is none; empty text: nobody has to know.
  using Then = std::function<void(Result<std::unique_ptr<Socket>>)>;
  TlsHandshake(std::unique_ptr<TlsSocket> socket, Then then) : socket_(std::move(socket)), then_(std::move(then)) {}

  /// May call `then` before it returns. Nothing else keeps it alive while it waits than itself.
  void start() { go_on(); }
  /// Closes the socket; `then` learns `why`. Nothing when it is over already.
  void give_up(std::string_view why);

 private:
  void go_on();
  void end(Result<std::unique_ptr<Socket>> outcome);

  std::unique_ptr<TlsSocket> socket_;
  Then then_;
};

}  // namespace takhin::broker::net
