#pragma once
// An Admin whose answers a test sets.

#include <map>

#include "partition/admin.h"

namespace takhin::testing {

class FakeAdmin : public partition::Admin {
 public:
  bool tiering_enabled() const override { return enabled; }
  Result<> ready() const override { return readiness; }
  partition::SegmentCounts segment_counts() const override { return counts.segments; }
  partition::TierCounts tier_counts() const override { return counts; }
  Result<> archive(const std::string& path) override { return asked = "archive " + path, outcome; }
  Result<> restore(const std::string& path) override { return asked = "restore " + path, outcome; }
  Result<partition::SegmentStatus> segment(const std::string& path) const override {
    if (path != status.path) return fail(Kind::kNotFound, "catalogue: {}", path);
    return status;
  }
  Result<partition::SegmentWhy> why(const std::string& path) const override {
    if (path != status.path) return fail(Kind::kNotFound, "catalogue: {}", path);
    return partition::SegmentWhy{status, {{"local", "too_young", "1 h old"}, {"remote", "no_retention", "unlimited"}}};
  }
  Result<tier::AccessStats> access(const std::string& path) const override {
    if (path != status.path) return fail(Kind::kNotFound, "never read");
    return stats;
  }
  std::vector<std::pair<std::string, double>> top_access_hz(std::size_t n) const override {
    return {top.begin(), top.begin() + static_cast<std::ptrdiff_t>(std::min(n, top.size()))};
  }
  partition::CostReport cost() const override { return report; }
  std::vector<partition::TopicCost> topic_costs(std::size_t n) const override {
    return {topics.begin(), topics.begin() + static_cast<std::ptrdiff_t>(std::min(n, topics.size()))};
  }
  Result<> evaluate() override { return asked = "evaluate", outcome; }

  bool enabled = true;
  Result<> readiness = done();
  Result<> outcome = done();
  partition::TierCounts counts;
  partition::SegmentStatus status{"topic-0/00000000000000000000.log", tier::Tier::kWarm, true};
  tier::AccessStats stats;
  partition::CostReport report;
  std::vector<partition::TopicCost> topics;
  std::vector<std::pair<std::string, double>> top;
  std::string asked;
};

}  // namespace takhin::testing
