#pragma once
// A second store that gets what the first one has, and answers reads when the first cannot. docs/stores.md says what is
// guaranteed.

#include <memory>

#include "object/breaker.h"
#include "object/forwarding_store.h"
#include "object/replicator.h"

namespace takhin::object {

/// Wraps `first`. Any thread. Borrows all.
///
/// Writes and listings are the first's alone; what it took is noted for the Replicator, which copies it in the background. A
/// removal is noted on disk, done at the first, and then followed by the Replicator.
///
/// get() goes to the first and, when that fails for any reason but the caller's, to the second; head() too, but not when the
/// first says that there is no such object. While the breaker is open the second is asked at once, and the first only for what
/// the second does not have. What is to be removed is never answered by the second. The error, when both fail, is the first's.
class ReplicatedStore final : public ForwardingStore {
 public:
  ReplicatedStore(ObjectStore& first, ObjectStore& second, Replicator& replicator, Breaker& breaker, metrics::Metrics& metrics);

  Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) override;
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) override;
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override;
  Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) override;
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) override;

 private:
  class NotedUpload;
  template <class Answer, class Ask>
  Answer ask_both(const ObjectKey& key, bool absent_too, Deadline deadline, Ask ask);

  ObjectStore& second_;
  Replicator& replicator_;
  Breaker& breaker_;
  const metrics::Counter served_;
};

}  // namespace takhin::object
