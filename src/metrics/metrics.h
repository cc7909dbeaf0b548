#pragma once
// Metrics mechanism over prometheus-cpp. A metric is one MetricDef row in the room that feeds it; handles are made once and
// passed in.

#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace takhin::metrics {

enum class Type { kCounter, kGauge, kHistogram };

struct MetricDef {
  std::string_view name;
  Type type = Type::kCounter;
  std::string_view help;
  std::span<const double> buckets = {};  // histograms only; upper bounds, ascending
};

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Handles: cheap to copy, any thread, valid as long as their Metrics. A default one counts nowhere (tests).
class Counter {
 public:
  void add(double by = 1) const;
  double value() const;
  void* impl = nullptr;
};
class Gauge {
 public:
  void set(double value) const;
  void add(double by) const;
  double value() const;
  void* impl = nullptr;
};
class Histogram {
 public:
  void observe(double value) const;
  void* impl = nullptr;
};

/// All metrics of a process. Any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(const MetricDef& def, Labels labels = {});
  Gauge gauge(const MetricDef& def, Labels labels = {});
  Histogram histogram(const MetricDef& def, Labels labels = {});
  /// Drops every time series of the gauge `def` that has labels: for bounded top-N gauges before they are set anew. The
  /// handles of the dropped series die with them, so nobody may keep one.
  void clear(const MetricDef& def);
  /// Called at each scrape before the text is made: for gauges that are derived from state. Not removable; call before serving.
  void at_scrape(std::function<void()> refresh);
  /// Prometheus text format 0.0.4.
  std::string text();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// docs/metrics.md from the rows.
std::string markdown(std::span<const MetricDef* const> rows);

}  // namespace takhin::metrics
