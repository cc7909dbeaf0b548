#include "object/memory.h"

#include "base/crc32c.h"

namespace takhin::object {

class MemoryStore::MemoryUpload final : public Upload {
 public:
  MemoryUpload(MemoryStore& store, std::uint64_t id, ObjectKey key, When when, Deadline deadline)
      : store_(store), id_(id), key_(std::move(key)), when_(when), deadline_(deadline) {}
  ~MemoryUpload() override {
    const std::lock_guard lock(store_.mutex_);
    store_.uploads_.erase(id_);
  }

  Result<> write(View data) override {
    if (outcome_) return fail(Kind::kInvalid, "upload {}: write after finish", key_.name);
    TRY(store_.in_time("upload", deadline_));
    append(body_, data);
    return done();
  }

  Result<ObjectInfo> finish() override {
    if (outcome_) return *outcome_;
    TRY(store_.in_time("upload", deadline_));
    {
      const std::lock_guard lock(store_.mutex_);
      if (store_.uploads_.erase(id_) == 0) return fail(Kind::kNotFound, "upload {}: was aborted", key_.name);
    }
    outcome_ = store_.store(key_, std::move(body_), when_);
    return *outcome_;
  }

 private:
  MemoryStore& store_;
  const std::uint64_t id_;
  const ObjectKey key_;
  const When when_;
  const Deadline deadline_;
  Bytes body_;
  std::optional<Result<ObjectInfo>> outcome_;  // of the first finish(); later ones answer the same
};

Result<> MemoryStore::in_time(std::string_view verb, const Deadline& deadline) const {
  if (deadline.passed(clock_)) return fail(Kind::kUnavailable, "{}: deadline passed", verb);
  return done();
}

Result<ObjectInfo> MemoryStore::store(const ObjectKey& key, Bytes body, When when) {
  const std::uint32_t crc = crc32c(body);
  ObjectInfo info{key, body.size(), fmt::format("{:08x}-{}", crc, body.size()), crc, clock_.wall()};
  auto shared = std::make_shared<const Bytes>(std::move(body));
  const std::lock_guard lock(mutex_);
  if (when == When::kAbsent && objects_.contains(key.name)) return fail(Kind::kConflict, "put {}: exists", key.name);
  objects_.insert_or_assign(key.name, Object{info, std::move(shared)});
  return info;
}

Result<ObjectInfo> MemoryStore::put(const ObjectKey& key, View body, When when, Deadline deadline) {
  TRY(check(key));
  TRY(in_time("put", deadline));
  return store(key, copy_of(body), when);
}

Result<std::unique_ptr<Upload>> MemoryStore::upload(const ObjectKey& key, When when, Deadline deadline) {
  TRY(check(key));
  TRY(in_time("upload", deadline));
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = next_upload_++;
  uploads_.emplace(id, Begun{key.name, clock_.wall()});
  return std::unique_ptr<Upload>(std::make_unique<MemoryUpload>(*this, id, key, when, deadline));
}

Result<Bytes> MemoryStore::get(const ObjectKey& key, ByteRange range, Deadline deadline) {
  TRY(check(key));
  TRY(in_time("get", deadline));
  std::shared_ptr<const Bytes> body;
  {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key.name);
    if (found == objects_.end()) return fail(Kind::kNotFound, "get {}: no such object", key.name);
    body = found->second.body;
  }
  if (range.begin > range.end || range.end > body->size()) {
    return fail(Kind::kOutOfRange, "get {}: bytes {}..{} of {}", key.name, range.begin, range.end, body->size());
  }
  return copy_of(View(*body).subspan(range.begin, range.size()));
}

Result<ObjectInfo> MemoryStore::head(const ObjectKey& key, Deadline deadline) {
  TRY(check(key));
  TRY(in_time("head", deadline));
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key.name);
  if (found == objects_.end()) return fail(Kind::kNotFound, "head {}: no such object", key.name);
  return found->second.info;
}

Result<Page> MemoryStore::list(std::string_view prefix, std::string_view after, Deadline deadline) {
  TRY(in_time("list", deadline));
  const std::lock_guard lock(mutex_);
  Page page;
  auto at = after < prefix ? objects_.lower_bound(prefix) : objects_.upper_bound(after);
  for (; at != objects_.end() && at->first.starts_with(prefix); ++at) {
    if (page.objects.size() == page_max_) {
      page.more = true;
      break;
    }
    page.objects.push_back(at->second.info);
  }
  return page;
}

Result<std::vector<KeyError>> MemoryStore::remove(std::span<const ObjectKey> keys, Deadline deadline) {
  TRY(in_time("remove", deadline));
  std::vector<KeyError> failed;
  const std::lock_guard lock(mutex_);
  for (const ObjectKey& key : keys) {
    if (auto valid = check(key); !valid.ok()) {
      failed.push_back({key, std::move(valid).error()});
    } else {
      objects_.erase(key.name);
    }
  }
  return failed;
}

Result<std::size_t> MemoryStore::abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) {
  TRY(in_time("abort_uploads", deadline));
  const std::lock_guard lock(mutex_);
  return std::erase_if(uploads_, [&](const auto& upload) {
    return std::string_view(upload.second.key).starts_with(prefix) && upload.second.at < older_than;
  });
}

}  // namespace takhin::object
