#include "object/prefixed.h"

namespace takhin::object {

class PrefixedStore::PrefixedUpload final : public Upload {
 public:
  PrefixedUpload(PrefixedStore& store, std::unique_ptr<Upload> below) : store_(store), below_(std::move(below)) {}
  Result<> write(View data) override { return below_->write(data); }
  Result<ObjectInfo> finish() override { return store_.up(below_->finish()); }

 private:
  PrefixedStore& store_;
  const std::unique_ptr<Upload> below_;
};

Result<ObjectInfo> PrefixedStore::up(Result<ObjectInfo> answer) const {
  if (answer.ok()) answer->key = up(answer->key);
  return answer;
}

Result<ObjectInfo> PrefixedStore::put(const ObjectKey& key, View body, When when, Deadline deadline) {
  TRY(check(key));
  return up(below_.put(down(key), body, when, deadline));
}

Result<std::unique_ptr<Upload>> PrefixedStore::upload(const ObjectKey& key, When when, Deadline deadline) {
  TRY(check(key));
  TRY(auto begun, below_.upload(down(key), when, deadline));
  return std::unique_ptr<Upload>(std::make_unique<PrefixedUpload>(*this, std::move(begun)));
}

Result<Bytes> PrefixedStore::get(const ObjectKey& key, ByteRange range, Deadline deadline) {
  TRY(check(key));
  return below_.get(down(key), range, deadline);
}

Result<ObjectInfo> PrefixedStore::head(const ObjectKey& key, Deadline deadline) {
  TRY(check(key));
  return up(below_.head(down(key), deadline));
}

Result<Page> PrefixedStore::list(std::string_view prefix, std::string_view after, Deadline deadline) {
  const std::string below_after = after.empty() ? std::string() : prefix_ + std::string(after);
  TRY(Page page, below_.list(prefix_ + std::string(prefix), below_after, deadline));
  for (ObjectInfo& info : page.objects) info.key = up(info.key);
  return page;
}

Result<std::vector<KeyError>> PrefixedStore::remove(std::span<const ObjectKey> keys, Deadline deadline) {
  std::vector<ObjectKey> below;
  below.reserve(keys.size());
  for (const ObjectKey& key : keys) below.push_back(down(key));
  TRY(std::vector<KeyError> failed, below_.remove(below, deadline));
  for (KeyError& error : failed) error.key = up(error.key);
  return failed;
}

Result<std::size_t> PrefixedStore::abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) {
  return below_.abort_uploads(prefix_ + std::string(prefix), older_than, deadline);
}

}  // namespace takhin::object
