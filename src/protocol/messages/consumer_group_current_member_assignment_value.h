#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/types.h"
#include "base/uuid.h"

namespace takhin::protocol {

struct Table;

namespace consumer_group_current_member_assignment_value {

struct TopicPartitions {
  Uuid topic_id;
  std::vector<std::int32_t> partitions;
  std::optional<std::vector<std::int32_t>> assignment_epochs;

  static const Table& table();
};

}  // namespace consumer_group_current_member_assignment_value

struct ConsumerGroupCurrentMemberAssignmentValue {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using TopicPartitions = consumer_group_current_member_assignment_value::TopicPartitions;

  std::int32_t member_epoch = 0;
  std::int32_t previous_member_epoch = 0;
  std::int8_t state = 0;
  std::vector<TopicPartitions> assigned_partitions;
  std::vector<TopicPartitions> partitions_pending_revocation;

  static const Table& table();
};

}  // namespace takhin::protocol
