#pragma once
// What a TLS listener shows and asks of its clients: certificate, key, who may sign clients' certificates. Read from PEM
// files, and read again when they change. The only OpenSSL types that get out are SSL_CTX and SSL, by pointer.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/file.h"
#include "base/result.h"

struct ssl_ctx_st;

namespace takhin::broker::net {

/// Largest PEM file that is read.
inline constexpr std::size_t kPemBytesMax = 1 * kMiB;

enum class ClientAuth : std::uint8_t { kNone, kRequested, kRequired };

struct TlsOptions {
  std::string certificate_file;  // the certificate, then what leads to its root; may hold the key too
  std::string key_file;          // empty: in certificate_file
  std::string key_password;
  std::string ca_file;           // who may sign clients' certificates; needed unless client_auth is kNone
  ClientAuth client_auth = ClientAuth::kNone;
  bool tls12 = true;
  bool tls13 = true;
  std::string ciphers;           // OpenSSL's list, of TLS 1.2; empty: OpenSSL's default
};

/// What OpenSSL complains of on this thread, oldest first; clears it. "unknown error" when it does not say.
std::string tls_complaint();

/// Any thread.
class TlsContexts {
 public:
  /// kInvalid or what the file system says: which file, and what is wrong with it. `files` outlives it.
  static Result<std::unique_ptr<TlsContexts>> open(FileSystem& files, TlsOptions options);
  ~TlsContexts();

  /// For a new connection, which keeps it by itself.
  std::shared_ptr<ssl_ctx_st> current() const;
  /// Reads the files; true when they have changed and are in use from now on. An error says what is wrong with the new ones,
  /// once for each change: the old ones stay in use.
  Result<bool> reload();
  /// Seconds since 1970 at which the certificate in use is over.
  std::int64_t not_after() const;

 private:
  struct Pems {
    Bytes certificate, key, authorities;
    bool operator==(const Pems&) const = default;
  };
  struct Made {
    std::shared_ptr<ssl_ctx_st> context;
    std::int64_t not_after = 0;
  };
  TlsContexts(FileSystem& files, TlsOptions options) : files_(files), options_(std::move(options)) {}
  Result<Bytes> read(const std::string& path) const;
  Result<Pems> read_all() const;
  Result<Made> make(const Pems& pems) const;

  FileSystem& files_;
  const TlsOptions options_;
  std::mutex reload_mutex_;   // one at a time; guards the next two
  Pems tried_;                // what was last looked at, good or not
  std::string told_;          // of files that cannot be read
  mutable std::mutex mutex_;
  Made made_;
};

}  // namespace takhin::broker::net
