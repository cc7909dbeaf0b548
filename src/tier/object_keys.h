#pragma once
// The data keys of objects: made for new ones, found for old ones. The key ring, a bounded memory, and the key objects that
// rewrapping left in the bucket.

#include <list>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "metrics/metrics.h"
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

  /// `metrics` may be null.
  ObjectKeys(const KeyRing& ring, object::ObjectStore& store, Clock& clock, Random& random, metrics::Metrics* metrics = nullptr);

  /// A fresh data key for an object to be written. `key_id` empty: the ring's active key. Nothing: do not encrypt. Errors as
  /// KeyRing::wrap(); kInvalid when it is not to be encrypted although that is required.
  Result<std::optional<Sealing>> make(const std::string& key_id, const Uuid& object);
  /// Whether make() with this key encrypts.
  bool seals(const std::string& key_id) const;

  /// For parse_tail(): opens the object with directory field 2, else with its key object. Errors: kKeyFailed names the key that
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
    std::uint64_t generation = 0;  // of the ring that did not have it
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
  std::unordered_map<Uuid, Refused> refused_;  // also after `until`, as long as they were not opened
  metrics::Counter failures_;
  metrics::Gauge lost_;
};

/// Without keys an encrypted object answers kKeyFailed.
Opening opening(ObjectKeys* keys, const object::ObjectKey& segment, const Uuid& object, Deadline deadline);
Opening opening_at_hand(ObjectKeys* keys, const Uuid& object);

}  // namespace takhin::tier
