#pragma once
// A store within a store: every key gets a prefix on the way down and loses it on the way up.

#include "object/store.h"

namespace takhin::object {

/// Wraps `below` (borrowed). Any thread. `prefix` is a key without a trailing slash, or empty for none; objects lie at
/// "PREFIX/KEY". Adds no requests.
class PrefixedStore final : public ObjectStore {
 public:
  PrefixedStore(ObjectStore& below, std::string prefix)
      : below_(below), prefix_(prefix.empty() ? std::move(prefix) : std::move(prefix) + "/") {}

  Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) override;
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) override;
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override;
  Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) override;
  Result<Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override;
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) override;
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override;

 private:
  class PrefixedUpload;
  ObjectKey down(const ObjectKey& key) const { return {prefix_ + key.name}; }
  ObjectKey up(const ObjectKey& key) const { return {key.name.substr(prefix_.size())}; }
  Result<ObjectInfo> up(Result<ObjectInfo> answer) const;

  ObjectStore& below_;
  const std::string prefix_;  // empty or ends with '/'
};

}  // namespace takhin::object
