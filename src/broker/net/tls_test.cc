#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>

#include "broker/net/listener.h"
#include "broker/net/tls_socket.h"
#include "os/clock.h"
#include "os/files.h"
#include "testing/temp_dir.h"
#include "testing/tls_kit.h"

namespace takhin::broker::net {
namespace {

using takhin::testing::Authority;
using takhin::testing::Identity;
using takhin::testing::tls_client_context;
using takhin::testing::TcpClient;
using takhin::testing::TempDir;
using takhin::testing::TlsClient;
using ::testing::HasSubstr;

Bytes framed(View body) {
  Bytes out;
  ByteWriter writer(out);
  writer.be(static_cast<std::int32_t>(body.size()));
  writer.bytes(body);
  return out;
}

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i * 2654435761u >> 17);
  return out;
}

/// PEM files of one server.
class Stores {
 public:
  explicit Stores(Authority& authority) : authority_(authority) { renew("server"); }
  void renew(const std::string& name, int days = 1) {
    const Identity made = authority_.issue({{"CN", name}}, days);
    write("cert", made.certificate_pem() + authority_.self().certificate_pem());
    write("key", made.key_pem());
    write("ca", authority_.self().certificate_pem());
  }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_atomically(files, dir / name, view_of(text)).ok());
  }
  TlsOptions options(ClientAuth auth = ClientAuth::kNone) const {
    TlsOptions out;
    out.certificate_file = dir / "cert";
    out.key_file = dir / "key";
    out.ca_file = dir / "ca";
    out.client_auth = auth;
    return out;
  }

  os::PosixFileSystem files;
  TempDir dir;

 private:
  Authority& authority_;
};

class EchoTls final : public FrameHandler {
 public:
  std::shared_ptr<Session> open_session(const Origin& origin) override {
    const std::lock_guard hold(mutex);
    origins.push_back(origin);
    return nullptr;
  }
  void on_frame(std::span<std::byte> frame, const std::string&, const std::shared_ptr<Session>&, Responder respond) override {
    Reply reply;
    if (text_of(frame) == "bye") {
      reply.pieces.emplace_back(framed(frame));
      reply.close = true;
    } else if (text_of(frame) == "big") {
      Bytes head;
      ByteWriter(head).be(static_cast<std::int32_t>(content.size()));
      reply.pieces.emplace_back(std::move(head));
      reply.pieces.emplace_back(FileSlice{file, {0, content.size() - 7}});
      reply.pieces.emplace_back(Bytes(content.end() - 7, content.end()));
    } else {
      reply.pieces.emplace_back(framed(frame));
    }
    respond.answer(std::move(reply));
  }
  std::mutex mutex;
  std::vector<Origin> origins;
  Bytes content;
  std::shared_ptr<const File> file;
};

class Tls : public ::testing::Test {
 protected:
  void serve(TlsOptions tls, std::int64_t handshake_ms = 10'000) {
    listener.reset();
    auto opened = TlsContexts::open(stores.files, std::move(tls));
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    contexts = *std::move(opened);
    ListenerOptions options;
    options.cores = 2;
    options.tls_handshake_ms = handshake_ms;
    options.endpoints = {{.port = 0, .tls = contexts.get()}, {.port = 0}};
    auto listening = Listener::open(options, handler, clock, {});
    ASSERT_TRUE(listening.ok()) << listening.error().text;
    listener = *std::move(listening);
    listener->start();
  }
  static bool echoes(TlsClient& client, std::string_view text = "hello") {
    return client.connected() && client.send_frame(view_of(text)) && text_of(client.receive_frame()) == text;
  }

  os::SystemClock clock;
  Authority authority;
  Stores stores{authority};
  EchoTls handler;
  std::unique_ptr<TlsContexts> contexts;
  std::unique_ptr<Listener> listener;
};

