#include "broker/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>

namespace takhin::broker::net {
namespace {

constexpr std::size_t kChainMax = 16;
constexpr std::size_t kAuthoritiesMax = 1'000;
/// How long a client may come back without a full handshake.
constexpr long kResumeSeconds = 600;

template <auto Free>
struct With {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using Bio = std::unique_ptr<BIO, With<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, With<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, With<EVP_PKEY_free>>;

Bio bio_of(View bytes) { return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

/// Never asks at a terminal.
int password_to(char* buffer, int size, int, void* text) {
  const auto& password = *static_cast<const std::string*>(text);
  if (password.empty() || password.size() > static_cast<std::size_t>(size)) return -1;
  std::ranges::copy(password, buffer);
  return static_cast<int>(password.size());
}

/// The next certificate; null at the end, and at anything that is not one, which leaves a complaint.
Certificate next_certificate(BIO* from) {
  std::string none;
  Certificate out(PEM_read_bio_X509(from, nullptr, password_to, &none));
  const auto error = ERR_peek_last_error();
  if (out == nullptr && ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) ERR_clear_error();
  return out;
}

/// All of them; kInvalid: none, or something else than a certificate among them.
Result<std::vector<Certificate>> certificates_of(View pem, const std::string& path, std::size_t most) {
  ERR_clear_error();
  const Bio from = bio_of(pem);
  std::vector<Certificate> out;
  while (auto one = next_certificate(from.get())) {
    if (out.size() == most) return fail(Kind::kInvalid, "{}: more than {} certificates", path, most);
    out.push_back(std::move(one));
  }
  if (ERR_peek_error() != 0) return fail(Kind::kInvalid, "{}: {}", path, tls_complaint());
  if (out.empty()) return fail(Kind::kInvalid, "{}: no certificate in it", path);
  return out;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  int days = 0, seconds = 0;
  const std::unique_ptr<ASN1_TIME, With<ASN1_TIME_free>> epoch(ASN1_TIME_set(nullptr, 0));
  if (epoch == nullptr || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return 0;
  return std::int64_t{days} * 86'400 + seconds;
}

Result<> set_protocols(SSL_CTX* context, const TlsOptions& options) {
  SSL_CTX_set_min_proto_version(context, options.tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, options.tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  // A frame says how long it is, so a connection that ends without close_notify cuts nothing off unseen.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets are the clients' to keep
  SSL_CTX_set_timeout(context, kResumeSeconds);
  SSL_CTX_set_num_tickets(context, 1);
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) != 1) {
    return fail(Kind::kInvalid, "kafka.ssl.cipher.suites: {}", tls_complaint());
  }
  return done();
}

Result<> set_client_auth(SSL_CTX* context, const TlsOptions& options, View authorities) {
  if (options.client_auth == ClientAuth::kNone) return done();
  TRY(const auto all, certificates_of(authorities, options.ca_file, kAuthoritiesMax));
  for (const auto& one : all) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) != 1 || SSL_CTX_add_client_CA(context, one.get()) != 1) {
      return fail(Kind::kInvalid, "{}: {}", options.ca_file, tls_complaint());
    }
  }
  const int required = options.client_auth == ClientAuth::kRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nullptr);
  // A ticket would let a client in whose certificate is over by now, or signed by nobody that counts any more.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  return done();
}

}  // namespace

std::string tls_complaint() {
  std::string out;
  while (const auto error = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(error);
    out += fmt::format("{}{}", out.empty() ? "" : ", ", reason != nullptr ? reason : "error of the system");
  }
  return out.empty() ? "unknown error" : out;
}

TlsContexts::~TlsContexts() = default;

Result<std::unique_ptr<TlsContexts>> TlsContexts::open(FileSystem& files, TlsOptions options) {
  std::unique_ptr<TlsContexts> made(new TlsContexts(files, std::move(options)));
  TRY(made->tried_, made->read_all());
  TRY(made->made_, made->make(made->tried_));
  return made;
}

Result<Bytes> TlsContexts::read(const std::string& path) const {
  TRY(const auto info, files_.stat(path));
  if (info.size > kPemBytesMax) return fail(Kind::kInvalid, "{}: more than {} bytes", path, kPemBytesMax);
  return read_whole(files_, path);
}

Result<TlsContexts::Pems> TlsContexts::read_all() const {
  Pems pems;
  TRY(pems.certificate, read(options_.certificate_file));
  if (!options_.key_file.empty()) {
    TRY(pems.key, read(options_.key_file));
  }
  if (options_.client_auth != ClientAuth::kNone) {
    TRY(pems.authorities, read(options_.ca_file));
  }
  return pems;
}

Result<TlsContexts::Made> TlsContexts::make(const Pems& pems) const {
  ERR_clear_error();
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), With<SSL_CTX_free>{});
  TAKHIN_ASSERT(context != nullptr, "memory for a TLS context");
  TRY(set_protocols(context.get(), options_));
  TRY(auto chain, certificates_of(pems.certificate, options_.certificate_file, kChainMax));
  if (SSL_CTX_use_certificate(context.get(), chain[0].get()) != 1) {
    return fail(Kind::kInvalid, "{}: {}", options_.certificate_file, tls_complaint());
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) != 1) {
      return fail(Kind::kInvalid, "{}: {}", options_.certificate_file, tls_complaint());
    }
  }
  const bool apart = !options_.key_file.empty();
  const std::string& key_path = apart ? options_.key_file : options_.certificate_file;
  const Bio from = bio_of(apart ? pems.key : pems.certificate);
  const Key key(PEM_read_bio_PrivateKey(from.get(), nullptr, password_to, const_cast<std::string*>(&options_.key_password)));
  if (key == nullptr) return fail(Kind::kInvalid, "{}: no private key that can be read: {}", key_path, tls_complaint());
  if (SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 || SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(Kind::kInvalid, "{}: not the key of the certificate: {}", key_path, tls_complaint());
  }
  TRY(set_client_auth(context.get(), options_, pems.authorities));
  ERR_clear_error();
  return Made{context, seconds_of(X509_get0_notAfter(chain[0].get()))};
}

std::shared_ptr<SSL_CTX> TlsContexts::current() const {
  const std::lock_guard hold(mutex_);
  return made_.context;
}

std::int64_t TlsContexts::not_after() const {
  const std::lock_guard hold(mutex_);
  return made_.not_after;
}

Result<bool> TlsContexts::reload() {
  const std::lock_guard one(reload_mutex_);
  auto pems = read_all();
  if (!pems.ok()) {
    if (std::exchange(told_, pems.error().text) == pems.error().text) return false;
    return pems.error();
  }
  told_.clear();
  if (*pems == tried_) return false;
  tried_ = *std::move(pems);
  TRY(auto made, make(tried_));
  const std::lock_guard hold(mutex_);
  made_ = std::move(made);
  return true;
}

}  // namespace takhin::broker::net
