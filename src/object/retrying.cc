#include "object/retrying.h"

#include <algorithm>

#include "base/crc32c.h"

namespace takhin::object {

class RetryingStore::RetryingUpload final : public Upload {
 public:
  RetryingUpload(RetryingStore& store, std::unique_ptr<Upload> below, Deadline deadline)
      : store_(store), below_(std::move(below)), deadline_(deadline) {}
  Result<> write(View data) override { return below_->write(data); }
  Result<ObjectInfo> finish() override {
    return retried(store_.backoff(deadline_), [&] { return below_->finish(); });
  }

 private:
  RetryingStore& store_;
  const std::unique_ptr<Upload> below_;
  const Deadline deadline_;
};

Result<ObjectInfo> RetryingStore::put(const ObjectKey& key, View body, When when, Deadline deadline) {
  bool reply_lost = false;
  return retried(backoff(deadline), [&]() -> Result<ObjectInfo> {
    auto answer = below_.put(key, body, when, deadline);
    if (answer.ok()) return answer;
    // A throttled request was refused, an unavailable one may have been carried out.
    if (answer.error().kind == Kind::kUnavailable) reply_lost = true;
    if (answer.error().kind == Kind::kConflict && reply_lost) {
      return own_write(key, body, std::move(answer).error(), deadline);
    }
    return answer;
  });
}

Result<ObjectInfo> RetryingStore::own_write(const ObjectKey& key, View body, Error conflict, Deadline deadline) {
  auto info = below_.head(key, deadline);
  if (!info.ok()) return info.error().kind == Kind::kNotFound ? Result<ObjectInfo>(std::move(conflict)) : info;
  if (info->size != body.size()) return conflict;
  if (info->crc32c) return *info->crc32c == crc32c(body) ? info : Result<ObjectInfo>(std::move(conflict));
  TRY(const Bytes stored, below_.get(key, {0, info->size}, deadline));
  return std::ranges::equal(stored, body) ? info : Result<ObjectInfo>(std::move(conflict));
}

Result<std::unique_ptr<Upload>> RetryingStore::upload(const ObjectKey& key, When when, Deadline deadline) {
  TRY(auto begun, retried(backoff(deadline), [&] { return below_.upload(key, when, deadline); }));
  return std::unique_ptr<Upload>(std::make_unique<RetryingUpload>(*this, std::move(begun), deadline));
}

Result<Bytes> RetryingStore::get(const ObjectKey& key, ByteRange range, Deadline deadline) {
  return retried(backoff(deadline), [&] { return below_.get(key, range, deadline); });
}

Result<ObjectInfo> RetryingStore::head(const ObjectKey& key, Deadline deadline) {
  return retried(backoff(deadline), [&] { return below_.head(key, deadline); });
}

Result<Page> RetryingStore::list(std::string_view prefix, std::string_view after, Deadline deadline) {
  return retried(backoff(deadline), [&] { return below_.list(prefix, after, deadline); });
}

Result<std::vector<KeyError>> RetryingStore::remove(std::span<const ObjectKey> keys, Deadline deadline) {
  std::vector<KeyError> failed;
  std::vector<ObjectKey> left(keys.begin(), keys.end());
  Backoff backoff = this->backoff(deadline);
  for (;;) {
    auto answer = below_.remove(left, deadline);
    if (!answer.ok()) {
      if (!backoff.again(answer.error())) return answer;
      continue;
    }
    left.clear();
    std::vector<KeyError> passing;
    for (KeyError& error : *answer) {
      (is_transient(error.error.kind) ? passing : failed).push_back(std::move(error));
    }
    if (passing.empty()) return failed;
    const auto throttled = std::ranges::find(passing, Kind::kThrottled, [](const KeyError& e) { return e.error.kind; });
    const Error& worst = throttled == passing.end() ? passing.front().error : throttled->error;
    if (!backoff.again(worst)) {
      std::ranges::move(passing, std::back_inserter(failed));
      return failed;
    }
    for (const KeyError& error : passing) left.push_back(error.key);
  }
}

Result<std::size_t> RetryingStore::abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) {
  return retried(backoff(deadline), [&] { return below_.abort_uploads(prefix, older_than, deadline); });
}

}  // namespace takhin::object
