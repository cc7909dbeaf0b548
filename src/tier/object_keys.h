#pragma once
// The data keys of objects: made for new ones, found for old ones. The key ring, a bounded memory, and the key objects that
// rewrapping left in the bucket.

#include <list>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "object/store.h"
#include "tier/keyring.h"
#include "tier/segment_writer.h"

namespace takhin::tier {

/// Any thread. Borrows everything.
class ObjectKeys {
 public:
  /// Unwrapped data keys that are kept, the most recently used; about 300 bytes each.
  static constexpr std::size_t kKeptMax = 16'384;
  /// An object whose key is lost is not asked for again sooner: clients retry without end, and each retry would be requests.
  static constexpr std::chrono::seconds kRefusalTime{10};
  static constexpr std::size_t kRefusalsMax = 4'096;

  ObjectKeys(const KeyRing& ring, object::ObjectStore& store, Clock& clock, Random& random)
      : ring_(ring), store_(store), clock_(clock), random_(random) {}

  /// A fresh data key for an object to be written. `key_id` empty: the ring's active key. Nothing: do not encrypt. Errors as
  /// KeyRing::wrap(); kInvalid when it is not to be encrypted although that is required.
  Result<std::optional<Sealing>> make(const std::string& key_id, const Uuid& object);
  /// Whether make() with this key encrypts.
  bool seals(const std::string& key_id) const;

  /// For parse_tail(): opens the object with directory field 2, else with its key object. Errors: kDenied names the key that
  /// is lost; kUnavailable and the like pass. Cost: nothing when the ring has the key, else 1 HEAD and 1 GET.
  Opening opening(const object::ObjectKey& segment, const Uuid& object, Deadline deadline);
  /// The same without the store or a command: kUnavailable when it takes either.
  Opening opening_at_hand(const Uuid& object);
  /// Why opening() failed a moment ago for want of a key; nothing when it may be tried.
  std::optional<Error> refusal(const Uuid& object) const;

 private:
  using CipherPtr = std::shared_ptr<const ObjectCipher>;
  struct Kept {
    Uuid object;
    CipherPtr cipher;
  };
  struct Refused {
    Error error;
    Steady until;
  };

  Result<CipherPtr> open(const object::ObjectKey& segment, const Uuid& object, const Envelope& envelope, Deadline deadline);
  Result<SecretKey> unwrap(const object::ObjectKey& segment, const Uuid& object, const Envelope& envelope, Deadline deadline);
  CipherPtr find(const Uuid& object);
  CipherPtr keep(const Uuid& object, const SecretKey& key);
  void refuse(const Uuid& object, const Error& error);

  const KeyRing& ring_;
  object::ObjectStore& store_;
  Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::list<Kept> kept_;  // most recently used first
  std::unordered_map<Uuid, std::list<Kept>::iterator> by_object_;
  std::unordered_map<Uuid, Refused> refused_;
};

/// Without keys an encrypted object answers kDenied.
Opening opening(ObjectKeys* keys, const object::ObjectKey& segment, const Uuid& object, Deadline deadline);
Opening opening_at_hand(ObjectKeys* keys, const Uuid& object);

}  // namespace takhin::tier
