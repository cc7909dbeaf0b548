#pragma once
// What each topic asks of the object store, so that its share of the bill has a name.

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "metrics/metrics.h"
#include "object/store.h"

namespace takhin::tier {

/// Topics with counters of their own; what later ones ask counts for kOtherTopics. Each has four time series.
inline constexpr std::size_t kTopicsMeteredMax = 200;
/// Not names that a topic can have.
inline constexpr std::string_view kOtherTopics = "(other)";
inline constexpr std::string_view kNoTopic = "(bucket)";  // listings of the whole bucket, tombstones, committed offsets

inline constexpr metrics::MetricDef kTopicRequests{
    "tier_topic_requests_total", metrics::Type::kCounter,
    "Requests to the object store by topic and billing class; without retries. At most 200 topics, others count as (other)."};
inline constexpr metrics::MetricDef kTopicBytes{"tier_topic_bytes_total", metrics::Type::kCounter,
                                                "Payload bytes to (up) and from (down) the object store by topic."};

struct TopicUsage {
  std::string topic;
  std::uint64_t put_requests = 0;  // PUT-class, as S3 bills them
  std::uint64_t get_requests = 0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
};

/// Counts calls by the topic in their key or prefix; an upload as the parts that it takes. Calls that fail count, as they are
/// billed; what a wrapper below asks again does not, object::RequestMeter has that. Any thread. Borrows store and metrics.
class TopicMeter final : public object::ObjectStore {
 public:
  /// `part_bytes`: larger uploads are multipart; 0: there is no such thing.
  TopicMeter(object::ObjectStore& below, metrics::Metrics& metrics, std::uint64_t part_bytes);
  ~TopicMeter() override;

  std::vector<TopicUsage> usage() const;  // by name

  Result<object::ObjectInfo> put(const object::ObjectKey& key, View body, object::When when, Deadline deadline) override;
  Result<std::unique_ptr<object::Upload>> upload(const object::ObjectKey& key, object::When when, Deadline deadline) override;
  Result<Bytes> get(const object::ObjectKey& key, ByteRange range, Deadline deadline) override;
  Result<object::ObjectInfo> head(const object::ObjectKey& key, Deadline deadline) override;
  Result<object::Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override;
  Result<std::vector<object::KeyError>> remove(std::span<const object::ObjectKey> keys, Deadline deadline) override;
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override;

 private:
  class MeteredUpload;
  struct Counters;
  Counters& counters_of(std::string_view name);
  std::uint64_t requests_of_upload(std::uint64_t bytes) const;

  object::ObjectStore& below_;
  metrics::Metrics& metrics_;
  const std::uint64_t part_bytes_;
  mutable std::mutex mutex_;  // of the map; counters never move and never go
  std::unordered_map<std::string, std::unique_ptr<Counters>> topics_;
};

}  // namespace takhin::tier
