#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "object/s3/http.h"
#include "os/clock.h"

namespace takhin::object::s3 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A loopback server whose connections a test handles byte by byte; each on a thread of its own.
class RawServer {
 public:
  using Handler = std::function<void(int socket)>;

  explicit RawServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    TAKHIN_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0, "no loopback port");
    TAKHIN_ASSERT(::listen(listener_, 64) == 0, "cannot listen");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    for (const int socket : sockets_) ::close(socket);
    ::close(listener_);
  }
  std::string url(std::string_view path = "/") const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }
  int connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(sockets_.size());
  }

  /// Everything up to the end of the headers; empty when the peer has gone.
  static std::string read_head(int socket) {
    std::string head;
    char c = 0;
    while (!head.ends_with("\r\n\r\n")) {
      if (::recv(socket, &c, 1, 0) != 1) return "";
      head += c;
    }
    return head;
  }
  static void write(int socket, std::string_view text) { ::send(socket, text.data(), text.size(), MSG_NOSIGNAL); }

 private:
  void accept_all() {
    for (int socket = ::accept(listener_, nullptr, nullptr); socket >= 0;
         socket = ::accept(listener_, nullptr, nullptr)) {
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { handler_(socket), ::shutdown(socket, SHUT_RDWR); });
    }
  }

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// Answers every request of a connection with `reply`.
RawServer::Handler always(std::string reply) {
  return [reply = std::move(reply)](int socket) {
    while (!RawServer::read_head(socket).empty()) RawServer::write(socket, reply);
  };
}

class Curl : public ::testing::Test {
 protected:
  Curl() { options_.connections_max = 4; }
  Result<HttpReply> get(const RawServer& server, Deadline deadline, std::uint64_t reply_bytes_max = 100) {
    if (transport_ == nullptr) transport_ = make_curl_transport(options_, clock_);
    return transport_->send({.method = "GET", .url = server.url(), .reply_bytes_max = reply_bytes_max}, deadline);
  }
  Deadline soon() { return Deadline::in(clock_, seconds(30)); }

  os::SystemClock clock_;
  S3Options options_;
  std::unique_ptr<HttpTransport> transport_;
};

TEST_F(Curl, RepliesComeWhole) {
  RawServer server(
      always("HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nETag: \"e\"\r\nX-Two:  a b \r\n\r\nhello"));
  const auto reply = get(server, soon());
  ASSERT_TRUE(reply.ok()) << reply.error().text;
  EXPECT_EQ(reply->status, 206);
  EXPECT_EQ(text_of(reply->body), "hello");
  EXPECT_EQ(reply->header("etag"), "\"e\"");
  EXPECT_EQ(reply->header("x-two"), "a b");
  EXPECT_EQ(reply->header("none"), "");
}

