#include "object/replicated.h"

#include "base/log.h"

namespace takhin::object {
namespace {

/// The caller's own doing: another store would say the same.
bool is_callers(Kind kind) { return kind == Kind::kInvalid || kind == Kind::kOutOfRange || kind == Kind::kClosed; }

}  // namespace

class ReplicatedStore::NotedUpload final : public Upload {
 public:
  NotedUpload(Replicator& replicator, ObjectKey key, std::unique_ptr<Upload> below)
      : replicator_(replicator), key_(std::move(key)), below_(std::move(below)) {}
  Result<> write(View data) override { return below_->write(data); }
  /// One that failed may have been done all the same; an object that is not there is no trouble to the replicator.
  Result<ObjectInfo> finish() override {
    auto finished = below_->finish();
    if (!std::exchange(noted_, true)) replicator_.note_copy(key_);
    return finished;
  }

 private:
  Replicator& replicator_;
  const ObjectKey key_;
  const std::unique_ptr<Upload> below_;
  bool noted_ = false;
};

ReplicatedStore::ReplicatedStore(ObjectStore& first, ObjectStore& second, Replicator& replicator, Breaker& breaker,
                                 metrics::Metrics& metrics)
    : ForwardingStore(first),
      second_(second),
      replicator_(replicator),
      breaker_(breaker),
      served_(metrics.counter(kReplicaReads)) {}

Result<ObjectInfo> ReplicatedStore::put(const ObjectKey& key, View body, When when, Deadline deadline) {
  auto answer = below_.put(key, body, when, deadline);
  if (answer.ok() || is_transient(answer.error().kind)) replicator_.note_copy(key);  // a reply may have been lost
  return answer;
}

Result<std::unique_ptr<Upload>> ReplicatedStore::upload(const ObjectKey& key, When when, Deadline deadline) {
  TRY(auto begun, below_.upload(key, when, deadline));
  return std::unique_ptr<Upload>(std::make_unique<NotedUpload>(replicator_, key, std::move(begun)));
}

/// `absent_too`: the second is also asked for what the first says is not there.
template <class Answer, class Ask>
Answer ReplicatedStore::ask_both(const ObjectKey& key, bool absent_too, Deadline deadline, Ask ask) {
  const bool may_ask_second = !replicator_.is_going(key);
  const auto from_second = [&] {
    auto answer = ask(second_, deadline);
    if (answer.ok()) served_.add();
    return answer;
  };
  const bool second_first = breaker_.is_open() && may_ask_second;
  if (second_first) {
    if (auto answer = from_second(); answer.ok() || is_callers(answer.error().kind)) return answer;
  }
  auto answer = ask(below_, deadline);
  breaker_.note(answer.ok() ? nullptr : &answer.error());
  if (answer.ok() || is_callers(answer.error().kind) || second_first || !may_ask_second) return answer;
  if (answer.error().kind == Kind::kNotFound && !absent_too) return answer;
  auto other = from_second();
  return other.ok() ? std::move(other) : std::move(answer);
}

Result<Bytes> ReplicatedStore::get(const ObjectKey& key, ByteRange range, Deadline deadline) {
  return ask_both<Result<Bytes>>(key, true, deadline,
                                 [&](ObjectStore& store, Deadline by) { return store.get(key, range, by); });
}

Result<ObjectInfo> ReplicatedStore::head(const ObjectKey& key, Deadline deadline) {
  return ask_both<Result<ObjectInfo>>(key, false, deadline,
                                      [&](ObjectStore& store, Deadline by) { return store.head(key, by); });
}

Result<std::vector<KeyError>> ReplicatedStore::remove(std::span<const ObjectKey> keys, Deadline deadline) {
  const auto noted = replicator_.note_removals(keys);
  if (!noted.ok()) log_warn("object", "{} objects will stay in the replica: {}", keys.size(), noted.error().text);
  auto answer = below_.remove(keys, deadline);
  if (!noted.ok()) return answer;
  if (!answer.ok()) {
    replicator_.doubt_removals(keys);
    return answer;
  }
  std::vector<ObjectKey> stay;
  for (const KeyError& failed : *answer) stay.push_back(failed.key);
  replicator_.forget_removals(stay);
  replicator_.confirm_removals(keys);
  return answer;
}

}  // namespace takhin::object
