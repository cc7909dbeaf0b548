#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

namespace consumer_group_member_metadata_value {

struct ClassicProtocol {
  std::string name;
  Bytes metadata;

  static const Table& table();
};
struct ClassicMemberMetadata {
  std::int32_t session_timeout_ms = 0;
  std::vector<ClassicProtocol> supported_protocols;

  static const Table& table();
};

}  // namespace consumer_group_member_metadata_value

struct ConsumerGroupMemberMetadataValue {
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 0;
  static constexpr std::int16_t kFlexibleSince = 0;
  using ClassicProtocol = consumer_group_member_metadata_value::ClassicProtocol;
  using ClassicMemberMetadata = consumer_group_member_metadata_value::ClassicMemberMetadata;

  std::optional<std::string> instance_id{std::string{}};
  std::optional<std::string> rack_id{std::string{}};
  std::string client_id;
  std::string client_host;
  std::vector<std::string> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex{std::string{}};
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::string> server_assignor{std::string{}};
  std::optional<ClassicMemberMetadata> classic_member_metadata;

  static const Table& table();
};

}  // namespace takhin::protocol
