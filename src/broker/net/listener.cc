#include "broker/net/listener.h"

#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "broker/net/tls_socket.h"

namespace takhin::broker::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::string_view kRoom = "broker";
constexpr int kBacklog = 1024;
constexpr std::size_t kGatherMax = 64;
/// sendfile(2) in one call: more would only keep other connections of the core waiting.
constexpr std::uint64_t kSendFileMax = 4 * kMiB;
/// After accept() failed, which it does when descriptors run out.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kStopPoll{5};
/// Between two lines about refused connections.
constexpr std::chrono::seconds kRefusedLogPause{10};

std::string text_of(const tcp::endpoint& endpoint) {
  return fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

/// An IPv4 client of an IPv6 socket is the same client as on an IPv4 one.
std::string address_of(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

class AsioSocket final : public Socket {
 public:
  AsioSocket(tcp::socket socket, Origin origin) : socket_(std::move(socket)), origin_(std::move(origin)) {}

  void read(std::span<std::byte> into, std::shared_ptr<SocketUser> user) override {
    socket_.async_read_some(
        asio::buffer(into.data(), into.size()),
        [user = std::move(user)](error_code failed, std::size_t count) { user->on_read(failed ? 0 : count); });
  }

  Result<std::size_t> send(std::span<const View> parts, bool more) override {
    iovec pieces[kGatherMax];
    msghdr message{};
    message.msg_iov = pieces;
    for (const View part : parts.first(std::min(parts.size(), kGatherMax))) {
      pieces[message.msg_iovlen++] = {const_cast<std::byte*>(part.data()), part.size()};
    }
    return outcome(::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0)), "send");
  }

  bool takes_files() const override { return true; }

  Result<std::size_t> send_file(const File& file, ByteRange range) override {
    auto at = static_cast<off_t>(range.begin);
    const auto count = static_cast<std::size_t>(std::min(range.size(), kSendFileMax));
    const auto sent = ::sendfile(socket_.native_handle(), file.descriptor(), &at, count);
    if (sent == 0) return fail(Kind::kCorrupt, "file ends at {} before {}", range.begin, range.end);
    return outcome(sent, "sendfile");
  }

  void when_writable(std::shared_ptr<SocketUser> user) override {
    socket_.async_wait(tcp::socket::wait_write, [user = std::move(user)](error_code failed) { user->on_writable(!failed); });
  }

  void close() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

  const Origin& origin() const override { return origin_; }

 private:
  static Result<std::size_t> outcome(ssize_t sent, std::string_view doing) {
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::size_t{0};
    return fail(Kind::kUnavailable, "{}: {}", doing, std::strerror(errno));
  }

  tcp::socket socket_;
  const Origin origin_;
};

/// What TLS runs over.
class AsioWire final : public Wire {
 public:
  explicit AsioWire(tcp::socket socket) : socket_(std::move(socket)) {}

  std::ptrdiff_t receive(std::span<std::byte> into) override {
    return outcome(::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT));
  }

  std::ptrdiff_t send(View bytes, bool more) override {
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
    return outcome(::send(socket_.native_handle(), bytes.data(), bytes.size(), flags));
  }

  void when(For what, std::function<void(bool ok)> then) override {
    socket_.async_wait(what == For::kReading ? tcp::socket::wait_read : tcp::socket::wait_write,
                       [then = std::move(then)](error_code failed) { then(!failed); });
  }

  void close() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

 private:
  static std::ptrdiff_t outcome(ssize_t count) {
    if (count >= 0) return count;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? kBlocked : kBroken;
  }

  tcp::socket socket_;
};

class AsioCore final : public Core {
 public:
  AsioCore(std::size_t number, const ListenerOptions& options, Clock& clock, const NetCounters& counters)
      : loop_(1), work_(loop_.get_executor()), sweep_(loop_), number_(number), idle_(std::chrono::milliseconds(options.idle_ms)),
        handshake_(std::chrono::milliseconds(options.tls_handshake_ms)), clock_(clock), counters_(counters) {}

