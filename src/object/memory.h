#pragma once
// The object store that lives and dies with the process: for tests and simulations.

#include <map>
#include <mutex>

#include "object/store.h"

namespace takhin::object {

/// Any thread. `clock` is borrowed and gives `modified` and the deadlines. Must outlive its uploads. Multipart uploads
/// that are not finished are visible to abort_uploads() only, as on S3.
class MemoryStore final : public ObjectStore {
 public:
  /// `page_max`: keys of one list() page, smaller than kListPageMax only in tests of paging.
  explicit MemoryStore(const Clock& clock, std::size_t page_max = kListPageMax) : clock_(clock), page_max_(page_max) {}

  Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) override;
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) override;
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override;
  Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) override;
  Result<Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override;
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) override;
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override;

 private:
  class MemoryUpload;
  struct Object {
    ObjectInfo info;
    std::shared_ptr<const Bytes> body;
  };
  struct Begun {
    std::string key;
    TimestampMs at{};
  };

  Result<> in_time(std::string_view verb, const Deadline& deadline) const;
  Result<ObjectInfo> store(const ObjectKey& key, Bytes body, When when);

  const Clock& clock_;
  const std::size_t page_max_;
  std::mutex mutex_;
  std::map<std::string, Object, std::less<>> objects_;
  std::map<std::uint64_t, Begun> uploads_;
  std::uint64_t next_upload_ = 1;
};

}  // namespace takhin::object
