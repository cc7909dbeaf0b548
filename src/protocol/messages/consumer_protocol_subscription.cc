// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_protocol_subscription.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& consumer_protocol_subscription::TopicPartition::table() {
  using S = TopicPartition;
  static constexpr Row rows[] = {
      {"Topic", offsetof(S, topic), kShape<decltype(S::topic)>, {.since = 1}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {.since = 1}},
  };
  static constexpr Table table{"TopicPartition", rows, 0, 3, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ConsumerProtocolSubscription::table() {
  using S = ConsumerProtocolSubscription;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {}},
      {"UserData", offsetof(S, user_data), kShape<decltype(S::user_data)>, {.nullable_since = 0}},
      {"OwnedPartitions", offsetof(S, owned_partitions), kShape<decltype(S::owned_partitions)>, {.since = 1}},
      {"GenerationId", offsetof(S, generation_id), kShape<decltype(S::generation_id)>, {.since = 2}},
      {"RackId", offsetof(S, rack_id), kShape<decltype(S::rack_id)>, {.since = 3, .nullable_since = 3}},
  };
  static constexpr Table table{"ConsumerProtocolSubscription", rows, 0, 3, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
