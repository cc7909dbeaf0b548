#pragma once
// The Kafka listener: sockets, handlers, groups and pools over a set of topics.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/result.h"
#include "broker/options.h"
#include "metrics/metrics.h"
#include "partition/topics.h"

namespace takhin::broker {

struct ServerDeps {
  partition::Topics& topics;
  FileSystem& files;
  Clock& clock;
  Random& random;
  metrics::Metrics& metrics;
  std::function<Result<>(const std::string& cluster_id, View object)> keep_groups;  // GroupBackup's put; may be null
};

/// Any thread. Everything in ServerDeps outlives it.
class Server {
 public:
  /// Listens, but serves nobody before start(). kUnavailable: the port is taken; kCorrupt: a damaged file in DATA/broker.
  static Result<std::unique_ptr<Server>> open(ServerDeps deps, Options options);
  virtual ~Server() = default;

  /// Of a listener, by its number.
  virtual std::uint16_t port(std::size_t listener = 0) const = 0;
  /// Of the first listener, "127.0.0.1:9092", for the ready line.
  virtual std::string address() const = 0;
  virtual const std::string& cluster_id() const = 0;
  virtual void start() = 0;
  /// Lets requests under way be answered until `deadline`, then closes every connection. Idempotent; the destructor does it
  /// at once.
  virtual void stop(Deadline deadline) = 0;
};

}  // namespace takhin::broker
