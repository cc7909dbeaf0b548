#include "broker/security/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/base64.h"

namespace takhin::broker::security {
namespace {

constexpr std::size_t kNonceBytes = 18;
constexpr std::size_t kSaltBytes = 16;

const EVP_MD* hash_of(ScramMechanism mechanism) { return mechanism == ScramMechanism::kSha256 ? EVP_sha256() : EVP_sha512(); }
std::size_t size_of(ScramMechanism mechanism) { return mechanism == ScramMechanism::kSha256 ? 32 : 64; }
const unsigned char* raw(View bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

Bytes hmac(ScramMechanism mechanism, View key, View text) {
  Bytes out(size_of(mechanism));
  unsigned size = 0;
  const auto* made = HMAC(hash_of(mechanism), key.data(), static_cast<int>(key.size()), raw(text), text.size(),
                          reinterpret_cast<unsigned char*>(out.data()), &size);
  TAKHIN_ASSERT(made != nullptr && size == out.size(), "HMAC of a hash that is always there");
  return out;
}

Bytes hashed(ScramMechanism mechanism, View text) {
  Bytes out(size_of(mechanism));
  const int made = EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, hash_of(mechanism),
                              nullptr);
  TAKHIN_ASSERT(made == 1, "a hash that is always there");
  return out;
}

Bytes salted(ScramMechanism mechanism, std::string_view password, View salt, std::int32_t iterations) {
  Bytes out(size_of(mechanism));
  const int made = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt), static_cast<int>(salt.size()),
                                     iterations, hash_of(mechanism), static_cast<int>(out.size()),
                                     reinterpret_cast<unsigned char*>(out.data()));
  TAKHIN_ASSERT(made == 1, "PBKDF2 of a hash that is always there");
  return out;
}

bool same(View a, View b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

Error broken(std::string_view what) { return fail(Kind::kDenied, "SCRAM: {}", what); }

/// "name=value" of an attribute list, in its place.
std::optional<std::string_view> take(std::string_view& list, char name) {
  if (list.size() < 2 || list[0] != name || list[1] != '=') return std::nullopt;
  const auto comma = std::min(list.find(','), list.size());
  const auto value = list.substr(2, comma - 2);
  list.remove_prefix(std::min(comma + 1, list.size()));
  return value;
}

/// RFC 5802: ',' is =2C and '=' is =3D.
std::optional<std::string> sasl_name(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    const auto code = text.substr(i + 1, 2);
    if (code != "2C" && code != "3D") return std::nullopt;
    out += code == "2C" ? ',' : '=';
    i += 2;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace

std::string_view name_of(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::kSha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
}

std::optional<ScramMechanism> scram_mechanism(std::string_view name) {
  const auto* found = std::ranges::find(kScramMechanisms, name, [](ScramMechanism m) { return name_of(m); });
  return found == std::end(kScramMechanisms) ? std::nullopt : std::optional(*found);
}

ScramCredential credential_of_salted(ScramMechanism mechanism, View salted_password, Bytes salt, std::int32_t iterations) {
  const Bytes client_key = hmac(mechanism, salted_password, view_of("Client Key"));
  return {.salt = std::move(salt),
          .iterations = iterations,
          .stored_key = hashed(mechanism, client_key),
          .server_key = hmac(mechanism, salted_password, view_of("Server Key"))};
}

ScramCredential credential_of(ScramMechanism mechanism, std::string_view password, Bytes salt, std::int32_t iterations) {
  const Bytes key = salted(mechanism, password, salt, iterations);
  return credential_of_salted(mechanism, key, std::move(salt), iterations);
}

bool has_password(ScramMechanism mechanism, const ScramCredential& credential, std::string_view password) {
  return same(credential_of(mechanism, password, credential.salt, credential.iterations).stored_key, credential.stored_key);
}

ScramServer::ScramServer(ScramMechanism mechanism, Find find, View secret, Random& random)
    : mechanism_(mechanism), find_(std::move(find)), secret_(copy_of(secret)), random_(random) {}

Result<Bytes> ScramServer::step(View message) {
  const State before = std::exchange(state_, State::kFailed);
  if (message.size() > kSaslMessageBytesMax) return broken("message too long");
  if (before == State::kFirst) return first(text_of(message));
  if (before == State::kFinal) return last(text_of(message));
  return broken("message after the end");
}

Result<Bytes> ScramServer::first(std::string_view message) {
  // gs2-header: channel binding "n" or "y", an optional identity to act as, which must be the user's own.
  if (!message.starts_with("n,") && !message.starts_with("y,")) return broken("channel binding is not supported");
  std::string_view rest = message.substr(2);
  const auto acts_as = take(rest, 'a');
  if (!acts_as) {
    if (rest.empty() || rest[0] != ',') return broken("first message");
    rest.remove_prefix(1);
  }
  header_ = message.substr(0, message.size() - rest.size());
  auth_message_ = rest;
  const auto name = take(rest, 'n');
  const auto nonce = name ? take(rest, 'r') : std::nullopt;
  const auto user = name ? sasl_name(*name) : std::nullopt;
  if (!user || !nonce || nonce->empty()) return broken("first message");
  if (acts_as && sasl_name(*acts_as) != user) return broken("acting as somebody else");
  if (!rest.empty()) return broken("extensions are not supported");
  user_ = *user;
  auto found = find_(user_);
  exists_ = found.has_value();
  if (!exists_) {
    Bytes salt = hmac(ScramMechanism::kSha256, secret_, view_of(user_));
    salt.resize(kSaltBytes);
    found = ScramCredential{.salt = std::move(salt),
                            .iterations = kIterationsMin,
                            .stored_key = Bytes(size_of(mechanism_)),
                            .server_key = Bytes(size_of(mechanism_))};
  }
  credential_ = *std::move(found);
  Bytes ours(kNonceBytes);
  random_.fill(ours);
  nonce_ = to_base64(ours);
  const std::string answer =
      fmt::format("r={}{},s={},i={}", *nonce, nonce_, to_base64(credential_.salt), credential_.iterations);
  auth_message_.append(",").append(answer);
  state_ = State::kFinal;
  return copy_of(view_of(answer));
}

Result<Bytes> ScramServer::last(std::string_view message) {
  std::string_view rest = message;
  const auto binding = take(rest, 'c');
  const auto nonce = binding ? take(rest, 'r') : std::nullopt;
  const std::size_t before_proof = message.size() - rest.size();
  const auto proof_text = nonce ? take(rest, 'p') : std::nullopt;
  const auto proof = proof_text ? from_base64(*proof_text) : std::nullopt;
  if (!proof || !rest.empty() || before_proof == 0) return broken("final message");
  // As Kafka: older librdkafka sends its own nonce twice before ours. What proves that the message is new is ours.
  const bool ours = *binding == to_base64(view_of(header_)) && nonce->ends_with(nonce_);
  if (!ours) return broken("final message belongs to another exchange");
  if (proof->size() != size_of(mechanism_)) return broken("proof");
  auth_message_.append(",").append(message.substr(0, before_proof - 1));
  Bytes client_key = hmac(mechanism_, credential_.stored_key, view_of(auth_message_));
  for (std::size_t i = 0; i < client_key.size(); ++i) client_key[i] ^= (*proof)[i];
  if (!same(hashed(mechanism_, client_key), credential_.stored_key) || !exists_) return broken("wrong user or password");
  state_ = State::kDone;
  const auto answer = fmt::format("v={}", to_base64(hmac(mechanism_, credential_.server_key, view_of(auth_message_))));
  return copy_of(view_of(answer));
}

}  // namespace takhin::broker::security
