#pragma once
// What the store is asked for and what comes of it: for metrics and for the cost model.

#include <array>
#include <atomic>

#include "metrics/metrics.h"
#include "object/store.h"

namespace takhin::object {

inline constexpr metrics::MetricDef kBytesUploaded{"tiered_storage_s3_bytes_uploaded", metrics::Type::kCounter,
                                                   "Payload bytes that the object store acknowledged."};
inline constexpr metrics::MetricDef kBytesDownloaded{"tiered_storage_s3_bytes_downloaded", metrics::Type::kCounter,
                                                     "Payload bytes received from the object store."};
inline constexpr metrics::MetricDef kRequests{"tiered_storage_requests_total", metrics::Type::kCounter,
                                              "Requests to the object store by verb and result, retries counted each."};
inline constexpr double kRequestSecondsBuckets[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                    0.25,  0.5,    1,     2.5,  5,     10,   30};
inline constexpr metrics::MetricDef kRequestSeconds{"tiered_storage_request_seconds", metrics::Type::kHistogram,
                                                    "Duration of requests to the object store, by verb.",
                                                    kRequestSecondsBuckets};
/// The rows of this room, for docs/metrics.md.
std::span<const metrics::MetricDef* const> metric_rows();

/// A request as S3 bills it.
enum class Request { kPut, kCreateUpload, kPart, kComplete, kAbort, kListUploads, kList, kGet, kHead, kRemove };
inline constexpr std::size_t kRequestKinds = 10;
std::string_view name_of(Request request);
/// Billed as PUT, COPY, POST, LIST. Removes and aborts are free; the rest is billed as GET.
constexpr bool is_put_class(Request request) { return request <= Request::kList && request != Request::kAbort; }
constexpr bool is_get_class(Request request) { return request == Request::kGet || request == Request::kHead; }

/// Counts requests. Any thread; lock-free. One for each store.
class RequestMeter {
 public:
  /// Counts for requests_of() and the like only.
  RequestMeter() = default;
  /// Also feeds `metrics`, which must outlive it.
  explicit RequestMeter(metrics::Metrics& metrics);

  /// `failure` is empty for success. `up` and `down` are payload bytes and count only then.
  void record(Request request, std::optional<Kind> failure, std::uint64_t up, std::uint64_t down,
              std::chrono::nanoseconds took);

  std::uint64_t requests_of(Request request) const { return counts_[static_cast<std::size_t>(request)].load(); }
  /// Requests so far that cost as much as a PUT, or as a GET; failed ones are billed too.
  std::uint64_t put_class() const;
  std::uint64_t get_class() const;
  std::uint64_t bytes_up() const { return bytes_up_.load(); }
  std::uint64_t bytes_down() const { return bytes_down_.load(); }

 private:
  static constexpr std::size_t kResults = 5;
  std::array<std::atomic<std::uint64_t>, kRequestKinds> counts_{};
  std::atomic<std::uint64_t> bytes_up_{0};
  std::atomic<std::uint64_t> bytes_down_{0};
  std::array<std::array<metrics::Counter, kResults>, kRequestKinds> requests_{};
  std::array<metrics::Histogram, kRequestKinds> seconds_{};
  metrics::Counter uploaded_;
  metrics::Counter downloaded_;
};

/// Records every call of a store whose calls are its requests (memory, local directory). The S3 store takes a
/// RequestMeter itself, because only it knows the requests of an upload. All arguments are borrowed; any thread.
class MeteredStore final : public ObjectStore {
 public:
  MeteredStore(ObjectStore& below, RequestMeter& meter, const Clock& clock)
      : below_(below), meter_(meter), clock_(clock) {}

  Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) override;
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) override;
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override;
  Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) override;
  Result<Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override;
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) override;
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override;

 private:
  class MeteredUpload;
  template <class Call>
  auto timed(Request request, std::uint64_t up, std::uint64_t down, Call call) -> decltype(call());

  ObjectStore& below_;
  RequestMeter& meter_;
  const Clock& clock_;
};

}  // namespace takhin::object
