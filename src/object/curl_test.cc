#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "object/http.h"
#include "os/clock.h"
#include "testing/http_server.h"

namespace takhin::object {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using takhin::testing::HttpServer;
using takhin::testing::RawServer;

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
  HttpOptions options_;
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

TEST_F(Curl, ARefusalOfARequestThatWentTwiceIsALostReply) {
  // The server carries the second request out and hangs up without a word; to its copy it says that the deed is done.
  std::atomic<int> requests{0};
  RawServer server([&](int socket) {
    for (int on_this = 0; !RawServer::read_head(socket).empty(); ++on_this) {
      std::string body(4, '\0');
      if (::recv(socket, body.data(), body.size(), MSG_WAITALL) != 4) return;
      ++requests;
      if (on_this == 1) return;
      RawServer::write(socket, requests == 1 ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                                             : "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
    }
  });
  transport_ = make_curl_transport(options_, clock_);
  for (const char* method : {"PUT", "POST"}) {
    requests = 0;
    ASSERT_TRUE(transport_->send({.method = method, .url = server.url(), .body = view_of("once")}, soon()).ok());
    const auto reply = transport_->send({.method = method, .url = server.url(), .body = view_of("once")}, soon());
    ASSERT_FALSE(reply.ok()) << method;
    EXPECT_EQ(reply.error().kind, Kind::kUnavailable) << reply.error().text;
    transport_ = make_curl_transport(options_, clock_);  // the next round begins with a fresh connection
  }
}

TEST_F(Curl, GoesThroughTheProxyOfTheScheme) {
  HttpServer proxy([](const HttpServer::Request&) { return HttpServer::Reply{.status = 200, .body = "from the proxy"}; });
  HttpServer direct([](const HttpServer::Request&) { return HttpServer::Reply{.status = 200, .body = "direct"}; });
  options_.proxies.http = proxy.url();
  transport_ = make_curl_transport(options_, clock_);
  const auto through = transport_->send({.method = "GET", .url = "http://store.invalid/b/k?x=1"}, soon());
  ASSERT_TRUE(through.ok()) << through.error().text;
  EXPECT_EQ(text_of(through->body), "from the proxy");
  EXPECT_EQ(proxy.requests().at(0).target, "http://store.invalid/b/k?x=1");
  EXPECT_EQ(proxy.requests().at(0).headers.at("host"), "store.invalid");

  options_.proxies.except = "other.example,127.0.0.0/8";
  transport_ = make_curl_transport(options_, clock_);
  EXPECT_EQ(text_of(transport_->send({.method = "GET", .url = direct.url("/")}, soon())->body), "direct");
  EXPECT_EQ(proxy.requests().size(), 1u);
}

TEST_F(Curl, HttpsIsTunnelledAndARefusedTunnelIsUnavailable) {
  HttpServer proxy([](const HttpServer::Request&) { return HttpServer::Reply{.status = 403, .body = "no"}; });
  options_.proxies.https = proxy.url();
  transport_ = make_curl_transport(options_, clock_);
  const auto reply = transport_->send({.method = "GET", .url = "https://store.invalid/b/k"}, soon());
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().kind, Kind::kUnavailable);
  EXPECT_EQ(proxy.requests().at(0).method, "CONNECT");
  EXPECT_EQ(proxy.requests().at(0).target, "store.invalid:443");
}

TEST_F(Curl, ErrorsNeverHoldTheProxysPassword) {
  for (const char* proxy : {"http://user:s3cr3t@127.0.0.1:1", "ftp://user:s3cr3t@127.0.0.1:1", "http://user:s3cr3t@[bad"}) {
    options_.proxies.http = proxy;
    transport_ = make_curl_transport(options_, clock_);
    const auto reply = transport_->send({.method = "GET", .url = "http://store.invalid/"}, soon());
    ASSERT_FALSE(reply.ok()) << proxy;
    EXPECT_THAT(reply.error().text, ::testing::Not(::testing::HasSubstr("s3cr3t")));
  }
}

TEST(Proxies, ComeFromTheEnvironmentAsCurlReadsIt) {
  const auto some = Proxies::from({{"http_proxy", "http://a:1"},
                                   {"HTTP_PROXY", "http://cgi:1"},
                                   {"HTTPS_PROXY", "http://b:2"},
                                   {"no_proxy", "localhost,.internal"}});
  EXPECT_EQ(some.http + " " + some.https + " " + some.except, "http://a:1 http://b:2 localhost,.internal");
  const auto all = Proxies::from({{"ALL_PROXY", "http://c:3"}, {"HTTP_PROXY", "http://cgi:1"}, {"NO_PROXY", "*"}});
  EXPECT_EQ(all.http + " " + all.https + " " + all.except, "http://c:3 http://c:3 *");
  EXPECT_EQ(Proxies::from({}).http, "");
}

TEST(HostOf, ReadsUrlsAsCurlDoes) {
  EXPECT_EQ(*host_of("http://127.0.0.1:8080/path?x"), "127.0.0.1");
  EXPECT_EQ(*host_of("https://ECS.Example/"), "ecs.example");
  EXPECT_EQ(*host_of("http://[::1]:80/"), "[::1]");
  EXPECT_EQ(*host_of("http://127.1/"), "127.0.0.1") << "normalised, so that a check cannot be fooled";
  for (const char* wrong : {"", "host", "ftp://host/", "http://", "http://user:s3cr3t@host/", "file:///etc/passwd"}) {
    const auto host = host_of(wrong);
    ASSERT_FALSE(host.ok()) << wrong;
    EXPECT_THAT(host.error().text, ::testing::Not(::testing::HasSubstr("s3cr3t")));
  }
}

}  // namespace
}  // namespace takhin::object