  void post(std::function<void()> task) override { asio::post(loop_, std::move(task)); }
  std::shared_ptr<void> after(std::chrono::nanoseconds delay, std::function<void()> task) override {
    const auto ticks = std::chrono::ceil<std::chrono::steady_clock::duration>(delay);
    auto timer = std::make_shared<asio::steady_timer>(loop_, ticks);
    timer->async_wait([task = std::move(task)](error_code stopped) {
      if (!stopped) task();
    });
    return timer;
  }
  bool is_here() const override { return id_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

  void start() {
    schedule_sweep();
    thread_ = std::thread([this] {
      id_ = std::this_thread::get_id();
      pthread_setname_np(pthread_self(), fmt::format("net-{}", number_).c_str());
      loop_.run();
    });
  }

  void adopt(std::shared_ptr<Connection> connection, Seats::Seat seat) {
    if (draining_) connection->close("");
    connections_.emplace(connection, std::move(seat));
    if (!connection->closed()) connection->start();
  }

  using Connect = std::function<std::shared_ptr<Connection>(std::unique_ptr<Socket>)>;
  /// A handshake first; then what `connect` makes of its socket is adopted.
  void greet(std::unique_ptr<TlsSocket> socket, std::shared_ptr<Seats::Seat> seat, Connect connect) {
    const std::string peer = socket->peer();
    auto handshake = std::make_shared<TlsHandshake>(
        std::move(socket),
        [this, peer, seat = std::move(seat), connect = std::move(connect)](Result<std::unique_ptr<Socket>> ready) {
          if (ready.ok()) {
            counters_.tls_handshakes.add();
            return adopt(connect(*std::move(ready)), std::move(*seat));
          }
          counters_.open.add(-1);
          if (ready.error().text.empty()) return;
          counters_.tls_failed.add();
          log_warn("audit", "connection {} closed: {}", peer, ready.error().text);
        });
    handshakes_.push_back({handshake, clock_.steady()});
    draining_ ? handshake->give_up("") : handshake->start();
  }

  void drain() {
    draining_ = true;
    for (const auto& [connection, seat] : connections_) connection->stop_reading();
    sweep();
    schedule_sweep();
  }

  /// The loop ends by itself when the closed sockets have told their connections: nothing may hold one for ever.
  void end() {
    ended_ = true;
    for (const auto& [connection, seat] : connections_) connection->close("");
    sweep();
    sweep_.cancel();
    work_.reset();
  }

  void join() {
    if (thread_.joinable()) thread_.join();
  }

  asio::io_context& loop() { return loop_; }

 private:
  /// Forgets closed connections; closes those that were idle too long and, while draining, those with nothing left to answer.
  void sweep() {
    const Steady now = clock_.steady();
    end_handshakes(now);
    for (auto at = connections_.begin(); at != connections_.end();) {
      Connection& connection = *at->first;
      if (!connection.closed() && connection.quiet() && (draining_ || now - connection.last_active() >= idle_))
        connection.close("");
      if (connection.closed()) {
        counters_.open.add(-1);
        at = connections_.erase(at);
      } else {
        ++at;
      }
    }
  }

  /// Those that take too long; while draining, all.
  void end_handshakes(Steady now) {
    std::vector<std::shared_ptr<TlsHandshake>> late;
    std::erase_if(handshakes_, [&](const Greeting& one) {
      auto handshake = one.handshake.lock();
      const bool over = draining_ || now - one.began >= handshake_;
      if (handshake != nullptr && over) late.push_back(std::move(handshake));
      return handshake == nullptr || over;
    });
    for (const auto& one : late) one->give_up(draining_ ? "" : "TLS handshake: it takes too long");
  }

  void schedule_sweep() {
    if (ended_) return;
    const auto pause = draining_ ? kStopPoll
                                 : std::clamp<std::chrono::nanoseconds>(std::min(idle_, handshake_) / 8, kStopPoll,
                                                                        std::chrono::seconds(1));
    sweep_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(pause));
    sweep_.async_wait([this](error_code stopped) {
      if (stopped) return;
      sweep();
      schedule_sweep();
    });
  }

  asio::io_context loop_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer sweep_;
  struct Greeting {
    std::weak_ptr<TlsHandshake> handshake;  // which keeps itself while it waits
    Steady began{};
  };
  std::unordered_map<std::shared_ptr<Connection>, Seats::Seat> connections_;
  std::vector<Greeting> handshakes_;
  bool draining_ = false;
  bool ended_ = false;
  const std::size_t number_;
  const std::chrono::nanoseconds idle_;
  const std::chrono::nanoseconds handshake_;
  Clock& clock_;
  const NetCounters& counters_;
  std::atomic<std::thread::id> id_{};
  std::thread thread_;
};

}  // namespace

struct Listener::Impl {
  /// One endpoint's; on cores[0].
  struct Door {
    Door(std::size_t number, Endpoint endpoint, asio::io_context& loop)
        : number(number), endpoint(std::move(endpoint)), acceptor(loop), pause(loop) {}
    const std::size_t number;
    const Endpoint endpoint;
    tcp::acceptor acceptor;
    asio::steady_timer pause;
    std::uint16_t port = 0;
  };