TEST_F(Tls, FramesOfEverySizeComeBack) {
  serve(stores.options());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = tls_client_context(authority.self(), nullptr, version);
    TlsClient client(listener->port(), *context);
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(client.server_name(), "server");
    for (const std::byte byte : framed(view_of("byte by byte"))) ASSERT_TRUE(client.send(View(&byte, 1)));
    EXPECT_EQ(text_of(client.receive_frame()), "byte by byte");
    for (const std::size_t size : {1u, 16'379u, 16'380u, 16'381u, 70'000u, 2'000'000u}) {
      const Bytes body = pattern(size);
      ASSERT_TRUE(client.send_frame(body));
      EXPECT_TRUE(client.receive_frame() == body) << size;
    }
    ASSERT_TRUE(client.send_frame(view_of("bye")));
    EXPECT_EQ(text_of(client.receive_frame()), "bye");
    EXPECT_TRUE(client.ended_well());
  }
}

TEST_F(Tls, ASlowReaderGetsAFileWholeWhileOthersAreServed) {
  handler.content = pattern(6 * kMiB);
  auto made = stores.files.open(stores.dir / "f", OpenMode::kCreateNew);
  ASSERT_TRUE(made.ok() && (*made)->write_at(0, handler.content).ok());
  handler.file = *made;
  serve(stores.options());
  const auto context = tls_client_context(authority.self());
  TlsClient slow(listener->port(), *context, 64 * 1024);
  for (const char* body : {"big", "small", "big", "bye"}) ASSERT_TRUE(slow.send_frame(view_of(body)));
  ASSERT_FALSE(slow.tcp().silent_for(5000));
  for (int i = 0; i < 4; ++i) {
    TlsClient quick(listener->port(), *context);
    EXPECT_TRUE(echoes(quick));
  }
  EXPECT_TRUE(slow.receive_frame() == handler.content);
  EXPECT_EQ(text_of(slow.receive_frame()), "small");
  EXPECT_TRUE(slow.receive_frame() == handler.content);
  EXPECT_EQ(text_of(slow.receive_frame()), "bye");
  EXPECT_TRUE(slow.ended_well());
}

TEST_F(Tls, WhoSpeaksTheOtherProtocolIsDisconnected) {
  serve(stores.options());
  TcpClient plain(listener->port(0));
  ASSERT_TRUE(plain.send_frame(view_of("not TLS at all")));
  plain.receive(7);  // an alert
  EXPECT_TRUE(plain.at_end());
  TcpClient gone(listener->port(0));
  gone.close();
  const auto context = tls_client_context(authority.self());
  TlsClient tls(listener->port(1), *context);
  EXPECT_FALSE(tls.connected());
  TlsClient good(listener->port(0), *context);
  EXPECT_TRUE(echoes(good));
}

TEST_F(Tls, AHandshakeThatTakesTooLongIsEnded) {
  serve(stores.options(), 100);
  TcpClient silent(listener->port(0));
  TcpClient slow(listener->port(0));
  ASSERT_TRUE(slow.send(view_of("\x16\x03\x01")));
  const auto context = tls_client_context(authority.self());
  TlsClient good(listener->port(0), *context);
  EXPECT_TRUE(silent.at_end());
  EXPECT_TRUE(slow.at_end());
  clock.sleep(std::chrono::milliseconds(200));
  EXPECT_TRUE(echoes(good));
}

TEST_F(Tls, AStopEndsHandshakesAtOnce) {
  serve(stores.options());
  TcpClient silent(listener->port(0));
  const auto context = tls_client_context(authority.self());
  TlsClient good(listener->port(0), *context);
  EXPECT_TRUE(echoes(good));
  listener->stop(Deadline::in(clock, std::chrono::seconds(5)));
  EXPECT_TRUE(silent.at_end());
  EXPECT_TRUE(good.ended_well());
}

