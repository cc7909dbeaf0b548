#pragma once
// The certificates of all TLS listeners: opened at the start, looked at again from time to time.

#include <memory>
#include <vector>

#include "broker/net/tls_context.h"
#include "broker/tls_options.h"
#include "metrics/metrics.h"

namespace takhin::broker {

/// Any thread.
class Certificates {
 public:
  /// kInvalid, or what the file system says: which file is wrong, and why. `files` outlives it.
  static Result<Certificates> open(FileSystem& files, const TlsSettings& settings, const std::vector<ListenerSpec>& listeners,
                                   metrics::Gauge not_after);

  /// Null: the listener is plain.
  const net::TlsContexts* of(std::size_t listener) const { return contexts_.at(listener).get(); }
  bool any() const;
  /// Reads the files again; says in the log what became of it. Blocks on the disk.
  void look();

 private:
  Certificates() = default;
  std::vector<std::unique_ptr<net::TlsContexts>> contexts_;  // by listener
  metrics::Gauge not_after_;
};

}  // namespace takhin::broker
