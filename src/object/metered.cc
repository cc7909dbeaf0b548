#include "object/metered.h"

#include "object/replicator.h"
#include "object/s3/paced.h"
#include "object/thawing.h"

namespace takhin::object {
namespace {

constexpr std::string_view kResultNames[] = {"success", "absent", "throttled", "unavailable", "failure"};

std::size_t result_of(std::optional<Kind> failure) {
  if (!failure) return 0;
  switch (*failure) {
    case Kind::kNotFound:
      return 1;
    case Kind::kThrottled:
      return 2;
    case Kind::kUnavailable:
      return 3;
    default:
      return 4;
  }
}

}  // namespace

std::span<const metrics::MetricDef* const> metric_rows() {
  static constexpr const metrics::MetricDef* kRows[] = {&kBytesUploaded, &kBytesDownloaded, &kRequests,
                                                        &kRequestSeconds,
                                                        &s3::kRequestRateLimit,
                                                        &s3::kRequestRateCuts,
                                                        &kFrozenReads,
                                                        &kThawsAsked,
                                                        &kThawsDone,
                                                        &kFrozenObjects,
                                                        &kThawingObjects,
                                                        &kReplicaCopies,
                                                        &kReplicaBytes,
                                                        &kReplicaWaiting,
                                                        &kReplicaLag,
                                                        &kReplicaRemovals,
                                                        &kReplicaSynced,
                                                        &kReplicaReads,
                                                        &kFirstUnreachable};
  return kRows;
}

std::string_view name_of(Request request) {
  constexpr std::string_view kNames[kRequestKinds] = {"put",          "create_upload", "part", "complete", "abort",
                                                      "list_uploads", "list",          "get",  "head",     "remove"};
  return kNames[static_cast<std::size_t>(request)];
}

RequestMeter::RequestMeter(metrics::Metrics& metrics)
    : uploaded_(metrics.counter(kBytesUploaded)), downloaded_(metrics.counter(kBytesDownloaded)) {
  for (std::size_t i = 0; i < kRequestKinds; ++i) {
    const std::string_view verb = name_of(static_cast<Request>(i));
    for (std::size_t result = 0; result < kResults; ++result) {
      requests_[i][result] = metrics.counter(kRequests, {{"verb", verb}, {"result", kResultNames[result]}});
    }
    seconds_[i] = metrics.histogram(kRequestSeconds, {{"verb", verb}});
  }
}

void RequestMeter::record(Request request, std::optional<Kind> failure, std::uint64_t up, std::uint64_t down,
                          std::chrono::nanoseconds took) {
  const auto index = static_cast<std::size_t>(request);
  counts_[index].fetch_add(1, std::memory_order_relaxed);
  requests_[index][result_of(failure)].add();
  seconds_[index].observe(std::chrono::duration<double>(took).count());
  if (failure) return;
  bytes_up_.fetch_add(up, std::memory_order_relaxed);
  bytes_down_.fetch_add(down, std::memory_order_relaxed);
  if (up > 0) uploaded_.add(static_cast<double>(up));
  if (down > 0) downloaded_.add(static_cast<double>(down));
}

std::uint64_t RequestMeter::put_class() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kRequestKinds; ++i) sum += is_put_class(static_cast<Request>(i)) ? counts_[i].load() : 0;
  return sum;
}

std::uint64_t RequestMeter::get_class() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kRequestKinds; ++i) sum += is_get_class(static_cast<Request>(i)) ? counts_[i].load() : 0;
  return sum;
}

template <class Call>
auto MeteredStore::timed(Request request, std::uint64_t up, std::uint64_t down, Call call) -> decltype(call()) {
  const Steady begun = clock_.steady();
  auto answer = call();
  const auto failure = answer.ok() ? std::nullopt : std::optional(answer.error().kind);
  meter_.record(request, failure, up, down, clock_.steady() - begun);
  return answer;
}

/// The object becomes one at finish(): there it is counted, as the one PUT it is for a store without parts.
class MeteredStore::MeteredUpload final : public Upload {
 public:
  MeteredUpload(MeteredStore& store, std::unique_ptr<Upload> below) : store_(store), below_(std::move(below)) {}
  Result<> write(View data) override {
    size_ += data.size();
    return below_->write(data);
  }
  Result<ObjectInfo> finish() override {
    return store_.timed(Request::kPut, size_, 0, [&] { return below_->finish(); });
  }

 private:
  MeteredStore& store_;
  const std::unique_ptr<Upload> below_;
  std::uint64_t size_ = 0;
};

Result<ObjectInfo> MeteredStore::put(const ObjectKey& key, View body, When when, Deadline deadline) {
  return timed(Request::kPut, body.size(), 0, [&] { return below_.put(key, body, when, deadline); });
}

Result<std::unique_ptr<Upload>> MeteredStore::upload(const ObjectKey& key, When when, Deadline deadline) {
  TRY(auto begun, below_.upload(key, when, deadline));
  return std::unique_ptr<Upload>(std::make_unique<MeteredUpload>(*this, std::move(begun)));
}

Result<Bytes> MeteredStore::get(const ObjectKey& key, ByteRange range, Deadline deadline) {
  return timed(Request::kGet, 0, range.empty() ? 0 : range.size(), [&] { return below_.get(key, range, deadline); });
}

Result<ObjectInfo> MeteredStore::head(const ObjectKey& key, Deadline deadline) {
  return timed(Request::kHead, 0, 0, [&] { return below_.head(key, deadline); });
}

Result<Page> MeteredStore::list(std::string_view prefix, std::string_view after, Deadline deadline) {
  return timed(Request::kList, 0, 0, [&] { return below_.list(prefix, after, deadline); });
}

Result<std::vector<KeyError>> MeteredStore::remove(std::span<const ObjectKey> keys, Deadline deadline) {
  return timed(Request::kRemove, 0, 0, [&] { return below_.remove(keys, deadline); });
}

Result<std::size_t> MeteredStore::abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) {
  return timed(Request::kListUploads, 0, 0, [&] { return below_.abort_uploads(prefix, older_than, deadline); });
}

}  // namespace takhin::object
