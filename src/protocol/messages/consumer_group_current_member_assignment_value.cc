// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_current_member_assignment_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& consumer_group_current_member_assignment_value::TopicPartitions::table() {
  using S = TopicPartitions;
  static constexpr Row rows[] = {
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
      {"AssignmentEpochs", offsetof(S, assignment_epochs),
       kShape<decltype(S::assignment_epochs)>, {.nullable_since = 0, .tag = 0}},
  };
  static constexpr Table table{"TopicPartitions", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ConsumerGroupCurrentMemberAssignmentValue::table() {
  using S = ConsumerGroupCurrentMemberAssignmentValue;
  static constexpr Row rows[] = {
      {"MemberEpoch", offsetof(S, member_epoch), kShape<decltype(S::member_epoch)>, {}},
      {"PreviousMemberEpoch", offsetof(S, previous_member_epoch), kShape<decltype(S::previous_member_epoch)>, {}},
      {"State", offsetof(S, state), kShape<decltype(S::state)>, {}},
      {"AssignedPartitions", offsetof(S, assigned_partitions), kShape<decltype(S::assigned_partitions)>, {}},
      {"PartitionsPendingRevocation", offsetof(S, partitions_pending_revocation),
       kShape<decltype(S::partitions_pending_revocation)>, {}},
  };
  static constexpr Table table{"ConsumerGroupCurrentMemberAssignmentValue", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
