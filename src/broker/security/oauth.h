#pragma once
// SASL OAUTHBEARER: what a client says (RFC 7628, KIP-255), and the check of its token against the keys of its issuer (KIP-768).

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "broker/security/jwt.h"

namespace takhin::broker::security {

inline constexpr std::string_view kOAuthBearer = "OAUTHBEARER";
/// Extensions of one message.
inline constexpr std::size_t kSaslExtensionsMax = 64;
/// What a client is told whose token is refused; then it says that it has seen it (RFC 7628, section 3.2.3).
inline constexpr std::string_view kInvalidToken = R"({"status":"invalid_token"})";

struct OAuthMessage {
  std::string acts_as;  // empty: as the token says
  std::string token;
  std::map<std::string, std::string> extensions;
};
/// kInvalid never quotes the message.
Result<OAuthMessage> parse_oauth_message(std::string_view message);

struct OAuthOptions {
  std::string jwks_url;                     // https, http to this machine, file:// or a path; empty: no OAUTHBEARER
  std::string jwks_ca_file;                 // whom to trust for https; empty: whom the system trusts
  std::int64_t refresh_ms = 3'600'000;
  TokenRules rules;
};
/// https, http to this machine, file:// or an absolute path.
bool is_key_set_url(const std::string& url);

/// Keys of an issuer, kept up to date, and the check of its tokens. Any thread.
class Tokens {
 public:
  using Get = std::function<Result<Bytes>(const std::string& url)>;
  /// Between two fetches because of an unknown key.
  static constexpr std::chrono::seconds kUnknownKeyPause{10};

  /// A key set in a file must be there; one that is fetched may come later. Everything borrowed outlives it.
  static Result<std::unique_ptr<Tokens>> open(FileSystem& files, Clock& clock, OAuthOptions options, Get get);

  /// May fetch the key set, when the token names a key that is not known; not more often than every kUnknownKeyPause. Blocks.
  Result<Token> check(std::string_view token);
  /// Reads the key set again and says in the log what became of it; the old one stays when that fails. Blocks.
  void refresh();
  /// Until the next refresh(): files are looked at often, and a fetch that failed is tried again soon.
  std::chrono::milliseconds until_refresh() const;

 private:
  Tokens(FileSystem& files, Clock& clock, OAuthOptions options, Get get)
      : files_(files), clock_(clock), options_(std::move(options)), get_(std::move(get)) {}
  bool in_file() const;
  Result<Bytes> read() const;
  Result<> load();
  std::shared_ptr<const KeySet> keys() const;

  FileSystem& files_;
  Clock& clock_;
  const OAuthOptions options_;
  const Get get_;
  std::mutex load_mutex_;      // one at a time; guards the next three
  Bytes loaded_;
  std::string told_;           // the last failure
  std::optional<Steady> fetched_for_unknown_;
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_ = std::make_shared<const KeySet>();
};

/// Over https, or http to this machine; no redirects. At most kJwksBytesMax and ten seconds. Blocks.
Result<Bytes> fetch_key_set(const std::string& url, const std::string& ca_file);

}  // namespace takhin::broker::security
