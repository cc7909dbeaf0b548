#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "metrics/metrics.h"

namespace takhin::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kBounds[] = {0.1, 1};
constexpr MetricDef kBytes{"test_bytes_total", Type::kCounter, "Bytes."};
constexpr MetricDef kHz{"test_hz", Type::kGauge, "Accesses."};
constexpr MetricDef kTime{"test_seconds", Type::kHistogram, "Time.", kBounds};

TEST(Metrics, TextHasHelpTypeAndEverySeries) {
  Metrics metrics;
  metrics.counter(kBytes, {{"result", "success"}}).add(3);
  metrics.counter(kBytes, {{"result", "success"}}).add();
  metrics.counter(kBytes, {{"result", "failure"}});
  metrics.gauge(kHz).set(-1.5);
  metrics.histogram(kTime).observe(0.5);
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# HELP test_bytes_total Bytes.\n# TYPE test_bytes_total counter\n"));
  EXPECT_THAT(text, HasSubstr("test_bytes_total{result=\"success\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("test_bytes_total{result=\"failure\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("test_hz -1.5\n"));
  EXPECT_THAT(text, HasSubstr("test_seconds_bucket{le=\"0.1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("test_seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("test_seconds_bucket{le=\"+Inf\"} 1\n"));
}

TEST(Metrics, LabelValuesAreEscaped) {
  Metrics metrics;
  metrics.gauge(kHz, {{"segment", "a\"b\\c\nd"}}).set(1);
  EXPECT_THAT(metrics.text(), HasSubstr("test_hz{segment=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(Metrics, ClearDropsLabelledSeriesAndRefreshRunsBeforeTheText) {
  Metrics metrics;
  int round = 0;
  metrics.at_scrape([&] {
    metrics.clear(kHz);
    metrics.gauge(kHz, {{"segment", std::to_string(++round)}}).set(round);
  });
  EXPECT_THAT(metrics.text(), HasSubstr("test_hz{segment=\"1\"} 1\n"));
  const auto second = metrics.text();
  EXPECT_THAT(second, Not(HasSubstr("segment=\"1\"")));
  EXPECT_THAT(second, HasSubstr("test_hz{segment=\"2\"} 2\n"));
}

TEST(Metrics, DefaultHandlesCountNowhere) {
  Counter().add();
  Gauge().set(1);
  Histogram().observe(1);
  EXPECT_EQ(Counter().value(), 0);
  EXPECT_EQ(Gauge().value(), 0);
}

TEST(Metrics, ManyThreadsCountTogether) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const auto counter = metrics.counter(kBytes);
      for (int i = 0; i < 1000; ++i)
        counter.add(2);
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(metrics.counter(kBytes).value(), 8000);
}

TEST(Metrics, MarkdownHasARowEach) {
  const MetricDef* const rows[] = {&kTime, &kBytes};
  EXPECT_EQ(markdown(rows),
            "| metric | type | meaning |\n|---|---|---|\n| `test_bytes_total` | counter | Bytes. |\n"
            "| `test_seconds` | histogram | Time. |\n");
}

}  // namespace
}  // namespace takhin::metrics
