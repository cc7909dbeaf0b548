// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/create_partitions.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& create_partitions_request::CreatePartitionsAssignment::table() {
  using S = CreatePartitionsAssignment;
  static constexpr Row rows[] = {
      {"BrokerIds", offsetof(S, broker_ids), kShape<decltype(S::broker_ids)>, {}},
  };
  static constexpr Table table{"CreatePartitionsAssignment", rows, 0, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& create_partitions_request::CreatePartitionsTopic::table() {
  using S = CreatePartitionsTopic;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"Count", offsetof(S, count), kShape<decltype(S::count)>, {}},
      {"Assignments", offsetof(S, assignments), kShape<decltype(S::assignments)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"CreatePartitionsTopic", rows, 0, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& CreatePartitionsRequest::table() {
  using S = CreatePartitionsRequest;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"TimeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {}},
      {"ValidateOnly", offsetof(S, validate_only), kShape<decltype(S::validate_only)>, {}},
  };
  static constexpr Table table{"CreatePartitionsRequest", rows, 0, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& create_partitions_response::CreatePartitionsTopicResult::table() {
  using S = CreatePartitionsTopicResult;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"CreatePartitionsTopicResult", rows, 0, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& CreatePartitionsResponse::table() {
  using S = CreatePartitionsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Results", offsetof(S, results), kShape<decltype(S::results)>, {}},
  };
  static constexpr Table table{"CreatePartitionsResponse", rows, 0, 3, 2,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