TEST_F(Tls, ClientsShowCertificatesAsAsked) {
  Authority other("somebody else");
  const Identity alice = authority.issue({{"O", "Acme, Inc."}, {"OU", "eng"}, {"CN", "älice"}});
  const Identity mallory = other.issue({{"CN", "alice"}});
  const Identity late = authority.issue({{"CN", "late"}}, -1);
  for (const auto auth : {ClientAuth::kNone, ClientAuth::kRequested, ClientAuth::kRequired}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      handler.origins.clear();
      serve(stores.options(auth));
      const auto served = [&](const Identity* self) {
        const auto context = tls_client_context(authority.self(), self, version);
        TlsClient client(listener->port(), *context);
        return echoes(client);
      };
      EXPECT_EQ(served(nullptr), auth != ClientAuth::kRequired);
      EXPECT_EQ(served(&mallory), auth == ClientAuth::kNone);
      EXPECT_EQ(served(&late), auth == ClientAuth::kNone);
      EXPECT_TRUE(served(&alice));
      const std::lock_guard hold(handler.mutex);
      ASSERT_FALSE(handler.origins.empty());
      EXPECT_TRUE(handler.origins.back().tls);
      EXPECT_EQ(handler.origins.back().certificate, auth == ClientAuth::kNone ? "" : "CN=älice,OU=eng,O=Acme\\, Inc.");
    }
  }
}

TEST_F(Tls, OldVersionsAndThoseNotOfferedAreRefused) {
  TlsOptions options = stores.options();
  options.tls12 = false;
  serve(options);
  for (const auto& [version, good] : {std::pair(TLS1_1_VERSION, false), {TLS1_2_VERSION, false}, {TLS1_3_VERSION, true}}) {
    const auto context = tls_client_context(authority.self(), nullptr, version);
    SSL_CTX_set_security_level(context.get(), 0);
    TlsClient client(listener->port(), *context);
    EXPECT_EQ(client.connected(), good) << version;
  }
}

