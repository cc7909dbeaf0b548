#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace describe_client_quotas_request {

struct ComponentData {
  std::string entity_type;
  std::int8_t match_type = 0;
  std::optional<std::string> match{std::string{}};

  static const Table& table();
};

}  // namespace describe_client_quotas_request

struct DescribeClientQuotasRequest {
  static constexpr std::int16_t kApiKey = 48;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 1;
  using ComponentData = describe_client_quotas_request::ComponentData;

  std::vector<ComponentData> components;
  bool strict = false;

  static const Table& table();
};

namespace describe_client_quotas_response {

struct EntityData {
  std::string entity_type;
  std::optional<std::string> entity_name{std::string{}};

  static const Table& table();
};
struct ValueData {
  std::string key;
  double value = 0.0;

  static const Table& table();
};
struct EntryData {
  std::vector<EntityData> entity;
  std::vector<ValueData> values;

  static const Table& table();
};

}  // namespace describe_client_quotas_response

struct DescribeClientQuotasResponse {
  static constexpr std::int16_t kApiKey = 48;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 1;
  using EntityData = describe_client_quotas_response::EntityData;
  using ValueData = describe_client_quotas_response::ValueData;
  using EntryData = describe_client_quotas_response::EntryData;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::optional<std::vector<EntryData>> entries{std::vector<EntryData>{}};

  static const Table& table();
};

}  // namespace takhin::protocol
