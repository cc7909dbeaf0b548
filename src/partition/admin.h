#pragma once
// What the console (and `takhin tier`) may ask of the tiers: a small face over Topics and Engine. Any thread; may block.
// Errors: kNotFound segment unknown, kConflict segment is still being appended to, kUnavailable store.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tier/policy.h"

namespace takhin::partition {

struct SegmentCounts {
  std::uint64_t total = 0;
  std::uint64_t hot = 0;
  std::uint64_t warm = 0;
  std::uint64_t cold = 0;
  std::uint64_t archived = 0;
  std::uint64_t total_bytes = 0;   // every log byte once
  std::uint64_t local_bytes = 0;
  std::uint64_t remote_bytes = 0;
};

struct TierCounts {
  SegmentCounts segments;
  std::uint64_t promotions = 0;
  std::uint64_t demotions = 0;
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
  std::uint64_t tracked_segments = 0;
};

struct SegmentStatus {
  std::string path;  // "topic-0/00000000000000000000.log"
  tier::Tier tier = tier::Tier::kHot;
  bool archived = false;
};

/// One reason why a segment is where it is; words are stable (docs/care.md).
struct SegmentReason {
  std::string_view place;   // "local": on local disk; "remote": in the object store
  std::string_view reason;  // "too_young"
  std::string detail;       // for people
};
struct SegmentWhy {
  SegmentStatus status;
  std::vector<SegmentReason> reasons;
};

struct CostReport {
  double hot_gb = 0;
  double cold_gb = 0;
  tier::Cost cost;
};

/// A topic's part of the bill at the configured rates. Requests and transfer are what this process has caused since its start.
struct TopicCost {
  std::string topic;
  std::uint64_t local_bytes = 0;
  std::uint64_t remote_bytes = 0;  // of log, before compression
  std::uint64_t put_requests = 0;  // PUT-class
  std::uint64_t get_requests = 0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  double storage_usd_month = 0;
  double requests_usd = 0;
  double retrieval_usd = 0;
};

class Admin {
 public:
  virtual ~Admin() = default;
  /// false: /tiered/* answers 501, /tiers/* 503.
  virtual bool tiering_enabled() const = 0;
  /// Everything listens, logs are recovered.
  virtual Result<> ready() const = 0;
  virtual SegmentCounts segment_counts() const = 0;
  virtual TierCounts tier_counts() const = 0;
  /// Archives now, whatever the age. Already archived is success. `path` as in SegmentStatus.
  virtual Result<> archive(const std::string& path) = 0;
  /// Brings it back to local disk. Not archived, or local already, is success.
  virtual Result<> restore(const std::string& path) = 0;
  virtual Result<SegmentStatus> segment(const std::string& path) const = 0;
  /// Why the segment is still local, or still in the object store. kNotFound.
  virtual Result<SegmentWhy> why(const std::string& path) const = 0;
  /// kNotFound "no access statistics for segment".
  virtual Result<tier::AccessStats> access(const std::string& path) const = 0;
  virtual std::vector<std::pair<std::string, double>> top_access_hz(std::size_t n) const = 0;
  virtual CostReport cost() const = 0;
  /// The `n` topics that cost the most, dearest first. "(bucket)" and "(other)" stand for requests of no topic, and of topics
  /// beyond tier::kTopicsMeteredMax.
  virtual std::vector<TopicCost> topic_costs(std::size_t n) const = 0;
  /// A whole pass of archiving, demotion, promotion and retention, now.
  virtual Result<> evaluate() = 0;
};

}  // namespace takhin::partition
