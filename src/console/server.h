#pragma once
// Console, metrics and health, each on a port of its own.

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "console/options.h"
#include "metrics/metrics.h"
#include "partition/admin.h"

namespace takhin::console {

inline constexpr std::size_t kWaitingConnectionsMax =
    64;  // per port, beyond the ones being answered; the kernel's backlog holds the rest
inline constexpr int kReadTimeoutSeconds = 5;
inline constexpr int kWriteTimeoutSeconds = 10;

struct ConsolePorts {
  std::uint16_t console = 0;
  std::uint16_t metrics = 0;
  std::uint16_t health = 0;
};

/// Borrows what it is given. Every connection carries one request, so that an idle client holds no thread.
class ConsoleServer {
 public:
  /// Listens on all three ports, or on none: kConflict names the address that could not be bound.
  static Result<std::unique_ptr<ConsoleServer>> open(partition::Admin& admin, metrics::Metrics& metrics, Clock& clock,
                                                     const ConsoleOptions& options);
  virtual ~ConsoleServer() = default;
  virtual ConsolePorts ports() const = 0;
  /// Closes the listeners, answers what was begun, joins the threads. Idempotent.
  virtual void stop() = 0;
};

}  // namespace takhin::console
