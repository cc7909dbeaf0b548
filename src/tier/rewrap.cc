#include "tier/rewrap.h"

#include <algorithm>

#include "tier/bucket.h"
#include "tier/format.h"

namespace takhin::tier {
namespace {

/// Holds directory and footer of every object that we write.
constexpr std::uint64_t kHeadBytes = 4 * kKiB;

enum class Outcome { kRewrapped, kAlready, kPlain };

class Rewrapper {
 public:
  Rewrapper(const RewrapDeps& deps, const std::string& to, Deadline deadline)
      : deps_(deps), bucket_(deps.store, deps.clock), to_(to), deadline_(deadline) {}

  Result<Outcome> one(const object::ObjectInfo& segment, const Uuid& id, bool has_key_object) {
    std::optional<Envelope> rewrapped;
    if (has_key_object) {
      auto found = bucket_.get_key(segment.key, deadline_);
      if (!found.ok() && found.error().kind != Kind::kCorrupt) return std::move(found).error();
      if (found.ok()) rewrapped = *std::move(found);  // a damaged one is written anew, if the first wrapping still opens
    }
    TRY(const Head head, read_head(segment, id, rewrapped));
    if (!head.envelope) return Outcome::kPlain;
    if (!head.cipher) return Outcome::kAlready;
    TRY(const Envelope fresh, deps_.ring.wrap(to_, head.cipher->key(), id, deps_.random));
    TRY(bucket_.put_key(segment.key, fresh, deadline_));
    return Outcome::kRewrapped;
  }

 private:
  struct Head {
    std::optional<Envelope> envelope;
    std::shared_ptr<const ObjectCipher> cipher;  // null: nothing to do
  };

  /// The data key, which the seal of the object has proved, unless it is wrapped by the right key already.
  Result<Head> read_head(const object::ObjectInfo& segment, const Uuid& id, const std::optional<Envelope>& rewrapped) {
    Head out;
    bool already = false;
    const Opening opening{id, false, [&](const Envelope& own) -> Result<std::shared_ptr<const ObjectCipher>> {
                            already = (rewrapped ? *rewrapped : own).key_id == to_;
                            if (already) return fail(Kind::kConflict, "already wrapped by '{}'", to_);
                            TRY(const SecretKey key, unwrap(own, rewrapped, id));
                            out.cipher = std::make_shared<const ObjectCipher>(key, id);
                            out.envelope = own;
                            return out.cipher;
                          }};
    std::uint64_t want = std::min(kHeadBytes, segment.size);
    for (bool again = false;; again = true) {
      TRY(const Bytes end, deps_.store.get(segment.key, {segment.size - want, segment.size}, deadline_));
      const auto head = parse_head(end, segment.size, opening);
      if (already) return Head{Envelope{to_, {}}, nullptr};
      if (!head.ok()) return head.error();
      if (head->need == 0) return out;
      if (again || head->need > segment.size) return fail(Kind::kCorrupt, "its directory claims {} bytes", head->need);
      want = head->need;
    }
  }

  Result<SecretKey> unwrap(const Envelope& own, const std::optional<Envelope>& rewrapped, const Uuid& id) {
    auto key = deps_.ring.unwrap(rewrapped ? *rewrapped : own, id);
    if (key.ok() || !rewrapped || is_transient(key.error().kind)) return key;
    // The newest wrapping key is lost, or its key object damaged; the first one may still be there.
    auto first = deps_.ring.unwrap(own, id);
    return first.ok() ? std::move(first) : std::move(key);
  }

  const RewrapDeps& deps_;
  Bucket bucket_;
  const std::string& to_;
  const Deadline deadline_;
};

}  // namespace

RewrapCounts& RewrapCounts::operator+=(const RewrapCounts& more) {
  rewrapped += more.rewrapped;
  already += more.already;
  plain += more.plain;
  failed += more.failed;
  return *this;
}

Result<RewrapCounts> rewrap(const RewrapDeps& deps, const PartitionRef& partition, const std::string& to, Deadline deadline,
                            const std::function<void(const std::string& segment, const Error& error)>& failed) {
  // Once for all: without the key each segment would fail alike.
  TRY(deps.ring.wrap(to, SecretKey::make(deps.random), Uuid{}, deps.random));
  Rewrapper rewrapper(deps, to, deadline);
  RewrapCounts counts;
  std::string with_key_object;  // it sorts right before its segment
  TRY(object::for_each(deps.store, partition_prefix(partition), "", deadline, [&](const object::ObjectInfo& object) -> Result<> {
    if (const auto segment = segment_of_key_object(object.key.name)) with_key_object = *segment;
    const auto parsed = parse_object_name(object.key.name);
    if (!parsed) return done();
    const auto outcome = rewrapper.one(object, parsed->entry.id, with_key_object == object.key.name);
    if (!outcome.ok()) {
      ++counts.failed;
      failed(object.key.name, outcome.error());
      return deadline.passed(deps.clock) ? Result<>(outcome.error()) : done();
    }
    ++(*outcome == Outcome::kRewrapped ? counts.rewrapped : *outcome == Outcome::kAlready ? counts.already : counts.plain);
    return done();
  }));
  return counts;
}

}  // namespace takhin::tier
