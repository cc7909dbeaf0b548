// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/get_telemetry_subscriptions.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& GetTelemetrySubscriptionsRequest::table() {
  using S = GetTelemetrySubscriptionsRequest;
  static constexpr Row rows[] = {
      {"ClientInstanceId", offsetof(S, client_instance_id), kShape<decltype(S::client_instance_id)>, {}},
  };
  static constexpr Table table{"GetTelemetrySubscriptionsRequest", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& GetTelemetrySubscriptionsResponse::table() {
  using S = GetTelemetrySubscriptionsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ClientInstanceId", offsetof(S, client_instance_id), kShape<decltype(S::client_instance_id)>, {}},
      {"SubscriptionId", offsetof(S, subscription_id), kShape<decltype(S::subscription_id)>, {}},
      {"AcceptedCompressionTypes", offsetof(S, accepted_compression_types),
       kShape<decltype(S::accepted_compression_types)>, {}},
      {"PushIntervalMs", offsetof(S, push_interval_ms), kShape<decltype(S::push_interval_ms)>, {}},
      {"TelemetryMaxBytes", offsetof(S, telemetry_max_bytes), kShape<decltype(S::telemetry_max_bytes)>, {}},
      {"DeltaTemporality", offsetof(S, delta_temporality), kShape<decltype(S::delta_temporality)>, {}},
      {"RequestedMetrics", offsetof(S, requested_metrics), kShape<decltype(S::requested_metrics)>, {}},
  };
  static constexpr Table table{"GetTelemetrySubscriptionsResponse", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
