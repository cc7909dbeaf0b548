#include "broker/net/tls_socket.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>

#include "base/log.h"

namespace takhin::broker::net {
namespace {

constexpr std::string_view kRoom = "broker";
/// TLS's own limit: larger ones are cut by OpenSSL.
constexpr std::size_t kRecordBytesMax = 16 * kKiB;
/// In one send(): other connections of the core get their turn.
constexpr int kRecordsMax = 16;
/// Content type of a handshake record, the first byte that a TLS client sends.
constexpr std::byte kHandshakeRecord{0x16};

/// Small parts become one record here; only within one send().
std::span<std::byte> gather_buffer() {
  thread_local std::array<std::byte, kRecordBytesMax> buffer;
  return buffer;
}

/// Where the next record begins in a list of parts.
struct Cursor {
  std::span<const View> parts;
  std::size_t part = 0;
  std::size_t at = 0;

  /// Up to `most` bytes from here on, without moving: out of one part where that is large enough, else put together.
  View peek(std::size_t most) const {
    std::size_t p = part, from = at;
    while (p < parts.size() && from == parts[p].size()) ++p, from = 0;
    if (p == parts.size()) return {};
    const View first = parts[p].subspan(from);
    if (first.size() >= most) return first.first(most);
    if (p + 1 == parts.size()) return first;
    const auto into = gather_buffer();
    std::size_t filled = 0;
    for (; p < parts.size() && filled < most; ++p, from = 0) {
      const View piece = parts[p].subspan(from).first(std::min(parts[p].size() - from, most - filled));
      std::ranges::copy(piece, into.begin() + static_cast<std::ptrdiff_t>(filled));
      filled += piece.size();
    }
    return into.first(filled);
  }
  void skip(std::size_t count) {
    while (count > 0) {
      const std::size_t here = std::min(count, parts[part].size() - at);
      at += here;
      count -= here;
      if (at == parts[part].size()) ++part, at = 0;
    }
  }
  bool ends_after(std::size_t count) const {
    for (std::size_t p = part, from = at; p < parts.size(); ++p, from = 0) {
      const std::size_t here = parts[p].size() - from;
      if (here > count) return false;
      count -= here;
    }
    return true;
  }
};

/// As Kafka shows it: RFC 2253, with letters beyond ASCII as they are.
std::string name_in(const X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
  const unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (out == nullptr || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, flags) < 0) return "";
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(std::max(size, 0L))};
}

}  // namespace

/// OpenSSL's way to the wire.
struct WireBio {
  static TlsSocket& socket_of(BIO* bio) { return *static_cast<TlsSocket*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
    TlsSocket& socket = socket_of(bio);
    BIO_clear_retry_flags(bio);
    const auto got = socket.wire_->receive(std::as_writable_bytes(std::span(into, size)));
    if (got == Wire::kBlocked) BIO_set_retry_read(bio);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    if (got <= 0) return 0;
    *count = static_cast<std::size_t>(got);
    const std::size_t noted = std::min(*count, socket.first_bytes_.size() - socket.first_count_);
    std::memcpy(socket.first_bytes_.data() + socket.first_count_, into, noted);
    socket.first_count_ += noted;
    return 1;
  }

  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* count) {
    TlsSocket& socket = socket_of(bio);
    BIO_clear_retry_flags(bio);
    const auto sent = socket.wire_->send(std::as_bytes(std::span(data, size)), socket.more_);
    if (sent == Wire::kBlocked) BIO_set_retry_write(bio);
    if (sent <= 0) return 0;
    *count = static_cast<std::size_t>(sent);
    return 1;
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO* make(TlsSocket& socket) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
      BIO_meth_set_read_ex(made, read);
      BIO_meth_set_write_ex(made, write);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    BIO* bio = BIO_new(method);
    TAKHIN_ASSERT(bio != nullptr, "memory for a BIO");
    BIO_set_data(bio, &socket);
    BIO_set_init(bio, 1);
    return bio;
  }
};

