#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

namespace group_metadata_value {

struct MemberMetadata {
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::string client_id;
  std::string client_host;
  std::int32_t rebalance_timeout = -1;
  std::int32_t session_timeout = 0;
  Bytes subscription;
  Bytes assignment;

  static const Table& table();
};

}  // namespace group_metadata_value

struct GroupMetadataValue {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 4;
  static constexpr std::int16_t kFlexibleSince = 4;
  using MemberMetadata = group_metadata_value::MemberMetadata;

  std::string protocol_type;
  std::int32_t generation = 0;
  std::optional<std::string> protocol{std::string{}};
  std::optional<std::string> leader{std::string{}};
  std::int64_t current_state_timestamp = -1;
  std::vector<MemberMetadata> members;

  static const Table& table();
};

}  // namespace takhin::protocol
