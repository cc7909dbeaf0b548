// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_target_assignment_member_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& consumer_group_target_assignment_member_value::TopicPartition::table() {
  using S = TopicPartition;
  static constexpr Row rows[] = {
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicPartition", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ConsumerGroupTargetAssignmentMemberValue::table() {
  using S = ConsumerGroupTargetAssignmentMemberValue;
  static constexpr Row rows[] = {
      {"TopicPartitions", offsetof(S, topic_partitions), kShape<decltype(S::topic_partitions)>, {}},
  };
  static constexpr Table table{"ConsumerGroupTargetAssignmentMemberValue", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
