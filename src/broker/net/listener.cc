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
#include <unordered_set>
#include <vector>

#include "base/log.h"

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

std::string text_of(const tcp::endpoint& endpoint) {
  return fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

class AsioSocket final : public Socket {
 public:
  AsioSocket(tcp::socket socket, std::string peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

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

  const std::string& peer() const override { return peer_; }

 private:
  static Result<std::size_t> outcome(ssize_t sent, std::string_view doing) {
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::size_t{0};
    return fail(Kind::kUnavailable, "{}: {}", doing, std::strerror(errno));
  }

  tcp::socket socket_;
  const std::string peer_;
};

class AsioCore final : public Core {
 public:
  AsioCore(std::size_t number, const ListenerOptions& options, Clock& clock, const NetCounters& counters,
           std::atomic<std::size_t>& open)
      : loop_(1), work_(loop_.get_executor()), sweep_(loop_), number_(number), idle_(std::chrono::milliseconds(options.idle_ms)),
        clock_(clock), counters_(counters), open_(open) {}

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

  void adopt(std::shared_ptr<Connection> connection) {
    if (draining_) connection->close("");
    connections_.insert(connection);
    if (!connection->closed()) connection->start();
  }

  void drain() {
    draining_ = true;
    for (const auto& connection : connections_) connection->stop_reading();
    sweep();
    schedule_sweep();
  }

  /// The loop ends by itself when the closed sockets have told their connections: nothing may hold one for ever.
  void end() {
    ended_ = true;
    for (const auto& connection : connections_) connection->close("");
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
    for (auto at = connections_.begin(); at != connections_.end();) {
      Connection& connection = **at;
      if (!connection.closed() && connection.quiet() && (draining_ || now - connection.last_active() >= idle_))
        connection.close("");
      if (connection.closed()) {
        counters_.open.add(-1);
        open_.fetch_sub(1);
        at = connections_.erase(at);
      } else {
        ++at;
      }
    }
  }

  void schedule_sweep() {
    if (ended_) return;
    const auto pause =
        draining_ ? kStopPoll : std::clamp<std::chrono::nanoseconds>(idle_ / 8, kStopPoll, std::chrono::seconds(1));
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
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  bool draining_ = false;
  bool ended_ = false;
  const std::size_t number_;
  const std::chrono::nanoseconds idle_;
  Clock& clock_;
  const NetCounters& counters_;
  std::atomic<std::size_t>& open_;  // of all cores
  std::atomic<std::thread::id> id_{};
  std::thread thread_;
};

}  // namespace

struct Listener::Impl {
  Impl(const ListenerOptions& options, FrameHandler& handler, Clock& clock, const NetCounters& counters)
      : options(options), handler(handler), clock(clock), counters(counters) {
    const std::size_t cores = options.cores > 0 ? options.cores : std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < cores; ++i) {
      this->cores.push_back(std::make_shared<AsioCore>(i, options, clock, this->counters, open));
    }
    acceptor.emplace(this->cores[0]->loop());
    pause.emplace(this->cores[0]->loop());
  }

  Result<> listen() {
    error_code failed;
    tcp::resolver resolver(cores[0]->loop());
    const auto where = resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, failed);
    if (failed || where.empty()) return fail(Kind::kUnavailable, "kafka.host {}: {}", options.host, failed.message());
    const tcp::endpoint endpoint = where.begin()->endpoint();
    acceptor->open(endpoint.protocol(), failed);
    if (!failed) acceptor->set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor->bind(endpoint, failed);
    if (!failed) acceptor->listen(kBacklog, failed);
    if (failed) return fail(Kind::kUnavailable, "listen on {}: {}", net::text_of(endpoint), failed.message());
    port = acceptor->local_endpoint(failed).port();
    return done();
  }

  void accept() {
    const auto& core = cores[next++ % cores.size()];
    acceptor->async_accept(core->loop(), [this, &core](error_code failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted || !acceptor->is_open()) return;
      if (failed) {
        log_warn(kRoom, "accept: {}", failed.message());
        pause->expires_after(kAcceptPause);
        pause->async_wait([this](error_code stopped) {
          if (!stopped) accept();
        });
        return;
      }
      admit(core, std::move(socket));
      accept();
    });
  }

  void admit(const std::shared_ptr<AsioCore>& core, tcp::socket socket) {
    if (open.load() >= options.connections_max) {
      counters.refused.add();
      if (!full) log_warn(kRoom, "{} connections are open, the limit: further ones are refused", options.connections_max);
      full = true;
      return;  // closes it
    }
    full = false;
    error_code failed;
    const tcp::endpoint peer = socket.remote_endpoint(failed);
    if (failed) return;
    socket.set_option(tcp::no_delay(true), failed);
    socket.non_blocking(true, failed);
    if (failed) return;
    open.fetch_add(1);
    counters.opened.add();
    counters.open.add(1);
    auto connection = std::make_shared<Connection>(std::make_unique<AsioSocket>(std::move(socket), net::text_of(peer)), core,
                                                   handler, clock, options.limits, counters);
    core->post([&core = *core, connection = std::move(connection)]() mutable { core.adopt(std::move(connection)); });
  }

  void stop(Deadline deadline) {
    if (stopped.exchange(true)) return;
    error_code ignored;
    if (!started) {
      acceptor->close(ignored);
      return;
    }
    cores[0]->post([this] {
      error_code ignored;
      acceptor->close(ignored);
      pause->cancel();
    });
    for (auto& core : cores) core->post([core = core.get()] { core->drain(); });
    while (open.load() > 0 && !deadline.passed(clock)) clock.sleep(kStopPoll);
    for (auto& core : cores) core->post([core = core.get()] { core->end(); });
    for (auto& core : cores) core->join();
  }

  const ListenerOptions options;
  FrameHandler& handler;
  Clock& clock;
  const NetCounters counters;
  std::atomic<std::size_t> open{0};
  std::vector<std::shared_ptr<AsioCore>> cores;
  std::optional<tcp::acceptor> acceptor;   // on cores[0]
  std::optional<asio::steady_timer> pause;
  std::size_t next = 0;
  bool full = false;
  bool started = false;
  std::atomic<bool> stopped{false};
  std::uint16_t port = 0;
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() { stop(Deadline{Steady::min()}); }

Result<std::unique_ptr<Listener>> Listener::open(const ListenerOptions& options, FrameHandler& handler, Clock& clock,
                                                 const NetCounters& counters) {
  auto impl = std::make_unique<Impl>(options, handler, clock, counters);
  TRY(impl->listen());
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

std::uint16_t Listener::port() const { return impl_->port; }

void Listener::start() {
  impl_->started = true;
  impl_->accept();
  for (auto& core : impl_->cores) core->start();
}

void Listener::stop(Deadline deadline) { impl_->stop(deadline); }

}  // namespace takhin::broker::net