  Impl(const ListenerOptions& options, FrameHandler& handler, Clock& clock, const NetCounters& counters)
      : options(options), handler(handler), clock(clock), counters(counters), seats(limits_of(options)) {
    const std::size_t cores = options.cores > 0 ? options.cores : std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < cores; ++i) {
      this->cores.push_back(std::make_shared<AsioCore>(i, options, clock, this->counters));
    }
    auto endpoints = options.endpoints;
    if (endpoints.empty()) endpoints.push_back({.host = options.host, .port = options.port});
    for (auto& endpoint : endpoints) {
      doors.push_back(std::make_unique<Door>(doors.size(), std::move(endpoint), this->cores[0]->loop()));
    }
  }

  static SeatLimits limits_of(const ListenerOptions& options) {
    SeatLimits limits{.total = options.connections_max,
                      .per_address = options.connections_per_address_max,
                      .address_overrides = options.connections_address_overrides,
                      .per_endpoint = {}};
    for (const Endpoint& endpoint : options.endpoints) limits.per_endpoint.push_back(endpoint.connections_max);
    return limits;
  }

  Result<> listen(Door& door) {
    error_code failed;
    tcp::resolver resolver(cores[0]->loop());
    const auto where = resolver.resolve(door.endpoint.host, std::to_string(door.endpoint.port), tcp::resolver::passive, failed);
    if (failed || where.empty()) return fail(Kind::kUnavailable, "listen on {}: {}", door.endpoint.host, failed.message());
    const tcp::endpoint endpoint = where.begin()->endpoint();
    tcp::acceptor& acceptor = door.acceptor;
    acceptor.open(endpoint.protocol(), failed);
    if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor.bind(endpoint, failed);
    if (!failed) acceptor.listen(kBacklog, failed);
    if (failed) return fail(Kind::kUnavailable, "listen on {}: {}", net::text_of(endpoint), failed.message());
    door.port = acceptor.local_endpoint(failed).port();
    return done();
  }

  void accept(Door& door) {
    const auto& core = cores[next++ % cores.size()];
    door.acceptor.async_accept(core->loop(), [this, &door, &core](error_code failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted || !door.acceptor.is_open()) return;
      if (failed) {
        log_warn(kRoom, "accept: {}", failed.message());
        door.pause.expires_after(kAcceptPause);
        door.pause.async_wait([this, &door](error_code stopped) {
          if (!stopped) accept(door);
        });
        return;
      }
      admit(door, core, std::move(socket));
      accept(door);
    });
  }

  /// Returning without having kept the socket closes it.
  void admit(const Door& door, const std::shared_ptr<AsioCore>& core, tcp::socket socket) {
    error_code failed;
    const tcp::endpoint peer = socket.remote_endpoint(failed);
    if (failed) return;
    Origin origin{.peer = net::text_of(peer), .address = net::address_of(peer), .endpoint = door.number};
    auto seat = seats.take(origin.address, door.number);
    if (!seat.ok()) return refuse(origin, seat.error().text);
    socket.set_option(tcp::no_delay(true), failed);
    socket.non_blocking(true, failed);
    if (failed) return;
    counters.opened.add();
    counters.open.add(1);
    auto held = std::make_shared<Seats::Seat>(*std::move(seat));
    AsioCore::Connect connect = [this, core](std::unique_ptr<Socket> ready) {
      return std::make_shared<Connection>(std::move(ready), core, handler, clock, options.limits, counters);
    };
    if (door.endpoint.tls == nullptr) {
      auto connection = connect(std::make_unique<AsioSocket>(std::move(socket), std::move(origin)));
      core->post([&core = *core, connection = std::move(connection), held] { core.adopt(connection, std::move(*held)); });
      return;
    }
    const auto context = door.endpoint.tls->current();
    auto tls = std::make_shared<std::unique_ptr<TlsSocket>>(std::make_unique<TlsSocket>(
        std::make_unique<AsioWire>(std::move(socket)), core, *context, std::move(origin)));
    core->post([&core = *core, tls, held, connect = std::move(connect)] { core.greet(std::move(*tls), held, connect); });
  }

  void refuse(const Origin& origin, std::string_view why) {
    counters.refused.add();
    const Steady now = clock.steady();
    if (refused_told && now - *refused_told < kRefusedLogPause) return;
    refused_told = now;
    log_warn(kRoom, "connection {} refused, others may be without a line here: {}", origin.peer, why);
  }

  void stop(Deadline deadline) {
    if (stopped.exchange(true)) return;
    if (!started) return close_doors();
    cores[0]->post([this] { close_doors(); });
    for (auto& core : cores) core->post([core = core.get()] { core->drain(); });
    while (seats.taken() > 0 && !deadline.passed(clock)) clock.sleep(kStopPoll);
    for (auto& core : cores) core->post([core = core.get()] { core->end(); });
    for (auto& core : cores) core->join();
  }

  void close_doors() {
    for (auto& door : doors) {
      error_code ignored;
      door->acceptor.close(ignored);
      door->pause.cancel();
    }
  }

  const ListenerOptions options;
  FrameHandler& handler;
  Clock& clock;
  const NetCounters counters;
  Seats seats;
  std::vector<std::shared_ptr<AsioCore>> cores;
  std::vector<std::unique_ptr<Door>> doors;
  std::size_t next = 0;
  std::optional<Steady> refused_told;
  bool started = false;
  std::atomic<bool> stopped{false};
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() { stop(Deadline{Steady::min()}); }

Result<std::unique_ptr<Listener>> Listener::open(const ListenerOptions& options, FrameHandler& handler, Clock& clock,
                                                 const NetCounters& counters) {
  auto impl = std::make_unique<Impl>(options, handler, clock, counters);
  for (auto& door : impl->doors) TRY(impl->listen(*door));
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

std::uint16_t Listener::port(std::size_t endpoint) const { return impl_->doors.at(endpoint)->port; }

void Listener::start() {
  impl_->started = true;
  for (auto& door : impl_->doors) impl_->accept(*door);
  for (auto& core : impl_->cores) core->start();
}

void Listener::stop(Deadline deadline) { impl_->stop(deadline); }

}  // namespace takhin::broker::net
