#include "tier/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <climits>

#include "base/codec.h"

namespace takhin::tier {
namespace {

constexpr std::string_view kSegmentLabel = "takhin segment 1";
constexpr std::string_view kWrapLabel = "takhin data key 1";

using Nonce = std::array<std::byte, kNonceBytes>;
using Aad = std::array<std::byte, 64>;

unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(const std::byte* bytes) { return reinterpret_cast<const unsigned char*>(bytes); }

EVP_CIPHER* fetch_aes() {
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  TAKHIN_ASSERT(cipher != nullptr, "OpenSSL without AES-256-GCM");
  return cipher;
}

Nonce nonce_of(const SealedPart& part) {
  Nonce out;
  store_be(out.data(), static_cast<std::uint32_t>(part.what));
  store_be(out.data() + 4, part.index);
  return out;
}

Aad aad_of(const Uuid& object, const SealedPart& part) {
  Aad out;
  std::byte* at = std::ranges::copy(view_of(kSegmentLabel), out.begin()).out;
  at = std::ranges::copy(object.bytes, at).out;
  store_be(at, static_cast<std::uint32_t>(part.what));
  store_be(at + 4, part.index);
  store_be(at + 12, part.position);
  store_be(at + 20, part.plain_bytes);
  store_be(at + 28, part.flags);
  return out;
}

/// One pass of GCM over one text: begin, AAD, data, tag. Answers false as OpenSSL does: no memory, or a tag that does not fit.
class Gcm {
 public:
  explicit Gcm(EVP_CIPHER_CTX* context) : context_(context) {}

  /// `cipher` and `key` may be null when the context has them already.
  bool begin(bool encrypt, const EVP_CIPHER* cipher, View key, const Nonce& nonce) {
    const auto* key_bytes = key.empty() ? nullptr : raw(key.data());
    return context_ != nullptr &&
           EVP_CipherInit_ex2(context_, cipher, key_bytes, raw(nonce.data()), encrypt ? 1 : 0, nullptr) == 1;
  }
  bool aad(View data) { return update(nullptr, data); }
  /// `into` may be the data itself.
  bool text(std::byte* into, View data) { return update(into, data); }
  bool end_sealing(std::span<std::byte> tag) {
    int none = 0;
    unsigned char unused[kTagBytes];
    return EVP_CipherFinal_ex(context_, unused, &none) == 1 &&
           EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()), tag.data()) == 1;
  }
  bool end_opening(View tag) {
    int none = 0;
    unsigned char unused[kTagBytes];
    Tag copy;
    std::ranges::copy(tag, copy.begin());  // OpenSSL takes it as writable
    return EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(copy.size()), copy.data()) == 1 &&
           EVP_CipherFinal_ex(context_, unused, &none) == 1;
  }

 private:
  bool update(std::byte* into, View data) {
    while (!data.empty()) {
      const std::size_t step = std::min<std::size_t>(data.size(), INT_MAX / 2 + 1);  // OpenSSL counts in int
      int done = 0;
      auto* const out = into == nullptr ? nullptr : raw(into);
      if (EVP_CipherUpdate(context_, out, &done, raw(data.data()), static_cast<int>(step)) != 1) return false;
      if (into != nullptr) into += step;
      data = data.subspan(step);
    }
    return true;
  }

  EVP_CIPHER_CTX* const context_;
};

/// A context for one use.
class Context {
 public:
  Context() : context_(EVP_CIPHER_CTX_new()) {}
  ~Context() { EVP_CIPHER_CTX_free(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  Gcm gcm() { return Gcm(context_); }

 private:
  EVP_CIPHER_CTX* const context_;
};

Error no_memory() { return fail(Kind::kExhausted, "no memory for AES-256-GCM"); }
Error no_match() { return fail(Kind::kCorrupt, "segment object: sealed bytes fail their authentication"); }

}  // namespace

// ---- keys

SecretKey::SecretKey(View bytes) {
  TAKHIN_ASSERT(bytes.size() == kKeyBytes, "a key of another size");
  std::ranges::copy(bytes, bytes_.begin());
}

SecretKey SecretKey::make(Random& random) {
  std::array<std::byte, kKeyBytes> bytes;
  random.fill(bytes);
  SecretKey key(bytes);
  wipe(bytes);
  return key;
}

SecretKey::~SecretKey() { wipe(bytes_); }

bool SecretKey::operator==(const SecretKey& other) const {
  return CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), kKeyBytes) == 0;
}

