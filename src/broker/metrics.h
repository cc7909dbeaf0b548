#pragma once
// The broker's metric rows and their handles.

#include <map>
#include <span>

#include "broker/net/connection.h"
#include "broker/quotas/quotas.h"
#include "metrics/metrics.h"
#include "protocol/api.h"

namespace takhin::broker {

/// Every metric of this room.
std::span<const metrics::MetricDef* const> metric_rows();

quotas::QuotaCounters quota_counters(metrics::Metrics& metrics);

/// Made once. Any thread.
class Counters {
 public:
  explicit Counters(metrics::Metrics& metrics);

  struct PerApi {
    metrics::Counter requests;
    metrics::Histogram seconds;  // from the frame's arrival to the answer being ready
  };
  const PerApi& of(protocol::ApiKey key) const;

  net::NetCounters net;
  metrics::Counter rejected;           // requests that could not be read
  metrics::Counter authentication_failed;
  metrics::Gauge certificate_not_after;  // seconds since 1970
  metrics::Counter authorization_denied;
  metrics::Counter produced_batches;
  metrics::Counter produced_bytes;
  metrics::Counter produce_errors;     // partitions
  metrics::Counter fetched_bytes;
  metrics::Counter fetch_errors;       // partitions
  metrics::Counter cold_reads;
  metrics::Counter cold_refused;       // the pool's queue was full

 private:
  std::map<protocol::ApiKey, PerApi> by_api_;
};

}  // namespace takhin::broker
