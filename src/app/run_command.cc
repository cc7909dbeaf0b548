#include <fmt/format.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "app/commands.h"
#include "app/real_system.h"
#include "app/settings.h"
#include "assembly/broker.h"
#include "assembly/options.h"
#include "base/log.h"
#include "os/process.h"

namespace takhin::app {
namespace {

constexpr auto kStopMax = std::chrono::milliseconds(4'500);  // a supervisor expects the end within five seconds

LogLevel level_of(const std::string& name) {
  for (std::size_t i = 0; i < std::size(assembly::kLogLevels); ++i) {
    if (assembly::kLogLevels[i] == name) return static_cast<LogLevel>(i);
  }
  return LogLevel::kInfo;
}

// Ends the process when stopping takes too long, such as over a disk that does not answer. Nothing acknowledged is lost by
// that: it is on disk, or with acks=1 in the page cache, which outlives us; the next start only has to look at the logs' ends.
class Watchdog {
 public:
  explicit Watchdog(Clock& clock) : thread_([this, &clock] { watch(clock); }) {}
  ~Watchdog() {
    {
      const std::lock_guard hold(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void watch(Clock& clock) {
    const auto until = clock.steady() + kStopMax;
    std::unique_lock lock(mutex_);
    while (!done_) {
      if (!clock.wait(wake_, lock, until) && !done_ && clock.steady() >= until) {
        log_warn("app", "stopping took longer than {} ms: leaving as after a crash", kStopMax.count());
        std::_Exit(0);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

void announce(const assembly::Addresses& at) {
  // One write, so that no log line of another thread gets into it.
  const std::string line = fmt::format("takhin ready kafka={} console={} metrics={} health={}\n", at.kafka, at.console,
                                       at.metrics, at.health);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

int run(const Command& command) {
  os::StopSignals signals;  // before any thread
  RealSystem real;
  const auto settings = load_settings(command, real.files);
  if (!settings.ok()) {
    complain(settings.error().text);
    return kWrongConfiguration;
  }
  set_log_level(level_of(settings->text(assembly::kLogLevel)));
  const auto limit = os::raise_open_files_limit();
  if (!limit.ok()) log_warn("app", "{}", limit.error().text);

  auto started = assembly::Process::start(real.system, *settings);
  if (!started.ok()) {
    complain("takhin: " + started.error().text);
    return kFailed;
  }
  auto process = *std::move(started);
  announce(process->addresses());

  const int signal = signals.wait();
  log_info("app", "stopping on signal {}", signal);
  const Watchdog watchdog(real.clock);
  const auto stopped = process->stop();
  process.reset();
  if (!stopped.ok()) {
    complain("takhin: stop: " + stopped.error().text);
    return kFailed;
  }
  log_info("app", "stopped");
  return 0;
}

}  // namespace takhin::app
