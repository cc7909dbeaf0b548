// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/describe_cluster.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& DescribeClusterRequest::table() {
  using S = DescribeClusterRequest;
  static constexpr Row rows[] = {
      {"IncludeClusterAuthorizedOperations", offsetof(S, include_cluster_authorized_operations),
       kShape<decltype(S::include_cluster_authorized_operations)>, {}},
      {"EndpointType", offsetof(S, endpoint_type), kShape<decltype(S::endpoint_type)>, {.since = 1}},
      {"IncludeFencedBrokers", offsetof(S, include_fenced_brokers),
       kShape<decltype(S::include_fenced_brokers)>, {.since = 2}},
  };
  static constexpr Table table{"DescribeClusterRequest", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& describe_cluster_response::DescribeClusterBroker::table() {
  using S = DescribeClusterBroker;
  static constexpr Row rows[] = {
      {"BrokerId", offsetof(S, broker_id), kShape<decltype(S::broker_id)>, {}},
      {"Host", offsetof(S, host), kShape<decltype(S::host)>, {}},
      {"Port", offsetof(S, port), kShape<decltype(S::port)>, {}},
      {"Rack", offsetof(S, rack), kShape<decltype(S::rack)>, {.nullable_since = 0}},
      {"IsFenced", offsetof(S, is_fenced), kShape<decltype(S::is_fenced)>, {.since = 2}},
  };
  static constexpr Table table{"DescribeClusterBroker", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DescribeClusterResponse::table() {
  using S = DescribeClusterResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"EndpointType", offsetof(S, endpoint_type), kShape<decltype(S::endpoint_type)>, {.since = 1}},
      {"ClusterId", offsetof(S, cluster_id), kShape<decltype(S::cluster_id)>, {}},
      {"ControllerId", offsetof(S, controller_id), kShape<decltype(S::controller_id)>, {}},
      {"Brokers", offsetof(S, brokers), kShape<decltype(S::brokers)>, {}},
      {"ClusterAuthorizedOperations", offsetof(S, cluster_authorized_operations),
       kShape<decltype(S::cluster_authorized_operations)>, {}},
  };
  static constexpr Table table{"DescribeClusterResponse", rows, 0, 2, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