void TlsSocket::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsSocket::TlsSocket(std::unique_ptr<Wire> wire, std::shared_ptr<Core> core, ssl_ctx_st& context, Origin origin)
    : wire_(std::move(wire)), core_(std::move(core)), ssl_(SSL_new(&context)), origin_(std::move(origin)) {
  TAKHIN_ASSERT(ssl_ != nullptr, "memory for a TLS connection");
  BIO* bio = WireBio::make(*this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsSocket::~TlsSocket() { close(); }

TlsSocket::Step TlsSocket::handshake() {
  ERR_clear_error();
  const int outcome = SSL_do_handshake(ssl_.get());
  if (outcome != 1) return failed_step(SSL_get_error(ssl_.get(), outcome));
  established_ = true;
  take_identity();
  return Step::kDone;
}

TlsSocket::Step TlsSocket::failed_step(int error) {
  if (error == SSL_ERROR_WANT_READ) return Step::kWantsToRead;
  if (error == SSL_ERROR_WANT_WRITE) return Step::kWantsToWrite;
  broken_ = true;
  const View first = View(first_bytes_).first(first_count_);
  const long verdict = SSL_get_verify_result(ssl_.get());
  if (first.empty()) {
    why_.clear();
  } else if (first[0] != kHandshakeRecord) {
    why_ = fmt::format("it does not speak TLS, which this listener does (security.protocol of the client); it began with {:02x}",
                       fmt::join(std::span(reinterpret_cast<const unsigned char*>(first.data()), first.size()), " "));
  } else if (verdict != X509_V_OK) {
    why_ = fmt::format("TLS handshake: the client's certificate: {}", X509_verify_cert_error_string(verdict));
  } else if (ERR_peek_error() == 0) {
    why_ = "TLS handshake: the client went in the middle of it";
  } else {
    why_ = fmt::format("TLS handshake: {}", tls_complaint());
  }
  ERR_clear_error();
  return Step::kFailed;
}

void TlsSocket::take_identity() {
  origin_.tls = true;
  if (const X509* certificate = SSL_get0_peer_certificate(ssl_.get()); certificate != nullptr) {
    origin_.certificate = name_in(certificate);
  }
}

/// kNothingYet; 0: there will be no more.
std::ptrdiff_t TlsSocket::try_read(std::span<std::byte> into) {
  std::size_t filled = 0;
  read_wants_to_write_ = false;
  while (filled < into.size() && !broken_ && !closed_) {
    ERR_clear_error();
    std::size_t got = 0;
    const int outcome = SSL_read_ex(ssl_.get(), into.data() + filled, into.size() - filled, &got);
    if (outcome == 1) {
      filled += got;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), outcome);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      read_wants_to_write_ = error == SSL_ERROR_WANT_WRITE;
      return filled > 0 ? static_cast<std::ptrdiff_t>(filled) : kNothingYet;
    }
    if (error != SSL_ERROR_ZERO_RETURN) broken_ = true;
    if (error == SSL_ERROR_SSL) log_info(kRoom, "connection {} closed: TLS: {}", origin_.peer, tls_complaint());
    break;
  }
  return static_cast<std::ptrdiff_t>(filled);
}

void TlsSocket::read(std::span<std::byte> into, std::shared_ptr<SocketUser> user) {
  const auto got = try_read(into);
  if (got == kNothingYet) return read_later(into, std::move(user));
  core_->post([user = std::move(user), got] { user->on_read(static_cast<std::size_t>(got)); });
}

void TlsSocket::read_later(std::span<std::byte> into, std::shared_ptr<SocketUser> user) {
  const auto what = read_wants_to_write_ ? Wire::For::kWriting : Wire::For::kReading;
  wire_->when(what, [this, into, user = std::move(user)](bool ok) mutable {
    if (!ok || closed_) return user->on_read(0);
    const auto got = try_read(into);
    if (got == kNothingYet) return read_later(into, std::move(user));
    user->on_read(static_cast<std::size_t>(got));
  });
}

Result<std::size_t> TlsSocket::send(std::span<const View> parts, bool more) {
  Cursor cursor{.parts = parts};
  std::size_t taken = 0;
  write_wants_to_read_ = false;
  for (int records = 0; records < kRecordsMax; ++records) {
    const View record = cursor.peek(pending_ > 0 ? pending_ : kRecordBytesMax);
    if (record.empty()) break;
    if (broken_ || closed_) return fail(Kind::kUnavailable, "TLS: the connection is broken");
    TAKHIN_ASSERT(record.size() >= pending_, "a sender goes on where it was stopped");
    more_ = more || !cursor.ends_after(record.size());
    ERR_clear_error();
    std::size_t written = 0;
    const int outcome = SSL_write_ex(ssl_.get(), record.data(), record.size(), &written);
    if (outcome == 1) {
      pending_ = 0;
      taken += written;
      cursor.skip(written);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), outcome);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      pending_ = record.size();
      write_wants_to_read_ = error == SSL_ERROR_WANT_READ;
      return taken;
    }
    broken_ = true;
    return fail(Kind::kUnavailable, "TLS: {}", tls_complaint());
  }
  return taken;
}

Result<std::size_t> TlsSocket::send_file(const File&, ByteRange) {
  return fail(Kind::kInvalid, "TLS has to see the bytes of a file");
}

void TlsSocket::when_writable(std::shared_ptr<SocketUser> user) {
  wire_->when(write_wants_to_read_ ? Wire::For::kReading : Wire::For::kWriting,
              [user = std::move(user)](bool ok) { user->on_writable(ok); });
}

void TlsSocket::close() {
  if (closed_) return;
  closed_ = true;
  if (established_ && !broken_) {
    ERR_clear_error();
    more_ = false;
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  wire_->close();
}

void TlsHandshake::go_on() {
  if (socket_ == nullptr) return;
  const auto step = socket_->handshake();
  if (step == TlsSocket::Step::kDone) return end(std::unique_ptr<Socket>(std::move(socket_)));
  if (step == TlsSocket::Step::kFailed) return give_up(std::string(socket_->why_failed()));
  socket_->wait(step == TlsSocket::Step::kWantsToWrite ? Wire::For::kWriting : Wire::For::kReading,
                [self = shared_from_this()](bool ok) {
                  if (ok) self->go_on();
                });
}

void TlsHandshake::give_up(std::string_view why) {
  if (socket_ == nullptr) return;
  const auto socket = std::move(socket_);  // its waits end, and find nothing here
  socket->close();
  end(fail(Kind::kDenied, "{}", why));
}

void TlsHandshake::end(Result<std::unique_ptr<Socket>> outcome) {
  const auto then = std::exchange(then_, nullptr);
  if (then) then(std::move(outcome));
}

}  // namespace takhin::broker::net