TEST_F(Tls, NewFilesServeNewConnectionsAndBrokenOnesNobody) {
  serve(stores.options());
  const auto context = tls_client_context(authority.self());
  TlsClient old(listener->port(), *context);
  ASSERT_TRUE(echoes(old));
  EXPECT_FALSE(*contexts->reload());
  const auto name_now = [&] {
    TlsClient client(listener->port(), *context);
    return client.connected() ? client.server_name() : "none";
  };
  const auto not_after = contexts->not_after();
  stores.renew("second", 30);
  EXPECT_TRUE(*contexts->reload());
  EXPECT_NEAR(static_cast<double>(contexts->not_after() - not_after), 29 * 86'400, 100);
  EXPECT_EQ(name_now(), "second");
  EXPECT_TRUE(echoes(old));
  EXPECT_EQ(old.server_name(), "server");
  const Identity third = authority.issue({{"CN", "third"}});
  stores.write("cert", third.certificate_pem());  // its key has not come yet
  auto broken = contexts->reload();
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(broken.error().text, HasSubstr("not the key of the certificate"));
  EXPECT_FALSE(*contexts->reload());  // told once
  EXPECT_EQ(name_now(), "second");
  stores.write("key", third.key_pem());
  EXPECT_TRUE(*contexts->reload());
  EXPECT_EQ(name_now(), "third");
  for (const char* text : {"", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    stores.write("cert", text);
    EXPECT_FALSE(contexts->reload().ok()) << text;
  }
  ASSERT_TRUE(stores.files.remove(stores.dir / "cert").ok());
  EXPECT_FALSE(contexts->reload().ok());
  EXPECT_TRUE(contexts->reload().ok());
  EXPECT_EQ(name_now(), "third");
  EXPECT_TRUE(echoes(old));
}

TEST_F(Tls, FilesMayBeOneAndKeysEncrypted) {
  const Identity made = authority.issue({{"CN", "one file"}});
  stores.write("cert", made.key_pem("secret") + made.certificate_pem());
  TlsOptions options = stores.options();
  options.key_file.clear();
  for (const char* wrong : {"", "wrong"}) {
    options.key_password = wrong;
    const auto refused = TlsContexts::open(stores.files, options);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("no private key that can be read"));
  }
  options.key_password = "secret";
  serve(options);
  const auto context = tls_client_context(authority.self());
  TlsClient client(listener->port(), *context);
  EXPECT_TRUE(echoes(client));
  options.ciphers = "nonsense";
  EXPECT_FALSE(TlsContexts::open(stores.files, options).ok());
}

// ---- one connection over a wire that gives and takes as little as the test says

class FakeCore final : public Core {
 public:
  void post(std::function<void()> task) override { tasks.push_back(std::move(task)); }
  std::shared_ptr<void> after(std::chrono::nanoseconds, std::function<void()>) override { return nullptr; }
  bool is_here() const override { return true; }
  std::deque<std::function<void()>> tasks;
};

/// What it is like on both sides of it; stays when the socket is gone.
struct FakeWire {
  using For = Wire::For;
  std::ptrdiff_t receive(std::span<std::byte> into) {
    if (in.empty()) return ended ? 0 : Wire::kBlocked;
    if (in_turn++ % 2 == 0 && stutters) return Wire::kBlocked;
    const std::size_t count = std::min({into.size(), in.size(), piece});
    std::copy_n(in.begin(), count, into.begin());
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(count));
    return static_cast<std::ptrdiff_t>(count);
  }
  std::ptrdiff_t send(View bytes) {
    if (out.size() >= room) return Wire::kBlocked;
    if (out_turn++ % 2 == 0 && stutters) return Wire::kBlocked;
    const std::size_t count = std::min({bytes.size(), piece, room - out.size()});
    append(out, bytes.first(count));
    return static_cast<std::ptrdiff_t>(count);
  }
  void close() {
    for (auto& [what, then] : std::exchange(waits, {})) core->post([then = std::move(then)] { then(false); });
  }
  /// Everything that waits and may go on.
  bool turn() {
    bool any = false;
    for (auto& [what, then] : std::exchange(waits, {})) {
      const bool ready = what == For::kReading ? !in.empty() || ended : out.size() < room;
      if (!ready) {
        waits.emplace_back(what, std::move(then));
        continue;
      }
      any = true;
      core->post([then = std::move(then)] { then(true); });
    }
    return any;
  }
  std::shared_ptr<FakeCore> core;
  std::deque<std::byte> in;
  Bytes out;
  std::size_t piece = 1'000'000, room = 1'000'000'000;
  bool stutters = false, ended = false;
  std::size_t in_turn = 0, out_turn = 0;
  std::vector<std::pair<For, std::function<void(bool)>>> waits;
};

struct WireEnd final : Wire {
  explicit WireEnd(std::shared_ptr<FakeWire> wire) : wire(std::move(wire)) {}
  std::ptrdiff_t receive(std::span<std::byte> into) override { return wire->receive(into); }
  std::ptrdiff_t send(View bytes, bool) override { return wire->send(bytes); }
  void when(For what, std::function<void(bool)> then) override { wire->waits.emplace_back(what, std::move(then)); }
  void close() override { wire->close(); }
  const std::shared_ptr<FakeWire> wire;
};

struct Reader final : SocketUser {
  void on_read(std::size_t count) override {
    if (count == 0) ended = true;
    append(all, View(buffer).first(count));
    reading = false;
  }
  void on_writable(bool) override { waiting = false; }
  Bytes buffer = Bytes(100);
  Bytes all;
  bool reading = false, waiting = false, ended = false;
};

