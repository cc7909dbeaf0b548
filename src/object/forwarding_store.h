#pragma once
// What a wrapper of a store changes it overrides; the rest goes down as it came.

#include "object/store.h"

namespace takhin::object {

/// Borrows the store below. `Interface` is ObjectStore, or one that knows more.
template <class Interface>
class Forwarding : public Interface {
 public:
  explicit Forwarding(ObjectStore& below) : below_(below) {}

  Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) override {
    return below_.put(key, body, when, deadline);
  }
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) override {
    return below_.upload(key, when, deadline);
  }
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override {
    return below_.get(key, range, deadline);
  }
  Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) override { return below_.head(key, deadline); }
  Result<Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override {
    return below_.list(prefix, after, deadline);
  }
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) override {
    return below_.remove(keys, deadline);
  }
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override {
    return below_.abort_uploads(prefix, older_than, deadline);
  }

 protected:
  ObjectStore& below_;
};
using ForwardingStore = Forwarding<ObjectStore>;

}  // namespace takhin::object
