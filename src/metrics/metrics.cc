#include "metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include "base/result.h"

namespace takhin::metrics {
namespace {

prometheus::Labels own(Labels labels) {
  prometheus::Labels out;
  for (const auto& [name, value] : labels)
    out.emplace(name, value);
  return out;
}

constexpr std::string_view kTypeNames[] = {"counter", "gauge", "histogram"};

// Names are literals in the rows, so a refusal by the library is a bug of ours.
template <class Make>
auto* made(Make make) {
  try {
    return make();
  } catch (const std::exception& error) {
    assert_failed("a metric row that the library takes", __FILE__, __LINE__, error.what());
  }
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  std::mutex mutex;  // guards labelled
  std::map<std::string, std::vector<prometheus::Gauge*>, std::less<>> labelled;
  std::mutex scrape;  // guards refreshers; held over a scrape, so that two do not clear each other's gauges
  std::vector<std::function<void()>> refreshers;

  prometheus::Family<prometheus::Gauge>& gauges(const MetricDef& def) {
    return *made([&] {
      return &prometheus::BuildGauge().Name(std::string(def.name)).Help(std::string(def.help)).Register(registry);
    });
  }
};

void Counter::add(double by) const {
  if (impl != nullptr) static_cast<prometheus::Counter*>(impl)->Increment(by);
}
double Counter::value() const { return impl == nullptr ? 0 : static_cast<prometheus::Counter*>(impl)->Value(); }

void Gauge::set(double value) const {
  if (impl != nullptr) static_cast<prometheus::Gauge*>(impl)->Set(value);
}
void Gauge::add(double by) const {
  if (impl != nullptr) static_cast<prometheus::Gauge*>(impl)->Increment(by);
}
double Gauge::value() const { return impl == nullptr ? 0 : static_cast<prometheus::Gauge*>(impl)->Value(); }

void Histogram::observe(double value) const {
  if (impl != nullptr) static_cast<prometheus::Histogram*>(impl)->Observe(value);
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const MetricDef& def, Labels labels) {
  TAKHIN_ASSERT(def.type == Type::kCounter, "the row is not a counter");
  return {made([&] {
    auto& family =
        prometheus::BuildCounter().Name(std::string(def.name)).Help(std::string(def.help)).Register(impl_->registry);
    return &family.Add(own(labels));
  })};
}

Gauge Metrics::gauge(const MetricDef& def, Labels labels) {
  TAKHIN_ASSERT(def.type == Type::kGauge, "the row is not a gauge");
  const std::lock_guard hold(impl_->mutex);
  auto* gauge = made([&] { return &impl_->gauges(def).Add(own(labels)); });
  if (labels.size() > 0) {
    auto& known = impl_->labelled[std::string(def.name)];
    if (std::find(known.begin(), known.end(), gauge) == known.end()) known.push_back(gauge);
  }
  return {gauge};
}

Histogram Metrics::histogram(const MetricDef& def, Labels labels) {
  TAKHIN_ASSERT(def.type == Type::kHistogram && !def.buckets.empty(), "the row is not a histogram with buckets");
  return {made([&] {
    auto& family =
        prometheus::BuildHistogram().Name(std::string(def.name)).Help(std::string(def.help)).Register(impl_->registry);
    return &family.Add(own(labels), prometheus::Histogram::BucketBoundaries(def.buckets.begin(), def.buckets.end()));
  })};
}

void Metrics::clear(const MetricDef& def) {
  TAKHIN_ASSERT(def.type == Type::kGauge, "only gauges can be set anew");
  const std::lock_guard hold(impl_->mutex);
  const auto known = impl_->labelled.find(def.name);
  if (known == impl_->labelled.end()) return;
  auto& family = impl_->gauges(def);
  for (auto* gauge : known->second)
    family.Remove(gauge);
  known->second.clear();
}

void Metrics::at_scrape(std::function<void()> refresh) {
  const std::lock_guard hold(impl_->scrape);
  impl_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::text() {
  const std::lock_guard hold(impl_->scrape);
  for (const auto& refresh : impl_->refreshers)
    refresh();
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

std::string markdown(std::span<const MetricDef* const> rows) {
  std::vector<const MetricDef*> sorted(rows.begin(), rows.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  std::string out = "| metric | type | meaning |\n|---|---|---|\n";
  for (const auto* row : sorted) {
    out += fmt::format("| `{}` | {} | {} |\n", row->name, kTypeNames[static_cast<int>(row->type)], row->help);
  }
  return out;
}

}  // namespace takhin::metrics
