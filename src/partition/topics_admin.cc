// The Admin face: what console and command line ask of the tiers, and the gauges made from the same answers.

#include <algorithm>
#include <chrono>
#include <map>

#include "partition/metrics.h"
#include "partition/topic_rules.h"
#include "partition/topics_impl.h"

namespace takhin::partition {
namespace {

constexpr double kBytesPerGb = 1e9;
constexpr std::chrono::hours kMonth{30 * 24};
constexpr std::chrono::hours kPaceKnownAfter{24};

tier::Tier tier_of(Place place) {
  switch (place) {
    case Place::kActive:
    case Place::kSealed: return tier::Tier::kHot;
    case Place::kArchivedAndLocal: return tier::Tier::kWarm;
    case Place::kArchivedOnly: return tier::Tier::kCold;
  }
  return tier::Tier::kHot;
}

/// What requests counted for so long are multiplied with to be a month's. Nothing before kPaceKnownAfter: a start lists the
/// bucket and uploads what waited, and a month of that would be a fable.
double requests_to_month(std::chrono::nanoseconds counted_for) {
  if (counted_for < kPaceKnownAfter) return 0;
  return std::chrono::duration<double>(kMonth) / std::chrono::duration<double>(counted_for);
}

/// Admin's kNotFound is a segment that nobody knows. What a known one turns out to lack is damage, and its text says so.
Result<> of_known_segment(Result<> outcome, const std::string& path) {
  if (!outcome.ok() && outcome.error().kind == Kind::kNotFound) outcome.error().kind = Kind::kCorrupt;
  return std::move(outcome).within(path);
}

}  // namespace

Result<> TopicsImpl::ready() const {
  if (closed_) return fail(Kind::kClosed, "shutting down");
  if (const auto trouble = keeper_.store_trouble()) return Error{trouble->kind, trouble->text}.within("object store");
  return done();
}

SegmentCounts TopicsImpl::segment_counts() const {
  SegmentCounts out;
  for (const auto& partition : live_partitions()) {
    const PartitionCounts one = partition->counts();
    out.hot += one.hot;
    out.warm += one.warm;
    out.cold += one.cold;
    out.total_bytes += one.total_bytes;
    out.local_bytes += one.local_bytes;
    out.remote_bytes += one.remote_bytes;
  }
  out.archived = out.warm + out.cold;
  out.total = out.hot + out.archived;
  return out;
}

TierCounts TopicsImpl::tier_counts() const {
  TierCounts out;
  out.segments = segment_counts();
  out.promotions = moves_.promotions;
  out.demotions = moves_.demotions;
  if (deps_.engine == nullptr) return out;
  const tier::EngineStats stats = deps_.engine->stats();
  out.cache_hits = stats.cache_hits;
  out.cache_misses = stats.cache_misses;
  out.tracked_segments = deps_.engine->access().tracked();
  return out;
}

Result<TopicsImpl::Found> TopicsImpl::find_segment(const std::string& path) const {
  const Error unknown = fail(Kind::kNotFound, "segment not found: {}", path);
  const auto parsed = parse_segment_path(path);
  if (!parsed) return unknown;
  const auto now = registry();
  const auto topic = now->by_name.find(parsed->topic);
  if (topic == now->by_name.end() || static_cast<std::size_t>(parsed->partition) >= topic->second.live.size()) return unknown;
  const auto& partition = topic->second.live[static_cast<std::size_t>(parsed->partition)];
  if (partition == nullptr || !partition->place_of(parsed->base).ok()) return unknown;
  return Found{partition, parsed->base, segment_path(partition->ref().name(), parsed->base)};
}

Result<> TopicsImpl::archive(const std::string& path) {
  if (deps_.engine == nullptr) return fail(Kind::kConflict, "tiered storage not enabled");
  TRY(const Found found, find_segment(path));
  return of_known_segment(found.partition->archive_now(found.base), path);
}

Result<> TopicsImpl::restore(const std::string& path) {
  if (deps_.engine == nullptr) return fail(Kind::kConflict, "tiered storage not enabled");
  TRY(const Found found, find_segment(path));
  return of_known_segment(found.partition->restore_now(found.base, Deadline::in(deps_.clock, kTransferTime)), path);
}

Result<SegmentStatus> TopicsImpl::segment(const std::string& path) const {
  TRY(const Found found, find_segment(path));
  TRY(const Place place, found.partition->place_of(found.base));
  const tier::Tier tier = tier_of(place);
  return SegmentStatus{found.path, tier, tier != tier::Tier::kHot};
}

Result<SegmentWhy> TopicsImpl::why(const std::string& path) const {
  TRY(const Found found, find_segment(path));
  TRY(auto status, segment(path));
  TRY(auto reasons, found.partition->why(found.base, keeper_.archive_order()));
  return SegmentWhy{std::move(status), std::move(reasons)};
}

Result<tier::AccessStats> TopicsImpl::access(const std::string& path) const {
  const Error none = fail(Kind::kNotFound, "no access statistics for segment");
  if (deps_.engine == nullptr) return none;
  const auto found = find_segment(path);
  if (!found.ok()) return none;
  const auto stats = deps_.engine->access().stats(found->partition->access_slot(), found->base, deps_.clock.wall());
  if (!stats) return none;
  return *stats;
}

std::vector<std::pair<std::string, double>> TopicsImpl::top_access_hz(std::size_t n) const {
  std::vector<std::pair<std::string, double>> out;
  if (deps_.engine == nullptr) return out;
  for (const auto& top : deps_.engine->access().top(n, deps_.clock.wall())) {
    out.emplace_back(segment_path(top.partition.name(), top.base), top.stats.average_hz);
  }
  return out;
}

CostReport TopicsImpl::cost() const {
  const SegmentCounts counts = segment_counts();
  tier::CostInput input;
  input.local_gb = static_cast<double>(counts.local_bytes) / kBytesPerGb;
  input.remote_gb = static_cast<double>(counts.remote_bytes) / kBytesPerGb;
  input.total_gb = static_cast<double>(counts.total_bytes) / kBytesPerGb;
  if (counts.archived > 0) input.restore_gb = input.remote_gb / static_cast<double>(counts.archived);
  if (deps_.engine != nullptr) {
    const tier::EngineStats stats = deps_.engine->stats();
    const double asked_usd = static_cast<double>(stats.put_requests) / 1000 * options_.rates.put_per_1000 +
                             static_cast<double>(stats.get_requests) / 1000 * options_.rates.get_per_1000;
    input.requests_usd = asked_usd * requests_to_month(deps_.clock.steady() - started_);
  }
  CostReport out;
  out.hot_gb = input.local_gb;
  out.cold_gb = input.remote_gb;
  out.cost = tier::cost_of(input, options_.rates.ssd_gb_month, options_.rates.s3_gb_month, options_.rates.retrieval_gb);
  return out;
}

std::vector<TopicCost> TopicsImpl::topic_costs(std::size_t n) const {
  std::map<std::string, TopicCost> topics;
  for (const auto& partition : live_partitions()) {
    const PartitionCounts counts = partition->counts();
    TopicCost& topic = topics[partition->ref().topic];
    topic.local_bytes += counts.local_bytes;
    topic.remote_bytes += counts.remote_bytes;
  }
  if (deps_.topic_meter != nullptr) {
    for (const tier::TopicUsage& usage : deps_.topic_meter->usage()) {
      TopicCost& topic = topics[usage.topic];
      topic.put_requests = usage.put_requests;
      topic.get_requests = usage.get_requests;
      topic.bytes_up = usage.bytes_up;
      topic.bytes_down = usage.bytes_down;
    }
  }
  std::vector<TopicCost> out;
  const tier::CostRates& rates = options_.rates;
  for (auto& [name, topic] : topics) {
    topic.topic = name;
    topic.storage_usd_month = static_cast<double>(topic.local_bytes) / kBytesPerGb * rates.ssd_gb_month +
                              static_cast<double>(topic.remote_bytes) / kBytesPerGb * rates.s3_gb_month;
    topic.requests_usd = static_cast<double>(topic.put_requests) / 1000 * rates.put_per_1000 +
                         static_cast<double>(topic.get_requests) / 1000 * rates.get_per_1000;
    topic.retrieval_usd = static_cast<double>(topic.bytes_down) / kBytesPerGb * rates.retrieval_gb;
    out.push_back(std::move(topic));
  }
  const auto total = [](const TopicCost& topic) { return topic.storage_usd_month + topic.requests_usd + topic.retrieval_usd; };
  std::ranges::sort(out, [&](const TopicCost& a, const TopicCost& b) {
    return std::pair(-total(a), std::string_view(a.topic)) < std::pair(-total(b), std::string_view(b.topic));
  });
  if (out.size() > n) out.resize(n);
  return out;
}

Result<> TopicsImpl::evaluate() {
  if (closed_) return fail(Kind::kClosed, "shutting down");
  return keeper_.run_all_now();
}

// ---- metrics

void TopicsImpl::register_metrics() {
  gate_->topics = this;
  deps_.metrics.at_scrape([gate = gate_] {
    const std::lock_guard hold(gate->mutex);
    if (gate->topics != nullptr) gate->topics->set_gauges();
  });
  set_gauges();  // every series is there from the first scrape on, at 0 if need be
}

void TopicsImpl::set_gauges() {
  metrics::Metrics& metrics = deps_.metrics;
  const SegmentCounts counts = segment_counts();
  const std::pair<std::string_view, std::uint64_t> tiers[] = {{"hot", counts.hot}, {"warm", counts.warm}, {"cold", counts.cold}};
  for (const auto& [name, count] : tiers) {
    metrics.gauge(kSegmentsByPolicy, {{"policy", name}}).set(static_cast<double>(count));
    metrics.gauge(kSegmentsByTier, {{"tier", name}}).set(static_cast<double>(count));
  }
  metrics.gauge(kArchivedSegments).set(static_cast<double>(counts.archived));
  metrics.gauge(kMonthlyCost).set(cost().cost.total_usd);
  metrics.gauge(kPartitionsOffline).set(static_cast<double>(offline_.load()));
  metrics.gauge(kStoreReachable).set(keeper_.store_trouble() ? 0 : 1);
  const auto advance = [&](const metrics::MetricDef& def, std::string_view result, std::uint64_t now, std::uint64_t& seen) {
    metrics.counter(def, {{"result", result}}).add(static_cast<double>(now - seen));
    seen = now;
  };
  advance(kPromotions, "success", moves_.promotions, gate_->seen[0]);
  advance(kPromotions, "failure", moves_.promotion_failures, gate_->seen[1]);
  advance(kDemotions, "success", moves_.demotions, gate_->seen[2]);
  advance(kDemotions, "failure", moves_.demotion_failures, gate_->seen[3]);
  set_upload_gauges();
  set_cleaner_gauges();
  metrics.clear(kAccessFrequency);
  for (const auto& [path, hz] : top_access_hz(kAccessGaugesMax)) {
    metrics.gauge(kAccessFrequency, {{"segment", path}}).set(hz);
  }
}

void TopicsImpl::set_cleaner_gauges() {
  metrics::Metrics& metrics = deps_.metrics;
  const CleanerStats now = cleaner_.stats();
  CleanerStats& seen = gate_->seen_cleaner;
  metrics.counter(kCleanerRuns, {{"result", "success"}}).add(static_cast<double>(now.runs - seen.runs));
  metrics.counter(kCleanerRuns, {{"result", "failure"}}).add(static_cast<double>(now.failures - seen.failures));
  metrics.counter(kCleanerRead).add(static_cast<double>(now.bytes_read - seen.bytes_read));
  metrics.counter(kCleanerWritten).add(static_cast<double>(now.bytes_written - seen.bytes_written));
  metrics.gauge(kCleanerDirtyRatio).set(now.dirty_ratio_max);
  metrics.gauge(kCleanerIdle).set(static_cast<double>(now.idle_ms) / 1000);
  metrics.gauge(kCleanerSetAside).set(static_cast<double>(now.set_aside));
  seen = now;
}

void TopicsImpl::set_upload_gauges() {
  metrics::Metrics& metrics = deps_.metrics;
  CopyLag all;
  const PassOrder order = keeper_.archive_order();
  for (const auto& partition : live_partitions()) {
    const CopyLag one = partition->copy_lag(order);
    all.segments += one.segments;
    all.bytes += one.bytes;
    all.age_ms = std::max(all.age_ms, one.age_ms);
  }
  metrics.gauge(kCopyLagSegments).set(static_cast<double>(all.segments));
  metrics.gauge(kCopyLagBytes).set(static_cast<double>(all.bytes));
  metrics.gauge(kCopyLagSeconds).set(static_cast<double>(all.age_ms) / 1000);
  metrics.clear(kUploadIdle);
  for (const UploadProgress& upload : uploads_.running()) {
    metrics.gauge(kUploadIdle, {{"segment", upload.segment}}).set(std::chrono::duration<double>(upload.idle).count());
  }
  metrics.counter(kUploadStalls).add(static_cast<double>(uploads_.stalls() - gate_->seen_stalls));
  gate_->seen_stalls = uploads_.stalls();
  metrics.gauge(kUploadRate).set(uploads_.rate().value_or(0));
  metrics.gauge(kDiskExcess).set(static_cast<double>(keeper_.disk_excess()));
}

}  // namespace takhin::partition