class TlsOnAWire : public Tls {
 protected:
  void connect(int version = 0, ClientAuth auth = ClientAuth::kNone) {
    contexts = *TlsContexts::open(stores.files, stores.options(auth));
    client_context = tls_client_context(authority.self(), nullptr, version);
    client.reset(SSL_new(client_context.get()));
    to_client = BIO_new(BIO_s_mem());
    from_client = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(to_client, -1);
    SSL_set_bio(client.get(), to_client, from_client);
    SSL_set_connect_state(client.get());
    wire = std::make_shared<FakeWire>();
    wire->core = core;
    auto socket = std::make_unique<TlsSocket>(std::make_unique<WireEnd>(wire), core, *contexts->current(),
                                              Origin{.peer = "test", .address = {}});
    handshake = std::make_shared<TlsHandshake>(std::move(socket), [this](Result<std::unique_ptr<Socket>> ready) {
      outcome.emplace(ready.ok() ? "ready" : ready.error().text);
      if (ready.ok()) server = *std::move(ready);
    });
  }
  /// Bytes go both ways until nothing moves.
  void pump() {
    for (bool moved = true; moved;) {
      moved = false;
      char data[4096];
      for (int got; (got = BIO_read(from_client, data, sizeof data)) > 0; moved = true) {
        const View bytes = view_of(std::string_view(data, static_cast<std::size_t>(got)));
        wire->in.insert(wire->in.end(), bytes.begin(), bytes.end());
      }
      if (!wire->out.empty()) {
        BIO_write(to_client, wire->out.data(), static_cast<int>(wire->out.size()));
        wire->out.clear();
        moved = true;
      }
      moved |= step();
      ERR_clear_error();
      if (!SSL_is_init_finished(client.get())) SSL_do_handshake(client.get());
      read_client();
    }
  }
  bool step() {
    const bool any = wire->turn();
    const bool tasks = !core->tasks.empty();
    while (!core->tasks.empty()) {
      const auto task = std::move(core->tasks.front());
      core->tasks.pop_front();
      task();
    }
    if (server != nullptr && !reader->reading && !reader->ended) {
      reader->reading = true;
      server->read(reader->buffer, reader);
    }
    return any || tasks;
  }
  void read_client() {
    char data[4096];
    std::size_t got = 0;
    while (SSL_is_init_finished(client.get()) && SSL_read_ex(client.get(), data, sizeof data, &got) == 1) {
      append(client_got, view_of(std::string_view(data, got)));
    }
  }
  void shake_hands() {
    SSL_do_handshake(client.get());
    handshake->start();
    pump();
  }
  /// As a connection does: what was not taken comes again, with more behind it.
  void send_all(View data, std::size_t part) {
    for (int rounds = 0; !data.empty() && rounds < 1'000'000; ++rounds) {
      const View parts[] = {data.first(std::min(part, data.size())), data.subspan(std::min(part, data.size()))};
      const auto sent = server->send(parts, false);
      ASSERT_TRUE(sent.ok()) << sent.error().text;
      data = data.subspan(*sent);
      if (*sent > 0) continue;
      reader->waiting = true;
      server->when_writable(reader);
      pump();
      ASSERT_FALSE(reader->waiting);
    }
    pump();
  }

  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::shared_ptr<FakeCore> core = std::make_shared<FakeCore>();
  std::shared_ptr<SSL_CTX> client_context;
  std::unique_ptr<SSL, FreeSsl> client;
  BIO* to_client = nullptr;
  BIO* from_client = nullptr;
  std::shared_ptr<FakeWire> wire;
  std::shared_ptr<TlsHandshake> handshake;
  std::shared_ptr<Reader> reader = std::make_shared<Reader>();
  std::optional<std::string> outcome;
  std::unique_ptr<Socket> server;
  Bytes client_got;
};

