#pragma once
// All of takhin in one process: Kafka listener, console, metrics, health over one data directory.

#include <memory>
#include <string>

#include "assembly/node.h"
#include "assembly/system.h"
#include "broker/server.h"
#include "config/option.h"
#include "console/server.h"
#include "metrics/metrics.h"

namespace takhin::assembly {

inline constexpr auto kStopGrace = std::chrono::seconds(2);  // for requests under way when a stop is asked for

/// "127.0.0.1:9092".
struct Addresses {
  std::string kafka;
  std::string console;
  std::string metrics;
  std::string health;
};

class Process {
 public:
  /// Returns once everything listens. Settings must have passed validate(). Borrows `system`.
  static Result<std::unique_ptr<Process>> start(const System& system, const config::Settings& settings);
  /// stop(), unless that was done.
  ~Process();

  const Addresses& addresses() const { return addresses_; }
  metrics::Metrics& metrics() { return metrics_; }
  partition::Topics& topics() { return node_->topics(); }
  /// Answers what is under way for at most kStopGrace, then closes listeners and logs. Nothing that was acknowledged is lost.
  /// Idempotent.
  Result<> stop();

 private:
  explicit Process(const System& system) : system_(system) {}
  Result<> open(const config::Settings& settings);

  const System system_;
  metrics::Metrics metrics_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<console::ConsoleServer> console_;
  std::unique_ptr<broker::Server> server_;
  Addresses addresses_;
  bool stopped_ = false;
};

}  // namespace takhin::assembly