void wipe(std::span<std::byte> secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

// ---- pieces of an object

ObjectCipher::ObjectCipher(const SecretKey& key, const Uuid& object) : key_(key), object_(object), cipher_(fetch_aes()) {}
ObjectCipher::~ObjectCipher() { EVP_CIPHER_free(cipher_); }

Result<Bytes> ObjectCipher::open(const SealedPart& part, View sealed) const {
  if (sealed.size() < kTagBytes) return no_match();
  const View data = sealed.first(sealed.size() - kTagBytes);
  Bytes plain(data.size());
  Context context;
  Gcm gcm = context.gcm();
  if (!gcm.begin(false, cipher_, key_.bytes(), nonce_of(part)) || !gcm.aad(aad_of(object_, part)) ||
      !gcm.text(plain.data(), data)) {
    return no_memory();
  }
  if (!gcm.end_opening(sealed.last(kTagBytes))) return no_match();
  return plain;
}

Result<> ObjectCipher::check(const SealedPart& part, std::span<const View> covered, View tag) const {
  if (tag.size() != kTagBytes) return no_match();
  Context context;
  Gcm gcm = context.gcm();
  bool fine = gcm.begin(false, cipher_, key_.bytes(), nonce_of(part)) && gcm.aad(aad_of(object_, part));
  for (const View piece : covered) fine = fine && gcm.aad(piece);
  if (!fine) return no_memory();
  if (!gcm.end_opening(tag)) return no_match();
  return done();
}

Sealer::Sealer(std::shared_ptr<const ObjectCipher> cipher) : cipher_(std::move(cipher)), context_(EVP_CIPHER_CTX_new()) {
  // The key schedule once; each part then brings its nonce only. A failure shows at the first part.
  if (context_ != nullptr) Gcm(context_).begin(true, cipher_->cipher_, cipher_->key_.bytes(), Nonce{});
}
Sealer::~Sealer() { EVP_CIPHER_CTX_free(context_); }

Result<Tag> Sealer::seal(const SealedPart& part, std::span<std::byte> data) {
  Gcm gcm(context_);
  Tag tag;
  if (!gcm.begin(true, nullptr, {}, nonce_of(part)) || !gcm.aad(aad_of(cipher_->object_, part)) ||
      !gcm.text(data.data(), data) || !gcm.end_sealing(tag)) {
    return no_memory();
  }
  return tag;
}

Result<Tag> Sealer::sign(const SealedPart& part, std::span<const View> covered) {
  Gcm gcm(context_);
  Tag tag;
  bool fine = gcm.begin(true, nullptr, {}, nonce_of(part)) && gcm.aad(aad_of(cipher_->object_, part));
  for (const View piece : covered) fine = fine && gcm.aad(piece);
  if (!fine || !gcm.end_sealing(tag)) return no_memory();
  return tag;
}

// ---- data keys

namespace {

bool begin_wrap(Gcm& gcm, bool encrypt, const EVP_CIPHER* cipher, const SecretKey& wrapping, View nonce, const Uuid& object) {
  Nonce copy;
  std::ranges::copy(nonce, copy.begin());
  return gcm.begin(encrypt, cipher, wrapping.bytes(), copy) && gcm.aad(view_of(kWrapLabel)) && gcm.aad(object.bytes);
}

using CipherPtr = std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)>;

}  // namespace

Bytes wrap_key(const SecretKey& wrapping, const SecretKey& key, const Uuid& object, Random& random) {
  Bytes out(kWrappedKeyBytes);
  const std::span<std::byte> nonce(out.data(), kNonceBytes);
  const std::span<std::byte> tag(out.data() + kNonceBytes + kKeyBytes, kTagBytes);
  random.fill(nonce);
  const CipherPtr cipher(fetch_aes(), &EVP_CIPHER_free);
  Context context;
  Gcm gcm = context.gcm();
  const bool fine = begin_wrap(gcm, true, cipher.get(), wrapping, nonce, object) &&
                    gcm.text(out.data() + kNonceBytes, key.bytes()) && gcm.end_sealing(tag);
  TAKHIN_ASSERT(fine, "AES-256-GCM fails on 32 bytes");
  return out;
}

std::optional<SecretKey> unwrap_key(const SecretKey& wrapping, View wrapped, const Uuid& object) {
  if (wrapped.size() != kWrappedKeyBytes) return std::nullopt;
  const CipherPtr cipher(fetch_aes(), &EVP_CIPHER_free);
  std::array<std::byte, kKeyBytes> bytes;
  Context context;
  Gcm gcm = context.gcm();
  const bool fine = begin_wrap(gcm, false, cipher.get(), wrapping, wrapped.first(kNonceBytes), object) &&
                    gcm.text(bytes.data(), wrapped.subspan(kNonceBytes, kKeyBytes)) && gcm.end_opening(wrapped.last(kTagBytes));
  std::optional<SecretKey> key;
  if (fine) key.emplace(View(bytes));
  wipe(bytes);
  return key;
}

}  // namespace takhin::tier