TEST_F(TlsOnAWire, OneByteAtATimeBothWays) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    client_got.clear();
    server.reset();
    reader = std::make_shared<Reader>();
    connect(version);
    wire->piece = 1;
    wire->stutters = true;
    shake_hands();
    ASSERT_EQ(outcome, "ready");
    const Bytes body = pattern(40'000);
    ASSERT_EQ(SSL_write(client.get(), body.data(), 20'000), 20'000);
    pump();
    EXPECT_TRUE(std::ranges::equal(reader->all, View(body).first(20'000)));
    send_all(body, 3);
    EXPECT_TRUE(client_got == body);
  }
}

TEST_F(TlsOnAWire, AWireThatTakesLittleLosesAndRepeatsNothing) {
  connect();
  shake_hands();
  ASSERT_EQ(outcome, "ready");
  wire->room = 700;
  const Bytes body = pattern(300'000);
  for (const std::size_t part : {1u, 16'384u, 16'385u, 100'000u}) {
    client_got.clear();
    send_all(body, part);
    EXPECT_TRUE(client_got == body) << part;
  }
}

TEST_F(TlsOnAWire, KeysMayChangeWhileDataFlows) {
  connect(TLS1_3_VERSION);
  shake_hands();
  ASSERT_EQ(outcome, "ready");
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(SSL_key_update(client.get(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_write(client.get(), "ping", 4), 4);
    pump();
    wire->room = 10;  // the answer to the update does not fit at once
    send_all(view_of("pong"), 2);
    wire->room = 1'000'000;
  }
  EXPECT_EQ(text_of(reader->all), "pingpingping");
  EXPECT_EQ(text_of(client_got), "pongpongpong");
}

TEST_F(TlsOnAWire, NobodyNegotiatesAnew) {
  connect(TLS1_2_VERSION);
  shake_hands();
  ASSERT_EQ(outcome, "ready");
  SSL_renegotiate(client.get());
  SSL_do_handshake(client.get());
  pump();
  EXPECT_FALSE(SSL_is_init_finished(client.get()));
}

TEST_F(TlsOnAWire, GarbageAndCutsEndIt) {
  for (const bool cut : {false, true}) {
    server.reset();
    reader = std::make_shared<Reader>();
    connect();
    shake_hands();
    ASSERT_EQ(outcome, "ready");
    ASSERT_EQ(SSL_write(client.get(), "good", 4), 4);
    pump();
    if (cut) {
      wire->ended = true;
    } else {
      const Bytes head = {std::byte{0x17}, std::byte{3}, std::byte{3}, std::byte{0}, std::byte{32}};
      wire->in.insert(wire->in.end(), head.begin(), head.end());
      wire->in.insert(wire->in.end(), 32, std::byte{'x'});  // that no key made
    }
    pump();
    EXPECT_EQ(text_of(reader->all), "good");
    EXPECT_TRUE(reader->ended);
  }
}

TEST_F(TlsOnAWire, AFailedHandshakeSaysWhy) {
  const auto outcome_of = [&](std::string_view bytes, bool ends) {
    outcome.reset();
    connect();
    const View view = view_of(bytes);
    wire->in.assign(view.begin(), view.end());
    wire->ended = ends;
    handshake->start();
    return outcome.value_or("still going");
  };
  EXPECT_THAT(outcome_of(std::string_view("\0\0\0\x1f\0\x12\0\x04\0\0", 10), false),
              HasSubstr("does not speak TLS, which this listener does (security.protocol of the client); it began with 00 00"));
  EXPECT_THAT(outcome_of("GET / HTTP/1.1\r\n\r\n", false), HasSubstr("does not speak TLS"));
  EXPECT_EQ(outcome_of("", true), "");
  EXPECT_THAT(outcome_of("\x16\x03\x01", true), HasSubstr("TLS handshake: "));
  outcome.reset();
  connect(0, ClientAuth::kRequired);
  shake_hands();
  EXPECT_THAT(*outcome, HasSubstr("peer did not return a certificate"));
}

TEST_F(TlsOnAWire, CloseSaysSoAndEndsWhatWaits) {
  connect();
  shake_hands();
  ASSERT_TRUE(reader->reading);
  server->close();
  pump();
  EXPECT_TRUE(reader->ended);
  EXPECT_EQ(SSL_get_shutdown(client.get()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
  const View part = view_of("x");
  EXPECT_FALSE(server->send(std::span(&part, 1), false).ok());
}

}  // namespace
}  // namespace takhin::broker::net
