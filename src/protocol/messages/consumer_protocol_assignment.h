#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

namespace consumer_protocol_assignment {

struct TopicPartition {
  std::string topic;
  std::vector<std::int32_t> partitions;

  static const Table& table();
};

}  // namespace consumer_protocol_assignment

struct ConsumerProtocolAssignment {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 3;
  using TopicPartition = consumer_protocol_assignment::TopicPartition;

  std::vector<TopicPartition> assigned_partitions;
  std::optional<Bytes> user_data;

  static const Table& table();
};

}  // namespace takhin::protocol
