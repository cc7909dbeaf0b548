#include "tier/object_keys.h"

#include "base/log.h"
#include "tier/bucket.h"
#include "tier/metrics.h"

namespace takhin::tier {

ObjectKeys::ObjectKeys(const KeyRing& ring, object::ObjectStore& store, Clock& clock, Random& random, metrics::Metrics* metrics)
    : ring_(ring), store_(store), clock_(clock), random_(random) {
  if (metrics == nullptr) return;
  failures_ = metrics->counter(kKeyFailures);
  lost_ = metrics->gauge(kLostKeyObjects);
}

Result<std::optional<Sealing>> ObjectKeys::make(const std::string& key_id, const Uuid& object) {
  const KeyRingOptions& options = ring_.options();
  const std::string& wanted = key_id.empty() ? options.active : key_id;
  if (!seals(key_id)) {
    if (!options.required) return std::optional<Sealing>();
    return fail(Kind::kInvalid, "no key to encrypt with, and tier.encryption.required forbids to go without");
  }
  const SecretKey key = SecretKey::make(random_);
  TRY(Envelope envelope, ring_.wrap(wanted, key, object, random_));
  return std::optional(Sealing{keep(object, key), std::move(envelope)});
}

bool ObjectKeys::seals(const std::string& key_id) const {
  const std::string& wanted = key_id.empty() ? ring_.options().active : key_id;
  return !wanted.empty() && wanted != kNoKey;
}

Opening ObjectKeys::opening(const object::ObjectKey& segment, const Uuid& object, Deadline deadline) {
  return {object, ring_.options().required,
          [this, segment, object, deadline](const Envelope& envelope) { return open(segment, object, envelope, deadline); }};
}

Opening ObjectKeys::opening_at_hand(const Uuid& object) {
  return {object, ring_.options().required, [this, object](const Envelope& envelope) -> Result<CipherPtr> {
            if (auto known = find(object)) return known;
            if (!ring_.at_hand(envelope.key_id)) return fail(Kind::kUnavailable, "its data key is not at hand");
            TRY(const SecretKey key, ring_.unwrap(envelope, object));
            return keep(object, key);
          }};
}

Result<ObjectKeys::CipherPtr> ObjectKeys::open(const object::ObjectKey& segment, const Uuid& object, const Envelope& envelope,
                                               Deadline deadline) {
  if (auto known = find(object)) return known;
  if (auto refused = refusal(object)) return *std::move(refused);
  auto key = unwrap(segment, object, envelope, deadline);
  if (key.ok()) return keep(object, *key);
  if (key.error().kind == kKeyFailed) {
    refuse(object, key.error());
    log_error("tier", "{}: {}", segment.name, key.error().text);
  }
  return std::move(key).error();
}

Result<SecretKey> ObjectKeys::unwrap(const object::ObjectKey& segment, const Uuid& object, const Envelope& envelope,
                                     Deadline deadline) {
  const auto is_lost = [](const Result<SecretKey>& key) {
    return !key.ok() && key.error().kind == kKeyFailed;
  };
  auto key = ring_.unwrap(envelope, object);
  if (!is_lost(key)) return key;
  TRY(const auto rewrapped, Bucket(store_, clock_).get_key(segment, deadline).within("look for its key object"));
  if (!rewrapped) return fail(kKeyFailed, "cannot be decrypted: {}", key.error().text);
  auto again = ring_.unwrap(*rewrapped, object);
  if (!is_lost(again)) return again;
  return fail(kKeyFailed, "cannot be decrypted: {}; and by its key object: {}", key.error().text, again.error().text);
}

ObjectKeys::CipherPtr ObjectKeys::find(const Uuid& object) {
  const std::lock_guard hold(mutex_);
  const auto at = by_object_.find(object);
  if (at == by_object_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, at->second);
  return at->second->cipher;
}

ObjectKeys::CipherPtr ObjectKeys::keep(const Uuid& object, const SecretKey& key) {
  auto cipher = std::make_shared<const ObjectCipher>(key, object);
  const std::lock_guard hold(mutex_);
  if (refused_.erase(object) > 0) lost_.set(static_cast<double>(refused_.size()));
  if (by_object_.contains(object)) return cipher;  // another thread was faster
  kept_.push_front({object, cipher});
  by_object_[object] = kept_.begin();
  if (kept_.size() > kKeptMax) {
    by_object_.erase(kept_.back().object);
    kept_.pop_back();
  }
  return cipher;
}

void ObjectKeys::refuse(const Uuid& object, const Error& error) {
  const Steady now = clock_.steady();
  const std::uint64_t generation = ring_.generation();
  failures_.add();
  const std::lock_guard hold(mutex_);
  if (refused_.size() >= kRefusalsMax) {
    std::erase_if(refused_, [&](const auto& entry) { return entry.second.until <= now; });
    if (refused_.size() >= kRefusalsMax) refused_.clear();
  }
  refused_.insert_or_assign(object, Refused{error, now + kRefusalTime, generation});
  lost_.set(static_cast<double>(refused_.size()));
}

std::optional<Error> ObjectKeys::refusal(const Uuid& object) const {
  std::optional<Refused> found;
  {
    const std::lock_guard hold(mutex_);
    if (const auto at = refused_.find(object); at != refused_.end()) found = at->second;
  }
  if (!found || found->until <= clock_.steady() || found->generation != ring_.generation()) return std::nullopt;
  return std::move(found->error);
}

Opening opening(ObjectKeys* keys, const object::ObjectKey& segment, const Uuid& object, Deadline deadline) {
  return keys == nullptr ? Opening{.object = object} : keys->opening(segment, object, deadline);
}

Opening opening_at_hand(ObjectKeys* keys, const Uuid& object) {
  return keys == nullptr ? Opening{.object = object} : keys->opening_at_hand(object);
}

}  // namespace takhin::tier
