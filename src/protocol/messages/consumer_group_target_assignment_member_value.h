#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <vector>

#include "base/types.h"
#include "base/uuid.h"

namespace takhin::protocol {

struct Table;

namespace consumer_group_target_assignment_member_value {

struct TopicPartition {
  Uuid topic_id;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};

}  // namespace consumer_group_target_assignment_member_value

struct ConsumerGroupTargetAssignmentMemberValue {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using TopicPartition = consumer_group_target_assignment_member_value::TopicPartition;

  std::vector<TopicPartition> topic_partitions;

  static const Table& table();
};

}  // namespace takhin::protocol
