#pragma once
// One client connection: a state machine over a Socket's callbacks.
//
// read in bulk -> every whole frame in the buffer to the FrameHandler -> answers kept in request order -> one gather write
// for all that are ready. Reading stops while too many requests are unanswered or unwritten, so a client that does not read
// its answers costs at most requests_in_flight_max of them.

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "broker/net/reply.h"
#include "broker/net/socket.h"
#include "metrics/metrics.h"

namespace takhin::broker::net {

struct ConnectionLimits {
  std::size_t request_bytes_max = 100 * kMiB;    // socket.request.max.bytes
  std::size_t requests_in_flight_max = 64;       // parsed, but not yet written back whole
  std::size_t read_buffer_bytes = 64 * kKiB;     // of a busy connection; grows to hold one larger request, and shrinks after it
};

struct NetCounters {
  metrics::Counter bytes_in;
  metrics::Counter bytes_out;
  metrics::Counter opened;
  metrics::Counter refused;  // over a limit of connections
  metrics::Counter broken;   // closed for breaking the protocol
  metrics::Counter tls_handshakes;
  metrics::Counter tls_failed;
  metrics::Gauge open;
};

class Connection;

/// The right to answer one request, once, from any thread. Dropped without an answer it closes the connection: a client must not
/// wait for ever for a task that a stopping pool threw away.
class Responder {
 public:
  Responder(std::weak_ptr<Connection> connection, std::uint64_t sequence);
  Responder(Responder&& other) noexcept;
  Responder& operator=(Responder&&) = delete;
  ~Responder();
  void answer(Reply reply);
  /// Runs `task` on the connection's core soon; drops it when the connection is gone.
  void post(std::function<void()> task) const;
  /// No request is taken from the connection for so long from now on (KIP-219): those already taken are answered. Any thread.
  void hold(std::chrono::nanoseconds how_long) const;

 private:
  std::weak_ptr<Connection> connection_;
  std::uint64_t sequence_;
  bool armed_ = true;
};

/// What a handler keeps of a connection, for as long as it is there.
class Session {
 public:
  virtual ~Session() = default;
  /// The longest frame that is taken now; `normal` is the connection's own limit.
  virtual std::size_t frame_bytes_max(std::size_t normal) const { return normal; }
};

class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  /// A new connection. On its core.
  virtual std::shared_ptr<Session> open_session(const Origin&) { return nullptr; }
  /// One whole frame without its length. `frame` may be changed and ends with the call. Runs on the connection's core: must
  /// not block.
  virtual void on_frame(std::span<std::byte> frame, const std::string& peer, const std::shared_ptr<Session>& session,
                        Responder respond) = 0;
};

class Connection final : public SocketUser, public std::enable_shared_from_this<Connection> {
 public:
  /// Everything borrowed outlives the connection. On the core's thread, as every call but a Responder's.
  Connection(std::unique_ptr<Socket> socket, std::shared_ptr<Core> core, FrameHandler& handler, Clock& clock,
             const ConnectionLimits& limits, const NetCounters& counters);
  ~Connection() override;

  void start();
  /// Logs `why` unless it is empty.
  void close(std::string_view why);
  bool closed() const { return closed_; }
  /// No request is being answered.
  bool quiet() const { return slots_.empty(); }
  Steady last_active() const { return last_active_; }
  /// No further requests are read; those under way are answered. For a graceful stop.
  void stop_reading();

  void on_read(std::size_t count) override;
  void on_writable(bool ok) override;

 private:
  friend class Responder;
  struct Slot {
    Reply reply;
    bool ready = false;
  };
  enum class Sent { kAll, kSome, kNothing, kBroken };

  void pump();
  bool parse_frames();
  void make_room(std::size_t frame_bytes);
  void read_more();
  void settle(std::uint64_t sequence, Reply reply);
  void hold(std::chrono::nanoseconds how_long);
  bool held() const { return hold_ != nullptr; }
  void write_ready();
  Sent write_once();
  Sent write_bytes();
  Sent write_file(const FileSlice& slice);
  Sent write_copied(const FileSlice& slice);
  void advance(std::uint64_t sent);
  void drop_finished();

  const std::shared_ptr<Core> core_;  // outlives the socket
  const std::unique_ptr<Socket> socket_;
  FrameHandler& handler_;
  std::shared_ptr<Session> session_;
  Clock& clock_;
  const ConnectionLimits limits_;
  const NetCounters& counters_;

  std::size_t buffer_bytes_ = 0;  // what the buffer has when no large request is in it
  Bytes buffer_;            // [parsed_, filled_) is still to be parsed
  std::size_t parsed_ = 0;
  std::size_t filled_ = 0;

  std::deque<Slot> slots_;  // one per request, in request order
  std::uint64_t first_sequence_ = 0;
  std::size_t piece_ = 0;   // of the first slot: what was written already
  std::uint64_t piece_sent_ = 0;
  Bytes copied_;            // a window of a file that has no descriptor
  std::uint64_t copied_at_ = 0;
  std::size_t copied_piece_ = 0;

  std::shared_ptr<void> hold_;  // the timer that ends it
  Steady held_until_{};
  std::uint64_t holds_ = 0;

  bool pumping_ = false;
  bool reading_ = false;
  bool waiting_to_write_ = false;
  bool read_ended_ = false;
  bool closed_ = false;
  Steady last_active_{};
};

}  // namespace takhin::broker::net
