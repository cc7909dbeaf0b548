#include "tier/topic_meter.h"

#include <algorithm>
#include <atomic>

#include "tier/segment.h"

namespace takhin::tier {

struct TopicMeter::Counters {
  std::atomic<std::uint64_t> put{0}, get{0}, up{0}, down{0};
  metrics::Counter put_series, get_series, up_series, down_series;

  void puts(std::uint64_t count, std::uint64_t bytes) {
    put.fetch_add(count, std::memory_order_relaxed);
    up.fetch_add(bytes, std::memory_order_relaxed);
    put_series.add(static_cast<double>(count));
    up_series.add(static_cast<double>(bytes));
  }
  void gets(std::uint64_t bytes) {
    get.fetch_add(1, std::memory_order_relaxed);
    down.fetch_add(bytes, std::memory_order_relaxed);
    get_series.add(1);
    down_series.add(static_cast<double>(bytes));
  }
};

/// Counted when it is over: before, nobody knows how many parts it takes.
class TopicMeter::MeteredUpload final : public object::Upload {
 public:
  MeteredUpload(const TopicMeter& meter, Counters& counters, std::unique_ptr<object::Upload> below)
      : meter_(meter), counters_(counters), below_(std::move(below)) {}
  ~MeteredUpload() override { count(false); }
  Result<> write(View data) override {
    bytes_ += data.size();
    return below_->write(data);
  }
  Result<object::ObjectInfo> finish() override {
    auto finished = below_->finish();
    count(finished.ok());
    return finished;
  }

 private:
  void count(bool ok) {
    if (std::exchange(counted_, true) || bytes_ == 0) return;
    counters_.puts(meter_.requests_of_upload(bytes_), ok ? bytes_ : 0);
  }

  const TopicMeter& meter_;
  Counters& counters_;
  const std::unique_ptr<object::Upload> below_;
  std::uint64_t bytes_ = 0;
  bool counted_ = false;
};

TopicMeter::TopicMeter(object::ObjectStore& below, metrics::Metrics& metrics, std::uint64_t part_bytes)
    : below_(below), metrics_(metrics), part_bytes_(part_bytes) {}
TopicMeter::~TopicMeter() = default;

std::uint64_t TopicMeter::requests_of_upload(std::uint64_t bytes) const {
  if (part_bytes_ == 0 || bytes <= part_bytes_) return 1;
  return 2 + (bytes + part_bytes_ - 1) / part_bytes_;
}

TopicMeter::Counters& TopicMeter::counters_of(std::string_view name) {
  const auto dir = parse_topic_dir(name.substr(0, name.find('/')));
  std::string topic = dir ? dir->topic : std::string(kNoTopic);
  const std::lock_guard lock(mutex_);
  auto found = topics_.find(topic);
  if (found == topics_.end() && dir && topics_.size() >= kTopicsMeteredMax) {
    topic = kOtherTopics;
    found = topics_.find(topic);
  }
  if (found != topics_.end()) return *found->second;
  auto made = std::make_unique<Counters>();
  made->put_series = metrics_.counter(kTopicRequests, {{"topic", topic}, {"class", "put"}});
  made->get_series = metrics_.counter(kTopicRequests, {{"topic", topic}, {"class", "get"}});
  made->up_series = metrics_.counter(kTopicBytes, {{"topic", topic}, {"direction", "up"}});
  made->down_series = metrics_.counter(kTopicBytes, {{"topic", topic}, {"direction", "down"}});
  return *topics_.emplace(std::move(topic), std::move(made)).first->second;
}

std::vector<TopicUsage> TopicMeter::usage() const {
  std::vector<TopicUsage> out;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [topic, counters] : topics_) {
      out.push_back({topic, counters->put.load(), counters->get.load(), counters->up.load(), counters->down.load()});
    }
  }
  std::ranges::sort(out, {}, &TopicUsage::topic);
  return out;
}

Result<object::ObjectInfo> TopicMeter::put(const object::ObjectKey& key, View body, object::When when, Deadline deadline) {
  auto answer = below_.put(key, body, when, deadline);
  counters_of(key.name).puts(1, answer.ok() ? body.size() : 0);
  return answer;
}

Result<std::unique_ptr<object::Upload>> TopicMeter::upload(const object::ObjectKey& key, object::When when, Deadline deadline) {
  TRY(auto begun, below_.upload(key, when, deadline));
  return std::unique_ptr<object::Upload>(std::make_unique<MeteredUpload>(*this, counters_of(key.name), std::move(begun)));
}

Result<Bytes> TopicMeter::get(const object::ObjectKey& key, ByteRange range, Deadline deadline) {
  auto answer = below_.get(key, range, deadline);
  counters_of(key.name).gets(answer.ok() ? answer->size() : 0);
  return answer;
}

Result<object::ObjectInfo> TopicMeter::head(const object::ObjectKey& key, Deadline deadline) {
  auto answer = below_.head(key, deadline);
  counters_of(key.name).gets(0);
  return answer;
}

Result<object::Page> TopicMeter::list(std::string_view prefix, std::string_view after, Deadline deadline) {
  auto answer = below_.list(prefix, after, deadline);
  counters_of(prefix).puts(1, 0);
  return answer;
}

Result<std::vector<object::KeyError>> TopicMeter::remove(std::span<const object::ObjectKey> keys, Deadline deadline) {
  return below_.remove(keys, deadline);  // free
}

Result<std::size_t> TopicMeter::abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) {
  auto answer = below_.abort_uploads(prefix, older_than, deadline);
  counters_of(prefix).puts(1, 0);  // the listing of uploads
  return answer;
}

}  // namespace takhin::tier
