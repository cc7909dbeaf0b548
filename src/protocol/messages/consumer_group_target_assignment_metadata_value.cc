// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_target_assignment_metadata_value.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ConsumerGroupTargetAssignmentMetadataValue::table() {
  using S = ConsumerGroupTargetAssignmentMetadataValue;
  static constexpr Row rows[] = {
      {"AssignmentEpoch", offsetof(S, assignment_epoch), kShape<decltype(S::assignment_epoch)>, {}},
      {"AssignmentTimestamp", offsetof(S, assignment_timestamp),
       kShape<decltype(S::assignment_timestamp)>, {.tag = 0}},
  };
  static constexpr Table table{"ConsumerGroupTargetAssignmentMetadataValue", rows, 0, 0, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
