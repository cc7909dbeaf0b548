#include "assembly/broker.h"

#include "assembly/options.h"
#include "assembly/process_metrics.h"
#include "assembly/recover.h"
#include "base/log.h"
#include "broker/options.h"
#include "console/options.h"

namespace takhin::assembly {
namespace {

std::string address(const std::string& host, std::uint16_t port) {
  const bool bare_v6 = host.find(':') != std::string::npos;
  return bare_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace

Result<std::unique_ptr<Process>> Process::start(const System& system, const config::Settings& settings) {
  std::unique_ptr<Process> process(new Process(system));
  TRY(process->open(settings));
  return process;
}

Result<> Process::open(const config::Settings& settings) {
  TRY(const auto console, console::options_from(settings));
  TRY(auto broker, broker::options_from(settings));
  broker.data_dir = settings.text(kDataDir);
  broker.tiering = tiering_of(settings).enabled;
  export_process(metrics_, system_.clock);
  TRY(node_, Node::open(system_, metrics_, settings, NodeMode::kServing));
  broker::ServerDeps deps{node_->topics(), system_.files, system_.clock, system_.random, metrics_, {}};
  if (object::ObjectStore* store = node_->store(); store != nullptr) {
    deps.keep_groups = [store, &clock = system_.clock](const std::string& cluster_id, View object) -> Result<> {
      const object::ObjectKey key{groups_object_name(cluster_id)};
      TRY(store->put(key, object, object::When::kAlways, Deadline::in(clock, kStopGrace)));
      return done();
    };
  }
  TRY(server_, broker::Server::open(std::move(deps), std::move(broker)));
  TRY(console_, console::ConsoleServer::open(node_->topics(), metrics_, system_.clock, console));
  server_->start();
  const auto ports = console_->ports();
  addresses_ = {server_->address(), address(console.console_host, ports.console),
                address(console.metrics_host, ports.metrics), address(console.health_host, ports.health)};
  return done();
}

Process::~Process() {
  const auto stopped = stop();
  if (!stopped.ok()) log_error("assembly", "stop: {}", stopped.error().text);
}

Result<> Process::stop() {
  if (stopped_) return done();
  stopped_ = true;
  if (server_) server_->stop(Deadline::in(system_.clock, kStopGrace));
  // The console's handlers may be deep in an archive or a restore: closing the topics ends that, then the console can be joined.
  const auto closed = node_ ? node_->close() : done();
  if (console_) console_->stop();
  return closed;
}

}  // namespace takhin::assembly
