#pragma once
// A client's half of a SCRAM exchange (RFC 5802), written apart from the server's.

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "broker/security/scram.h"

namespace takhin::testing {

class ScramClient {
 public:
  enum class Nonce { kOnce, kTwice };  // old librdkafka: its own twice
  ScramClient(broker::security::ScramMechanism mechanism, std::string_view user, std::string password,
              Nonce nonce = Nonce::kOnce)
      : md_(mechanism == broker::security::ScramMechanism::kSha256 ? EVP_sha256() : EVP_sha512()),
        password_(std::move(password)),
        repeats_(nonce == Nonce::kTwice) {
    for (const char c : user) user_ += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
  }
  Bytes first() const { return copy_of(view_of("n,," + bare())); }
  Bytes last(View challenge) {
    const std::string text(text_of(challenge));
    const auto salt_at = text.find(",s="), count_at = text.find(",i=");
    const std::string nonce = text.substr(2, salt_at - 2);
    const Bytes salt = *from_base64(text.substr(salt_at + 3, count_at - salt_at - 3));
    Bytes salted(static_cast<std::size_t>(EVP_MD_get_size(md_)));
    PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()), raw(salt), static_cast<int>(salt.size()),
                      std::stoi(text.substr(count_at + 3)), md_, static_cast<int>(salted.size()), raw(salted));
    Bytes key = hmac(salted, "Client Key");
    Bytes stored(key.size());
    EVP_Digest(key.data(), key.size(), raw(stored), nullptr, md_, nullptr);
    const std::string unproved = fmt::format("c=biws,r={}{}", repeats_ ? "client-nonce" : "", nonce);
    const std::string all = bare() + "," + text + "," + unproved;
    const Bytes signature = hmac(stored, all);
    for (std::size_t i = 0; i < key.size(); ++i) key[i] ^= signature[i];
    expected_ = "v=" + to_base64(hmac(hmac(salted, "Server Key"), all));
    return copy_of(view_of(unproved + ",p=" + to_base64(key)));
  }
  bool trusts(View end) const { return text_of(end) == expected_; }

 private:
  std::string bare() const { return "n=" + user_ + ",r=client-nonce"; }
  static unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
  static const unsigned char* raw(const Bytes& bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
  Bytes hmac(const Bytes& key, std::string_view text) const {
    Bytes out(static_cast<std::size_t>(EVP_MD_get_size(md_)));
    HMAC(md_, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         raw(out), nullptr);
    return out;
  }

  const EVP_MD* const md_;
  std::string user_;
  const std::string password_;
  const bool repeats_;
  std::string expected_;
};

}  // namespace takhin::testing
