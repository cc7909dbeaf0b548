#pragma once
// Tokens that somebody else signed: JSON Web Tokens (RFC 7519) in compact form, signed (RFC 7515) by a key of a JSON Web Key
// Set (RFC 7517).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

struct evp_pkey_st;

namespace takhin::broker::security {

/// Longest token that is looked at.
inline constexpr std::size_t kTokenBytesMax = 32 * kKiB;
/// Largest key set, and keys of one that are used; further ones are not.
inline constexpr std::size_t kJwksBytesMax = 1 * kMiB;
inline constexpr std::size_t kJwksKeysMax = 200;

/// Immutable: any thread.
class KeySet {
 public:
  struct Key {
    std::string id;          // kid; may be empty
    std::string algorithm;   // alg; empty: any that fits its type
    std::shared_ptr<evp_pkey_st> key;
  };
  /// Keys that are not for signatures, of unknown types or weak (RSA under 2048 bits) are left out. kInvalid: not a key set.
  static Result<KeySet> parse(View json);

  bool has(std::string_view id) const;
  const std::vector<Key>& keys() const { return keys_; }

 private:
  std::vector<Key> keys_;
};

/// What a token must say.
struct TokenRules {
  std::vector<std::string> audiences;        // one of them; empty: any, or none
  std::string issuer;                        // empty: any
  std::string principal_claim = "sub";
  std::string scope_claim = "scope";
  std::vector<std::string> scopes;           // all of them
  std::int64_t skew_seconds = 30;            // by which clocks may differ
};

struct Token {
  std::string principal;
  std::int64_t expires_ms = 0;  // since 1970
};

/// The token's header, not checked.
struct TokenHeader {
  std::string algorithm;
  std::string key_id;
};
Result<TokenHeader> header_of(std::string_view token);

/// RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512; nothing else, and above all neither "none" nor HMAC, for
/// which a public key is no secret. `now_ms` since 1970. kDenied says what is wrong, never with the token's text. Costs up
/// to a few hundred microseconds.
Result<Token> check_token(std::string_view token, const KeySet& keys, const TokenRules& rules, std::int64_t now_ms);

/// base64url without padding (RFC 4648, section 5).
std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace takhin::broker::security
