#include "assembly/process_metrics.h"

#include "assembly/version.h"
#include "os/process.h"

namespace takhin::assembly {
namespace {

using metrics::MetricDef;
using metrics::Type;

constexpr MetricDef kCpu{"process_cpu_seconds_total", Type::kCounter, "User and system CPU time of the process."};
constexpr MetricDef kResident{"process_resident_memory_bytes", Type::kGauge, "Resident memory of the process."};
constexpr MetricDef kOpenFiles{"process_open_fds", Type::kGauge, "Open file descriptors of the process."};
constexpr MetricDef kStart{"process_start_time_seconds", Type::kGauge, "Start of the process, in seconds since 1970."};
constexpr MetricDef kBuild{"takhin_build_info", Type::kGauge, "Always 1; the version is the label."};

}  // namespace

std::span<const MetricDef* const> process_metric_rows() {
  static const MetricDef* const kRows[] = {&kCpu, &kResident, &kOpenFiles, &kStart, &kBuild};
  return kRows;
}

void export_process(metrics::Metrics& metrics, const Clock& clock) {
  metrics.gauge(kBuild, {{"version", version()}}).set(1);
  metrics.gauge(kStart).set(static_cast<double>(clock.wall().raw) / 1000);
  const auto cpu = metrics.counter(kCpu);
  const auto resident = metrics.gauge(kResident);
  const auto open_files = metrics.gauge(kOpenFiles);
  metrics.at_scrape([cpu, resident, open_files] {
    const auto used = os::usage();
    if (!used.ok()) return;  // the last values stay
    cpu.add(used->cpu_seconds - cpu.value());
    resident.set(static_cast<double>(used->resident_bytes));
    open_files.set(static_cast<double>(used->open_files));
  });
}

}  // namespace takhin::assembly
