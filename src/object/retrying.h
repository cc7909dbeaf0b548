#pragma once
// A store whose calls try again when that may help.

#include "object/retry.h"
#include "object/store.h"

namespace takhin::object {

/// Wraps `below`; all arguments are borrowed. Any thread. Calls end at their deadline or after `policy.attempts_max`
/// attempts.
///
/// put() with kAbsent whose reply was lost may meet its own object on the next attempt: then size and crc32c, or else
/// the bytes themselves, decide whether it is success. The parts of an upload are retried by the adapter, which still
/// has their bytes; begin and finish here. Cost: that of the attempts, and 1 HEAD (1 GET where the store reports no
/// crc32c) for such a put().
class RetryingStore final : public ObjectStore {
 public:
  RetryingStore(ObjectStore& below, RetryPolicy policy, Clock& clock, Random& random)
      : below_(below), policy_(policy), clock_(clock), random_(random) {}

  Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) override;
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) override;
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override;
  Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) override;
  Result<Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override;
  /// Keys that failed for a while are tried again, the others are not sent twice.
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) override;
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override;

 private:
  class RetryingUpload;
  Backoff backoff(Deadline deadline) { return Backoff(policy_, clock_, random_, deadline); }
  Result<ObjectInfo> own_write(const ObjectKey& key, View body, Error conflict, Deadline deadline);

  ObjectStore& below_;
  const RetryPolicy policy_;
  Clock& clock_;
  Random& random_;
};

}  // namespace takhin::object