TEST_F(Curl, ConnectionsAreKept) {
  RawServer server(always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(get(server, soon()).ok());
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Curl, NoMoreConnectionsThanAllowed) {
  std::atomic<int> open{0};
  std::atomic<int> open_max{0};
  RawServer server([&](int socket) {
    while (!RawServer::read_head(socket).empty()) {
      const int now = ++open;
      for (int seen = open_max; now > seen && !open_max.compare_exchange_weak(seen, now);) continue;
      std::this_thread::yield();
      --open;
      RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  transport_ = make_curl_transport(options_, clock_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(get(server, soon()).ok());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(server.connections(), options_.connections_max);
  EXPECT_LE(open_max, options_.connections_max);
}

TEST_F(Curl, BodiesAreSentAndSentAgainOnAFreshConnection) {
  // The server hangs up on the kept connection as soon as the second request comes: curl sends it again by itself.
  std::atomic<int> requests{0};
  std::mutex mutex;
  std::vector<std::string> bodies;
  RawServer server([&](int socket) {
    for (int on_this = 0; !RawServer::read_head(socket).empty(); ++on_this) {
      ++requests;
      if (on_this == 1) return;
      std::string body(9, '\0');
      if (::recv(socket, body.data(), body.size(), MSG_WAITALL) != 9) return;
      const std::lock_guard lock(mutex);
      bodies.push_back(body);
      RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  transport_ = make_curl_transport(options_, clock_);
  int answered = 0;
  for (const char* body : {"the first", "the other"}) {
    auto reply = transport_->send({.method = "PUT", .url = server.url(), .body = view_of(body)}, soon());
    ASSERT_TRUE(reply.ok() || reply.error().kind == Kind::kUnavailable) << reply.error().text;
    answered += reply.ok() ? 1 : 0;
  }
  EXPECT_GE(answered, 1);
  EXPECT_EQ(bodies.size(), static_cast<std::size_t>(answered));
  for (const std::string& body : bodies) EXPECT_TRUE(body == "the first" || body == "the other") << body;
}

TEST_F(Curl, AReplyThatBreaksOffIsUnavailable) {
  RawServer server([](int socket) {
    RawServer::read_head(socket);
    RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });
  EXPECT_EQ(get(server, soon()).error().kind, Kind::kUnavailable);
}

TEST_F(Curl, NobodyThereIsUnavailable) {
  std::string url;
  {
    const RawServer gone([](int) {});
    url = gone.url();
  }
  const auto transport = make_curl_transport(options_, clock_);
  const auto reply = transport->send({.method = "GET", .url = url}, soon());
  EXPECT_EQ(reply.error().kind, Kind::kUnavailable) << reply.error().text;
}

TEST_F(Curl, SilenceEndsAtTheDeadline) {
  RawServer server([](int socket) { RawServer::read_head(socket), RawServer::read_head(socket); });
  const Steady begun = clock_.steady();
  EXPECT_EQ(get(server, Deadline::in(clock_, milliseconds(100))).error().kind, Kind::kUnavailable);
  EXPECT_GE(clock_.steady() - begun, milliseconds(90));
  EXPECT_LT(clock_.steady() - begun, seconds(20));
}

TEST_F(Curl, AttemptsEndBeforeAFarDeadline) {
  options_.request_timeout = milliseconds(50);
  RawServer server([](int socket) { RawServer::read_head(socket), RawServer::read_head(socket); });
  EXPECT_EQ(get(server, Deadline::never()).error().kind, Kind::kUnavailable);
}

TEST_F(Curl, WaitingForAConnectionEndsAtTheDeadline) {
  options_.connections_max = 1;
  RawServer server([](int socket) { RawServer::read_head(socket), RawServer::read_head(socket); });
  transport_ = make_curl_transport(options_, clock_);
  std::thread holder([&] { EXPECT_FALSE(get(server, Deadline::in(clock_, milliseconds(400))).ok()); });
  while (server.connections() == 0) std::this_thread::yield();
  const auto reply = get(server, Deadline::in(clock_, milliseconds(50)));
  EXPECT_EQ(reply.error().kind, Kind::kUnavailable);
  EXPECT_THAT(reply.error().text, ::testing::HasSubstr("connections are busy"));
  holder.join();
}

TEST_F(Curl, RepliesLongerThanAskedForAreCorrupt) {
  RawServer server(always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
  EXPECT_TRUE(get(server, soon(), 5).ok());
  EXPECT_EQ(get(server, soon(), 4).error().kind, Kind::kCorrupt);
}

TEST_F(Curl, LongErrorsAreCutNotLost) {
  const std::string page(kErrorBytesMax + 1000, 'x');
  RawServer server(always(fmt::format("HTTP/1.1 500 Oops\r\nContent-Length: {}\r\n\r\n{}", page.size(), page)));
  const auto reply = get(server, soon(), 4);
  ASSERT_TRUE(reply.ok()) << reply.error().text;
  EXPECT_EQ(reply->status, 500);
  EXPECT_EQ(reply->body.size(), kErrorBytesMax);
}

TEST_F(Curl, OtherProtocolsAreInvalid) {
  const auto transport = make_curl_transport(options_, clock_);
  EXPECT_EQ(transport->send({.method = "GET", .url = "file:///etc/hostname"}, soon()).error().kind, Kind::kInvalid);
}

}  // namespace
}  // namespace takhin::object::s3
