// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_protocol_assignment.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& consumer_protocol_assignment::TopicPartition::table() {
  using S = TopicPartition;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicPartition", rows, 0, 3, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ConsumerProtocolAssignment::table() {
  using S = ConsumerProtocolAssignment;
  static constexpr Row rows[] = {
      {"AssignedPartitions", offsetof(S, assigned_partitions), kShape<decltype(S::assigned_partitions)>, {}},
      {"UserData", offsetof(S, user_data), kShape<decltype(S::user_data)>, {.nullable_since = 0}},
  };
  static constexpr Table table{"ConsumerProtocolAssignment", rows, 0, 3, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
