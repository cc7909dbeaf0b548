#pragma once
// An issuer of signed tokens, written apart from their check.

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/base64.h"

namespace takhin::testing {

inline std::string base64url(View bytes) {
  std::string out = to_base64(bytes);
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  while (out.ends_with('=')) out.pop_back();
  return out;
}
inline std::string base64url(std::string_view text) { return base64url(view_of(text)); }

/// One key of an issuer. `algorithm`: RS256 ... ES512.
class Signer {
 public:
  Signer(std::string id, std::string algorithm, unsigned rsa_bits = 2048) : id_(std::move(id)), algorithm_(std::move(algorithm)) {
    const bool ec = algorithm_.starts_with("ES");
    const char* curve = algorithm_ == "ES256" ? "P-256" : algorithm_ == "ES384" ? "P-384" : "P-521";
    key_.reset(ec ? EVP_EC_gen(curve) : EVP_RSA_gen(rsa_bits), EVP_PKEY_free);
  }

  /// Its row in a key set.
  std::string jwk(const std::string& more = "") const {
    if (!algorithm_.starts_with("ES")) {
      return fmt::format(R"({{"kty":"RSA","kid":"{}","n":"{}","e":"{}"{}}})", id_, number(OSSL_PKEY_PARAM_RSA_N),
                         number(OSSL_PKEY_PARAM_RSA_E), more);
    }
    const std::string curve = algorithm_ == "ES256" ? "P-256" : algorithm_ == "ES384" ? "P-384" : "P-521";
    return fmt::format(R"({{"kty":"EC","kid":"{}","crv":"{}","x":"{}","y":"{}"{}}})", id_, curve,
                       number(OSSL_PKEY_PARAM_EC_PUB_X, half()), number(OSSL_PKEY_PARAM_EC_PUB_Y, half()), more);
  }
  std::string jwks() const { return fmt::format(R"({{"keys":[{}]}})", jwk()); }

  std::string token(const std::string& claims) const {
    return signed_with(fmt::format(R"({{"alg":"{}","typ":"JWT","kid":"{}"}})", algorithm_, id_), claims);
  }
  std::string signed_with(const std::string& header, const std::string& claims) const {
    const std::string text = base64url(header) + "." + base64url(claims);
    return text + "." + base64url(sign(text));
  }

 private:
  std::size_t half() const { return algorithm_ == "ES256" ? 32 : algorithm_ == "ES384" ? 48 : 66; }
  std::string number(const char* what, std::size_t size = 0) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), what, &value);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> held(value, BN_free);
    return base64url(fixed(value, size));
  }
  static Bytes fixed(const BIGNUM* value, std::size_t size) {
    Bytes out(size > 0 ? size : static_cast<std::size_t>(BN_num_bytes(value)));
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
    return out;
  }
  Bytes sign(const std::string& text) const {
    const std::string digest = "SHA" + algorithm_.substr(2);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* how = nullptr;
    EVP_DigestSignInit_ex(context.get(), &how, digest.c_str(), nullptr, nullptr, key_.get(), nullptr);
    if (algorithm_.starts_with("PS")) {
      EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST);
    }
    std::size_t size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSign(context.get(), nullptr, &size, data, text.size());
    Bytes out(size);
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, data, text.size());
    out.resize(size);
    if (!algorithm_.starts_with("ES")) return out;
    const auto* der = reinterpret_cast<const unsigned char*>(out.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> both(
        d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(out.size())), ECDSA_SIG_free);
    Bytes bare = fixed(ECDSA_SIG_get0_r(both.get()), half());
    append(bare, fixed(ECDSA_SIG_get0_s(both.get()), half()));
    return bare;
  }

  const std::string id_;
  const std::string algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace takhin::testing
