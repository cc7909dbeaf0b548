#pragma once
// AES-256-GCM over the pieces of a segment object, and over its data key (docs/format/segment-object.md, Encryption).
// Bytes in, bytes out; no I/O.

#include <array>
#include <memory>
#include <optional>

#include "base/random.h"
#include "base/result.h"
#include "base/types.h"
#include "base/uuid.h"

struct evp_cipher_st;
struct evp_cipher_ctx_st;

namespace takhin::tier {

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kNonceBytes = 12;
inline constexpr std::size_t kTagBytes = 16;
inline constexpr std::size_t kWrappedKeyBytes = kNonceBytes + kKeyBytes + kTagBytes;  // by a key of a key file

using Tag = std::array<std::byte, kTagBytes>;

/// 32 secret bytes, wiped when they go.
class SecretKey {
 public:
  /// `bytes` must be kKeyBytes long.
  explicit SecretKey(View bytes);
  static SecretKey make(Random& random);
  SecretKey(const SecretKey& other) = default;
  SecretKey& operator=(const SecretKey&) = delete;
  ~SecretKey();

  View bytes() const { return bytes_; }
  /// In constant time.
  bool operator==(const SecretKey& other) const;

 private:
  std::array<std::byte, kKeyBytes> bytes_{};
};

/// Wipes bytes that held a secret, so that the compiler cannot leave that out.
void wipe(std::span<std::byte> secret);

/// What is sealed, as nonce and AAD bind it.
struct SealedPart {
  enum class What : std::uint32_t { kChunk = 1, kSection = 2, kDirectory = 3 };
  What what = What::kChunk;
  std::uint64_t index = 0;        // number of the chunk, kind of the section
  std::uint64_t position = 0;     // of a chunk in the log, of a section in the object
  std::uint64_t plain_bytes = 0;  // decoded
  std::uint32_t flags = 0;
};

/// Seals and opens the pieces of one object under its data key. Immutable, any thread.
class ObjectCipher {
 public:
  ObjectCipher(const SecretKey& key, const Uuid& object);
  ~ObjectCipher();
  ObjectCipher(const ObjectCipher&) = delete;
  ObjectCipher& operator=(const ObjectCipher&) = delete;

  const SecretKey& key() const { return key_; }
  const Uuid& object() const { return object_; }
  /// The plain bytes of `sealed`, which is ciphertext and tag. kCorrupt: not what was sealed as this part of this object.
  Result<Bytes> open(const SealedPart& part, View sealed) const;
  /// kCorrupt unless `tag` is the seal over `covered`, which stays readable.
  Result<> check(const SealedPart& part, std::span<const View> covered, View tag) const;

 private:
  friend class Sealer;
  const SecretKey key_;
  const Uuid object_;
  evp_cipher_st* const cipher_;  // fetched once: a fetch costs more than a small piece
};

/// The writing side, with a context of its own: one thread. Each part may be sealed once.
class Sealer {
 public:
  explicit Sealer(std::shared_ptr<const ObjectCipher> cipher);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  /// Encrypts `data` in place; answers its tag. kExhausted: no memory.
  Result<Tag> seal(const SealedPart& part, std::span<std::byte> data);
  /// The tag over bytes that stay readable.
  Result<Tag> sign(const SealedPart& part, std::span<const View> covered);

 private:
  const std::shared_ptr<const ObjectCipher> cipher_;
  evp_cipher_ctx_st* const context_;
};

/// A data key under a wrapping key, bound to the object. Under a random nonce, so a wrapping key is good for 2^32 objects
/// (NIST SP 800-38D, 8.3).
Bytes wrap_key(const SecretKey& wrapping, const SecretKey& key, const Uuid& object, Random& random);
/// Nothing: another wrapping key, another object, or damaged bytes; the mathematics cannot tell which.
std::optional<SecretKey> unwrap_key(const SecretKey& wrapping, View wrapped, const Uuid& object);

}  // namespace takhin::tier
