#include "broker/metrics.h"

#include <array>

namespace takhin::broker {
namespace {

using metrics::MetricDef;
using metrics::Type;

constexpr double kSeconds[] = {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

constexpr MetricDef kRequests{"kafka_requests_total", Type::kCounter, "Requests read, by API."};
constexpr MetricDef kLatency{"kafka_request_seconds", Type::kHistogram,
                             "From a request's arrival to its answer, long polls included.", kSeconds};
constexpr MetricDef kRejected{"kafka_rejected_requests_total", Type::kCounter,
                              "Requests that could not be read; each closed its connection."};
constexpr MetricDef kAuthenticationFailed{"kafka_authentication_failed_total", Type::kCounter,
                                          "SASL exchanges that failed; each closed its connection."};
constexpr MetricDef kAuthorizationDenied{"kafka_authorization_denied_total", Type::kCounter,
                                         "Requests of which something was refused because no ACL allows it."};
constexpr MetricDef kBytesIn{"kafka_bytes_in_total", Type::kCounter, "Bytes read from client connections."};
constexpr MetricDef kBytesOut{"kafka_bytes_out_total", Type::kCounter, "Bytes written to client connections."};
constexpr MetricDef kConnections{"kafka_connections", Type::kGauge, "Open client connections."};
constexpr MetricDef kOpened{"kafka_connections_opened_total", Type::kCounter, "Client connections accepted."};
constexpr MetricDef kRefused{"kafka_connections_refused_total", Type::kCounter,
                             "Connections refused over a limit: of all, of one listener or of one address."};
constexpr MetricDef kBroken{"kafka_connections_broken_total", Type::kCounter,
                            "Connections closed for frames of an impossible size."};
constexpr MetricDef kTlsHandshakes{"kafka_tls_handshakes_total", Type::kCounter, "TLS handshakes that succeeded."};
constexpr MetricDef kTlsFailed{"kafka_tls_handshakes_failed_total", Type::kCounter,
                               "TLS handshakes that failed or took too long; each closed its connection."};
constexpr MetricDef kCertificateEnd{"kafka_tls_certificate_not_after_seconds", Type::kGauge,
                                    "When the broker's certificate is over, in seconds since 1970; 0 without one."};
constexpr MetricDef kProducedBatches{"kafka_produced_batches_total", Type::kCounter, "Record batches appended by Produce."};
constexpr MetricDef kProducedBytes{"kafka_produced_bytes_total", Type::kCounter, "Bytes of record batches appended by Produce."};
constexpr MetricDef kProduceErrors{"kafka_produce_errors_total", Type::kCounter,
                                   "Partitions of Produce requests that were refused or failed."};
constexpr MetricDef kFetchedBytes{"kafka_fetched_bytes_total", Type::kCounter, "Bytes of record batches answered to Fetch."};
constexpr MetricDef kFetchErrors{"kafka_fetch_errors_total", Type::kCounter,
                                 "Partitions of Fetch requests that were answered with an error."};
constexpr MetricDef kColdReads{"kafka_fetch_cold_reads_total", Type::kCounter,
                               "Partition reads of Fetch that went to the object store."};
constexpr MetricDef kColdRefused{"kafka_fetch_cold_refused_total", Type::kCounter,
                                 "Cold reads put off because too many were waiting."};
constexpr MetricDef kThrottledSeconds{"kafka_quota_throttled_seconds_total", Type::kCounter,
                                      "Seconds that clients over a quota were told to wait, by kind of quota."};
constexpr MetricDef kThrottledRequests{"kafka_quota_throttled_requests_total", Type::kCounter,
                                       "Requests that were throttled or refused over a quota, by its kind."};
constexpr MetricDef kQuotaTracked{"kafka_quota_tracked_clients", Type::kGauge,
                                  "Users and client ids whose use is remembered for a quota, by its kind."};

constexpr std::array kRows{&kRequests, &kLatency,         &kRejected,      &kBytesIn,       &kBytesOut,     &kConnections,
                           &kOpened,   &kRefused,         &kBroken,        &kProducedBatches, &kProducedBytes, &kProduceErrors,
                           &kFetchedBytes, &kFetchErrors, &kColdReads,     &kColdRefused,
                           &kAuthenticationFailed, &kAuthorizationDenied,
                           &kThrottledSeconds, &kThrottledRequests, &kQuotaTracked,
                           &kTlsHandshakes, &kTlsFailed, &kCertificateEnd};

}  // namespace

std::span<const MetricDef* const> metric_rows() { return kRows; }

quotas::QuotaCounters quota_counters(metrics::Metrics& metrics) {
  quotas::QuotaCounters out;
  for (std::size_t i = 0; i < quotas::kKinds; ++i) {
    const std::string_view label = quotas::kKindRows[i].label;
    out.of[i] = {.seconds = metrics.counter(kThrottledSeconds, {{"quota", label}}),
                 .requests = metrics.counter(kThrottledRequests, {{"quota", label}}),
                 .tracked = metrics.gauge(kQuotaTracked, {{"quota", label}})};
  }
  return out;
}

Counters::Counters(metrics::Metrics& metrics) {
  net = {.bytes_in = metrics.counter(kBytesIn),
         .bytes_out = metrics.counter(kBytesOut),
         .opened = metrics.counter(kOpened),
         .refused = metrics.counter(kRefused),
         .broken = metrics.counter(kBroken),
         .tls_handshakes = metrics.counter(kTlsHandshakes),
         .tls_failed = metrics.counter(kTlsFailed),
         .open = metrics.gauge(kConnections)};
  rejected = metrics.counter(kRejected);
  authentication_failed = metrics.counter(kAuthenticationFailed);
  certificate_not_after = metrics.gauge(kCertificateEnd);
  authorization_denied = metrics.counter(kAuthorizationDenied);
  produced_batches = metrics.counter(kProducedBatches);
  produced_bytes = metrics.counter(kProducedBytes);
  produce_errors = metrics.counter(kProduceErrors);
  fetched_bytes = metrics.counter(kFetchedBytes);
  fetch_errors = metrics.counter(kFetchErrors);
  cold_reads = metrics.counter(kColdReads);
  cold_refused = metrics.counter(kColdRefused);
  for (const auto& api : protocol::apis()) {
    by_api_[api.key] = {.requests = metrics.counter(kRequests, {{"api", api.name}}),
                        .seconds = metrics.histogram(kLatency, {{"api", api.name}})};
  }
}

const Counters::PerApi& Counters::of(protocol::ApiKey key) const {
  const auto found = by_api_.find(key);
  TAKHIN_ASSERT(found != by_api_.end(), "only APIs with tables are counted");
  return found->second;
}

}  // namespace takhin::broker
