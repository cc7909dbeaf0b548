#pragma once
// Certificates made on the spot, and a client that speaks TLS to a server on the loopback.

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "testing/tcp_client.h"

namespace takhin::testing {

/// One of them: a certificate and its key.
struct Identity {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;

  std::string certificate_pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
    PEM_write_bio_X509(out.get(), certificate.get());
    return text_in(out.get());
  }
  /// `password`: empty, or what it is encrypted with.
  std::string key_pem(const std::string& password = "") const {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
    PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), password.empty() ? nullptr : EVP_aes_128_cbc(), password.data(),
                                  static_cast<int>(password.size()), nullptr, nullptr);
    return text_in(out.get());
  }

 private:
  static std::string text_in(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
  }
};

/// Signs certificates. One thread.
class Authority {
 public:
  explicit Authority(const std::string& name = "test authority") : self_(make({{"CN", name}}, nullptr, 1)) {}
  const Identity& self() const { return self_; }
  using Name = std::vector<std::pair<const char*, std::string>>;
  /// `days`: of validity from now on; may be negative.
  Identity issue(const Name& name, int days = 1) { return make(name, &self_, days); }

 private:
  Identity make(const Name& name, const Identity* issuer, int days) {
    Identity out{{X509_new(), X509_free}, {EVP_EC_gen("P-256"), EVP_PKEY_free}};
    X509* certificate = out.certificate.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -2L * 86'400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86'400L);
    X509_NAME* subject = X509_get_subject_name(certificate);
    for (const auto& [field, value] : name) {
      X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                 static_cast<int>(value.size()), -1, 0);
    }
    X509_set_issuer_name(certificate, issuer != nullptr ? X509_get_subject_name(issuer->certificate.get()) : subject);
    X509_set_pubkey(certificate, out.key.get());
    if (issuer == nullptr) add(certificate, NID_basic_constraints, "critical,CA:TRUE");
    else add(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_sign(certificate, issuer != nullptr ? issuer->key.get() : out.key.get(), EVP_sha256());
    return out;
  }
  static void add(X509* certificate, int what, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  long serial_ = 0;
  Identity self_;
};

/// A client's half of TLS. `authority` is whom it trusts; `self` may be null.
inline std::shared_ptr<SSL_CTX> tls_client_context(const Identity& authority, const Identity* self = nullptr, int version = 0) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.certificate.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  if (self != nullptr) {
    SSL_CTX_use_certificate(context.get(), self->certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), self->key.get());
  }
  return context;
}

/// Blocking; gives up after ten seconds as TcpClient does. One thread at a time.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, SSL_CTX& context, int receive_buffer_bytes = 0)
      : tcp_(port, receive_buffer_bytes), ssl_(SSL_new(&context), SSL_free) {
    static const auto before = std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    static_cast<void>(before);
    SSL_set_fd(ssl_.get(), tcp_.descriptor());
    ERR_clear_error();
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  /// The server may refuse the client's certificate later: TLS 1.3 tells with the first read.
  bool connected() const { return connected_; }
  bool send(View data) { return SSL_write(ssl_.get(), data.data(),
      static_cast<int>(data.size())) == static_cast<int>(data.size()); }
  bool send_frame(View body) {
    Bytes framed;
    ByteWriter out(framed);
    out.be(static_cast<std::int32_t>(body.size()));
    out.bytes(body);
    return send(framed);
  }
  Bytes receive(std::size_t count) {
    Bytes data(count);
    std::size_t filled = 0, got = 0;
    while (filled < count && SSL_read_ex(ssl_.get(), data.data() + filled, count - filled, &got) == 1) filled += got;
    data.resize(filled);
    return data;
  }
  Bytes receive_frame() {
    const Bytes length = receive(4);
    if (length.size() < 4) return {};
    return receive(static_cast<std::size_t>(load_be<std::int32_t>(length.data())));
  }
  /// The server said close_notify and nothing was left to read.
  bool ended_well() {
    char byte;
    const int got = SSL_read(ssl_.get(), &byte, 1);
    return got <= 0 && SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN;
  }
  /// "CN" of the server's certificate.
  std::string server_name() const {
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())), NID_commonName, name, sizeof name);
    return name;
  }
  SSL* ssl() { return ssl_.get(); }
  TcpClient& tcp() { return tcp_; }

 private:
  TcpClient tcp_;
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  bool connected_ = false;
};

}  // namespace takhin::testing
