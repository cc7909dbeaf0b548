#include "broker/security/jwt.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "base/base64.h"
#include "broker/security/credentials.h"

namespace takhin::broker::security {
namespace {

namespace json = boost::json;

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
/// Keys tried for a token that does not name one.
constexpr std::size_t kKeysTriedMax = 8;
/// Beyond the year 9999 a date is a mistake, or an overflow.
constexpr double kSecondsMax = 253'402'300'799;

template <auto Free>
struct With {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using Number = std::unique_ptr<BIGNUM, With<BN_free>>;
using PublicKey = std::shared_ptr<EVP_PKEY>;

enum class Family { kPkcs1, kPss, kEcdsa };
struct Algorithm {
  std::string_view name;
  Family family;
  const char* digest;
  std::string_view curve;       // kEcdsa: OpenSSL's name
  std::size_t number_bytes = 0;  // kEcdsa: of each half of a signature
};
constexpr Algorithm kAlgorithms[] = {
    {"RS256", Family::kPkcs1, "SHA256", ""},      {"RS384", Family::kPkcs1, "SHA384", ""},
    {"RS512", Family::kPkcs1, "SHA512", ""},      {"PS256", Family::kPss, "SHA256", ""},
    {"PS384", Family::kPss, "SHA384", ""},        {"PS512", Family::kPss, "SHA512", ""},
    {"ES256", Family::kEcdsa, "SHA256", "prime256v1", 32}, {"ES384", Family::kEcdsa, "SHA384", "secp384r1", 48},
    {"ES512", Family::kEcdsa, "SHA512", "secp521r1", 66},
};

const Algorithm* algorithm_of(std::string_view name) {
  const auto* at = std::ranges::find(kAlgorithms, name, &Algorithm::name);
  return at == std::end(kAlgorithms) ? nullptr : at;
}

const unsigned char* raw(View bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

std::optional<json::object> object_of(View text) {
  boost::system::error_code failed;
  auto value = json::parse(std::string(text_of(text)), failed);
  if (failed || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::string string_of(const json::value& value) { return {value.as_string().data(), value.as_string().size()}; }

/// Empty: not there, or no text.
std::string text_at(const json::object& in, std::string_view name) {
  const auto* value = in.if_contains(name);
  return value != nullptr && value->is_string() ? string_of(*value) : std::string();
}

std::optional<Bytes> bytes_at(const json::object& in, std::string_view name) {
  const std::string text = text_at(in, name);
  return text.empty() ? std::nullopt : from_base64url(text);
}

/// Null: no key.
PublicKey made(const char* type, OSSL_PARAM_BLD* build) {
  const std::unique_ptr<OSSL_PARAM, With<OSSL_PARAM_free>> parameters(OSSL_PARAM_BLD_to_param(build));
  const std::unique_ptr<EVP_PKEY_CTX, With<EVP_PKEY_CTX_free>> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return {key, EVP_PKEY_free};
}

PublicKey rsa_key(const json::object& jwk) {
  const auto n = bytes_at(jwk, "n"), e = bytes_at(jwk, "e");
  if (!n || !e || n->size() > kRsaBitsMax / 8 || e->size() > 8) return nullptr;
  const Number modulus(BN_bin2bn(raw(*n), static_cast<int>(n->size()), nullptr));
  const Number exponent(BN_bin2bn(raw(*e), static_cast<int>(e->size()), nullptr));
  const std::unique_ptr<OSSL_PARAM_BLD, With<OSSL_PARAM_BLD_free>> build(OSSL_PARAM_BLD_new());
  if (BN_num_bits(modulus.get()) < kRsaBitsMin || BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) != 0 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  return made("RSA", build.get());
}

PublicKey ec_key(const json::object& jwk) {
  const std::string curve = text_at(jwk, "crv");
  const Algorithm* fits = algorithm_of(curve == "P-256" ? "ES256" : curve == "P-384" ? "ES384" : curve == "P-521" ? "ES512" : "");
  const auto x = bytes_at(jwk, "x"), y = bytes_at(jwk, "y");
  if (fits == nullptr || !x || !y || x->size() != fits->number_bytes || y->size() != fits->number_bytes) return nullptr;
  Bytes point{std::byte{4}};  // uncompressed
  append(point, *x);
  append(point, *y);
  const std::unique_ptr<OSSL_PARAM_BLD, With<OSSL_PARAM_BLD_free>> build(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, fits->curve.data(), fits->curve.size()) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return nullptr;
  }
  return made("EC", build.get());  // refuses a point that is not on the curve
}

bool fits(const Algorithm& algorithm, const EVP_PKEY* key) {
  if (algorithm.family != Family::kEcdsa) return EVP_PKEY_is_a(key, "RSA") == 1;
  char curve[64] = "";
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, curve, sizeof curve, &size) == 1 &&
      algorithm.curve == curve;
}

/// A signature of two bare numbers as DER; empty: it is none.
Bytes der_of(View signature, std::size_t number_bytes) {
  if (signature.size() != 2 * number_bytes) return {};
  const std::unique_ptr<ECDSA_SIG, With<ECDSA_SIG_free>> both(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(raw(signature), static_cast<int>(number_bytes), nullptr);
  BIGNUM* s = BN_bin2bn(raw(signature.subspan(number_bytes)), static_cast<int>(number_bytes), nullptr);
  if (ECDSA_SIG_set0(both.get(), r, s) != 1) return {};
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  if (size <= 0) return {};
  Bytes out(static_cast<std::size_t>(size));
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  i2d_ECDSA_SIG(both.get(), &at);
  return out;
}

bool is_signed_by(const Algorithm& algorithm, EVP_PKEY* key, std::string_view text, View signature) {
  const Bytes der = algorithm.family == Family::kEcdsa ? der_of(signature, algorithm.number_bytes) : Bytes{};
  if (algorithm.family == Family::kEcdsa) signature = der;
  const std::unique_ptr<EVP_MD_CTX, With<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* how = nullptr;
  if (signature.empty() ||
      EVP_DigestVerifyInit_ex(context.get(), &how, algorithm.digest, nullptr, nullptr, key, nullptr) != 1) {
    return false;
  }
  if (algorithm.family == Family::kPss && (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) != 1 ||
                                           EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(view_of(text)), text.size()) == 1;
}

struct Parts {
  std::string_view signed_text;  // header and claims
  json::object header;
  std::string_view claims;
  Bytes signature;
};

Error denied(std::string_view why) { return fail(Kind::kDenied, "{}", why); }

Result<Parts> parts_of(std::string_view token) {
  if (token.size() > kTokenBytesMax) return denied("the token is too long");
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return denied("not a signed JSON web token");
  Parts out{.signed_text = token.substr(0, second), .header = {}, .claims = token.substr(first + 1, second - first - 1),
      .signature = {}};
  const auto header = from_base64url(token.substr(0, first));
  auto signature = from_base64url(token.substr(second + 1));
  auto object = header ? object_of(*header) : std::nullopt;
  if (!object || !signature) return denied("not a signed JSON web token");
  out.header = *std::move(object);
  out.signature = *std::move(signature);
  return out;
}

/// Nothing: not there. NaN: there, but not a date.
std::optional<double> date_at(const json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (value == nullptr) return std::nullopt;
  double date = std::nan("");
  if (value->is_int64()) date = static_cast<double>(value->as_int64());
  if (value->is_uint64()) date = static_cast<double>(value->as_uint64());
  if (value->is_double()) date = value->as_double();
  return date >= 0 && date <= kSecondsMax ? date : std::nan("");
}

Result<std::int64_t> check_dates(const json::object& claims, const TokenRules& rules, std::int64_t now_ms) {
  const double now = static_cast<double>(now_ms) / 1000, skew = static_cast<double>(rules.skew_seconds);
  const auto exp = date_at(claims, "exp"), nbf = date_at(claims, "nbf"), iat = date_at(claims, "iat");
  for (const auto& date : {exp, nbf, iat}) {
    if (date && std::isnan(*date)) return denied("exp, nbf or iat is not a date");
  }
  if (!exp) return denied("it never expires (no exp)");
  if (now >= *exp + skew) return denied("it has expired");
  if (nbf && now < *nbf - skew) return denied("it is not valid yet (nbf)");
  if (iat && now < *iat - skew) return denied("it was issued in the future (iat)");
  return static_cast<std::int64_t>(*exp * 1000);
}

/// A text, or a list of texts; `split`: a text is several, with blanks between.
std::vector<std::string> texts_at(const json::object& claims, std::string_view name, bool split) {
  std::vector<std::string> out;
  const auto* value = claims.if_contains(name);
  if (value == nullptr) return out;
  if (value->is_array()) {
    for (const auto& one : value->as_array()) {
      if (one.is_string()) out.push_back(string_of(one));
    }
  } else if (value->is_string()) {
    const std::string text = string_of(*value);
    std::string_view left = text;
    while (!left.empty()) {
      const auto blank = split ? std::min(left.find(' '), left.size()) : left.size();
      if (blank > 0) out.emplace_back(left.substr(0, blank));
      left.remove_prefix(std::min(blank + 1, left.size()));
    }
  }
  return out;
}

Result<Token> check_claims(std::string_view encoded, const TokenRules& rules, std::int64_t now_ms) {
  const auto text = from_base64url(encoded);
  const auto claims = text ? object_of(*text) : std::nullopt;
  if (!claims) return denied("its claims are not JSON");
  Token out;
  TRY(out.expires_ms, check_dates(*claims, rules, now_ms));
  if (!rules.issuer.empty() && text_at(*claims, "iss") != rules.issuer) return denied("another issuer");
  const auto audiences = texts_at(*claims, "aud", false);
  const auto has = [](const auto& list, const std::string& one) { return std::ranges::find(list, one) != list.end(); };
  if (!rules.audiences.empty() &&
      std::ranges::none_of(rules.audiences, [&](const auto& one) { return has(audiences, one); })) {
    return denied("it is for another audience");
  }
  const auto scopes = texts_at(*claims, rules.scope_claim, true);
  for (const auto& scope : rules.scopes) {
    if (!has(scopes, scope)) return fail(Kind::kDenied, "it lacks the scope {}", scope);
  }
  out.principal = text_at(*claims, rules.principal_claim);
  if (out.principal.empty() || out.principal.size() > kUserNameBytesMax) {
    return fail(Kind::kDenied, "its claim {} names nobody", rules.principal_claim);
  }
  return out;
}

}  // namespace

std::optional<Bytes> from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos || text.size() % 4 == 1) return std::nullopt;
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return from_base64(standard);
}

Result<KeySet> KeySet::parse(View text) {
  if (text.size() > kJwksBytesMax) return fail(Kind::kInvalid, "a key set of more than {} bytes", kJwksBytesMax);
  const auto set = object_of(text);
  const auto* keys = set ? set->if_contains("keys") : nullptr;
  if (keys == nullptr || !keys->is_array()) return fail(Kind::kInvalid, "not a JSON web key set");
  KeySet out;
  for (const auto& value : keys->as_array()) {
    if (!value.is_object() || out.keys_.size() == kJwksKeysMax) continue;
    const auto& jwk = value.as_object();
    const std::string type = text_at(jwk, "kty"), use = text_at(jwk, "use"), algorithm = text_at(jwk, "alg");
    if ((!use.empty() && use != "sig") || (!algorithm.empty() && algorithm_of(algorithm) == nullptr)) continue;
    auto key = type == "RSA" ? rsa_key(jwk) : type == "EC" ? ec_key(jwk) : nullptr;
    if (key != nullptr) out.keys_.push_back({text_at(jwk, "kid"), algorithm, std::move(key)});
  }
  ERR_clear_error();
  return out;
}

bool KeySet::has(std::string_view id) const { return std::ranges::find(keys_, id, &Key::id) != keys_.end(); }

Result<TokenHeader> header_of(std::string_view token) {
  TRY(const auto parts, parts_of(token));
  return TokenHeader{text_at(parts.header, "alg"), text_at(parts.header, "kid")};
}

Result<Token> check_token(std::string_view token, const KeySet& keys, const TokenRules& rules, std::int64_t now_ms) {
  TRY(const auto parts, parts_of(token));
  const Algorithm* algorithm = algorithm_of(text_at(parts.header, "alg"));
  if (algorithm == nullptr) return denied("its algorithm is not one that is taken");
  if (parts.header.contains("crit")) return denied("it demands extensions (crit)");
  const std::string id = text_at(parts.header, "kid");
  std::size_t tried = 0;
  bool good = false;
  for (const auto& key : keys.keys()) {
    if (good || tried == kKeysTriedMax) break;
    if ((!id.empty() && key.id != id) || (!key.algorithm.empty() && key.algorithm != algorithm->name)) continue;
    if (!fits(*algorithm, key.key.get())) continue;
    ++tried;
    good = is_signed_by(*algorithm, key.key.get(), parts.signed_text, parts.signature);
  }
  ERR_clear_error();
  if (tried == 0) return denied("no key that it could be signed with is known");
  if (!good) return denied("its signature is wrong");
  return check_claims(parts.claims, rules, now_ms);
}

}  // namespace takhin::broker::security
